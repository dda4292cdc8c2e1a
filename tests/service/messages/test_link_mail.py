"""The mail with the private link, from the form on the page to the mail server."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from service.kit.database import Database
from service.kit.runtime import Runtime, use_runtime
from service.outbox import operations as outbox
from service.outbox.models import EffectState, OutboxRow
from service.outbox.sending import send
from service.purchases.models import Order
from service.shops.models import Shop
from tests.fakes.mail_catcher import MailCatcher
from tests.servers import free_port
from tests.service.tracking.page_shop import EMAIL, Visitor, add_story


@pytest.fixture
def catcher() -> Iterator[MailCatcher]:
    catcher = MailCatcher(free_port())
    catcher.start()
    yield catcher
    catcher.stop()


@pytest.fixture
def sending_runtime(runtime: Runtime, catcher: MailCatcher) -> Runtime:
    settings = replace(runtime.settings, smtp_url=f"smtp://127.0.0.1:{catcher.port}")
    changed = replace(runtime, settings=settings)
    use_runtime(changed)
    return changed


def send_all(runtime: Runtime) -> None:
    while (effect := outbox.claim_one(runtime.database)) is not None:
        send(runtime, effect)


def test_the_mailed_link_opens_the_whole_page_of_the_order(
    app: Flask,
    sending_runtime: Runtime,
    database: Database,
    catcher: MailCatcher,
    shop: Shop,
    other_shop: Shop,
) -> None:
    for each in (shop, other_shop):
        add_story(database, sending_runtime.cipher, each, "split")
    visitor = Visitor(app.test_client(), shop)
    visitor.send(order="1042", email=EMAIL, action="mail")
    send_all(sending_runtime)

    assert catcher.counts_by_recipient() == {EMAIL: 1}
    (mail,) = catcher.messages
    assert mail["Subject"] == "Dein Link zu Bestellung #1042 bei Lindenholz"
    plain, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    link = re.search(
        r"https://lindenholz\.myshopify\.com/apps/danke/track\?t=([\w-]{32})", plain.get_content()
    )
    assert link is not None
    assert link[0] in html.get_content()
    assert "3 von 5 Artikeln sind da." in visitor.open(t=link[1]).text


def test_who_was_forgotten_meanwhile_gets_no_mail(
    app: Flask, sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop
) -> None:
    add_story(database, sending_runtime.cipher, shop, "split")
    Visitor(app.test_client(), shop).send(order="1042", email=EMAIL, action="mail")
    with database.writing(shop.id) as unit:
        unit.session.scalars(unit.select(Order)).one().email_encrypted = None
    send_all(sending_runtime)

    assert catcher.messages == []
    with database.reading(shop.id) as unit:
        states = [row.state for row in unit.session.scalars(unit.select(OutboxRow))]
    assert states == [EffectState.CANCELLED]


@pytest.mark.parametrize(
    ("environment", "state"),
    [("demo", EffectState.SENT), ("test", EffectState.SENT), ("production", EffectState.OPEN)],
)
def test_without_a_mail_server_the_mail_goes_to_the_log_and_in_production_it_waits(
    app: Flask,
    runtime: Runtime,
    database: Database,
    shop: Shop,
    other_shop: Shop,
    environment: str,
    state: EffectState,
) -> None:
    for each in (shop, other_shop):
        add_story(database, runtime.cipher, each, "split")
    Visitor(app.test_client(), shop).send(order="1042", email=EMAIL, action="mail")
    send_all(replace(runtime, settings=replace(runtime.settings, environment=environment)))

    with database.reading(shop.id) as unit:
        assert [row.state for row in unit.session.scalars(unit.select(OutboxRow))] == [state]
