"""Links that show an order to whoever has them: private ones, and those in Shopify's own mails.

A private link's token has 192 bits, follows from the installation's secret and is stored as a hash only; it ends 90
days after the order, or after it was last made if that is later, and at once when it is revoked. A link in Shopify's
mails is signed by Shopify's Liquid with a secret that is derived for the shop and stored nowhere.
"""

import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete

from service.access.models import PrivateLink
from service.access.order_numbers import orders_called
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.kit.texts import catalogue
from service.settings import Settings
from service.shopify.signatures import signed_by_any
from service.shops.models import Shop
from service.shops.queries import this_shop

VALID_FOR = timedelta(days=90)
PAGE = "track"
"""Where the tracking page is, below the app proxy's path."""

_links = PrivateLink.__table__
_TOKEN_LENGTH = 32
_TEXTS = catalogue("service.access")


def private_link(unit: Unit, cipher: Cipher, order_id: int) -> str:
    """Path of the private link to an order, e.g. `/apps/danke/track?t=…`; the same until it is revoked.

    Makes what is missing and renews what has ended.
    """
    return f"{this_shop(unit).proxy_path}/{PAGE}?t={private_token(unit, cipher, order_id)}"


def private_token(unit: Unit, cipher: Cipher, order_id: int) -> str:
    """The token of `private_link`, which see."""
    link = _link(unit, order_id)
    if link is None:
        _add_link(unit, cipher, order_id, generation=1, revoked_at=None)
    elif link.expires_at <= clock.now():
        link.expires_at = clock.now() + VALID_FOR
    return _token(unit, cipher, order_id, 1 if link is None else link.generation)


def known_token(unit: Unit, cipher: Cipher, order_id: int) -> str | None:
    """The token of an order's link if it was made and has not ended; only reads."""
    link = _link(unit, order_id)
    if link is None or link.expires_at <= clock.now():
        return None
    return _token(unit, cipher, order_id, link.generation)


def order_of_link(unit: Unit, token: str) -> int | None:
    """The order that a token shows; None where it was never given, has ended or was revoked."""
    if not is_token(token):
        return None
    statement = unit.select(_links.c.order_id).where(
        _links.c.token_hash == hash_token(token),
        _links.c.expires_at > clock.now(),
    )
    return unit.session.scalar(statement)


def is_token(text: str) -> bool:
    """Whether `text` may be a token at all."""
    return len(text) == _TOKEN_LENGTH and text.isascii()


def hash_token(token: str) -> str:
    """What is stored of a token: SHA-256 in hex."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def revoke_link(unit: Unit, cipher: Cipher, order_id: int) -> None:
    """From now on neither the order's private link nor its link in Shopify's mails shows it; `private_link` gives a
    new one."""
    link = _link(unit, order_id)
    if link is None:
        _add_link(unit, cipher, order_id, generation=2, revoked_at=clock.now())
        return
    link.generation += 1
    link.token_hash = hash_token(_token(unit, cipher, order_id, link.generation))
    link.expires_at, link.revoked_at = clock.now() + VALID_FOR, clock.now()


def forget_links(unit: Unit, cipher: Cipher, order_ids: Collection[int]) -> None:
    """Nobody sees these orders by a link any more, as when a person is erased."""
    for order_id in order_ids:
        revoke_link(unit, cipher, order_id)
    unit.session.flush()
    ended = unit.update(_links).where(_links.c.order_id.in_(order_ids))
    unit.change(ended.values(expires_at=clock.now()))


def prune_links(unit: Unit) -> int:
    """Delete links that ended and were never revoked, of all shops (a unit across shops); returns how many.

    A revoked one stays: it is what refuses the link in Shopify's mails.
    """
    statement = delete(_links).where(
        _links.c.expires_at < clock.now() - VALID_FOR, _links.c.revoked_at.is_(None)
    )
    return unit.change(statement)


def copy_ready_line(unit: Unit, cipher: Cipher, language: str) -> str:
    """HTML for Shopify's own mail templates: a link that shows the order's page without typing.

    The secret in it signs for every order of the shop, so it belongs into Shopify's templates only.
    """
    path = f"{this_shop(unit).proxy_path}/{PAGE}"
    number = "{{ name | remove: '#' | url_encode }}"
    key = f"{{{{ id | hmac_sha256: '{_mail_secret(unit, cipher)}' }}}}"
    address = f"{{{{ shop.url }}}}{path}?order={number}&amp;key={key}"
    return f'<a href="{address}">{_TEXTS.text(language, "private_link.words")}</a>'


def mail_key(unit: Unit, cipher: Cipher, order_id: int) -> str:
    """What Shopify's Liquid writes into `copy_ready_line` for an order: HMAC-SHA256 of its id, in hex."""
    return hmac.digest(
        _mail_secret(unit, cipher).encode("ascii"), str(order_id).encode("ascii"), "sha256"
    ).hex()


def order_of_mail_link(unit: Unit, cipher: Cipher, number: str, key: str) -> int | None:
    """The order that a link in one of Shopify's mails shows; None where the key is not of that number, 90 days after
    the order, and once the order's links were revoked."""
    secret = _mail_secret(unit, cipher)
    for order in orders_called(unit, number):
        if signed_by_any(str(order.id).encode("ascii"), key, [secret], bytes.hex):
            return order.id if _is_open(unit, order.id, order.created_at) else None
    return None


def shop_url(settings: Settings, shop: Shop) -> str:
    """Address at which this installation reaches the shop, without a slash at its end: what mails link to."""
    return settings.shopify_base_url.replace("{shop}", shop.domain)


def _is_open(unit: Unit, order_id: int, ordered_at: datetime) -> bool:
    link = _link(unit, order_id)
    is_revoked = link is not None and link.revoked_at is not None
    return not is_revoked and clock.now() < ordered_at + VALID_FOR


def _link(unit: Unit, order_id: int) -> PrivateLink | None:
    return unit.session.get(PrivateLink, (unit.shop_id, order_id))


def _add_link(
    unit: Unit, cipher: Cipher, order_id: int, *, generation: int, revoked_at: datetime | None
) -> None:
    # two who make the same link at once make the same row
    unit.insert_missing(
        PrivateLink,
        [
            {
                "shop_id": unit.shop_id,
                "order_id": order_id,
                "generation": generation,
                "token_hash": hash_token(_token(unit, cipher, order_id, generation)),
                "expires_at": clock.now() + VALID_FOR,
                "revoked_at": revoked_at,
            }
        ],
    )


def _token(unit: Unit, cipher: Cipher, order_id: int, generation: int) -> str:
    return cipher.derive_token("private_link", f"{unit.shop_id}:{order_id}:{generation}")


def _mail_secret(unit: Unit, cipher: Cipher) -> str:
    return cipher.derive_token("mail_links", str(unit.shop_id))
