"""Session tokens of UI extensions: what is taken, and all that is not."""

import base64
import hashlib
import hmac
import json
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.shopify.session_tokens import InvalidSessionToken, verify_session_token
from tests.conftest import CLIENT_ID, CLIENT_SECRET
from tests.factories.id_tokens import id_token
from tests.factories.session_tokens import session_token

SHOP = "danke-demo.myshopify.com"
OLD_SECRET = "shpss_" + "fedcba9876543210" * 2
FIXED = {
    "dest": "danke-demo.myshopify.com",
    "aud": "danke-test-client-id",
    "exp": 4_102_444_800,
    "nbf": 1_700_000_000,
    "iat": 1_700_000_000,
    "jti": "6c992878-dbaf-48d1-bb9d-6d9b59814fd1",
    "sub": "gid://shopify/Customer/6589374628",
}


def encode(part: object) -> str:
    raw = json.dumps(part, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign(header: object, claims: object, secret: str = CLIENT_SECRET) -> str:
    signed = f"{encode(header)}.{encode(claims)}"
    digest = hmac.digest(secret.encode(), signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def refuse(token: str, client_id: str = CLIENT_ID, secrets: tuple[str, ...] = (CLIENT_SECRET,)) -> None:
    with pytest.raises(InvalidSessionToken) as refused:
        verify_session_token(token, client_id, secrets)
    assert refused.value.status == 401


def test_a_customer_s_token_tells_shop_and_customer() -> None:
    token = verify_session_token(sign({"alg": "HS256", "typ": "JWT"}, FIXED), CLIENT_ID, [CLIENT_SECRET])
    assert (token.shop_domain, token.customer_id) == (SHOP, 6589374628)


@pytest.mark.parametrize("dest", [SHOP, f"https://{SHOP}", SHOP.upper()])
def test_a_guest_s_token_tells_the_shop_only(dest: str) -> None:
    token = verify_session_token(session_token(dest), CLIENT_ID, [CLIENT_SECRET])
    assert (token.shop_domain, token.customer_id) == (SHOP, None)


def test_both_secrets_are_taken_while_one_is_rotated() -> None:
    for secret in (CLIENT_SECRET, OLD_SECRET):
        verify_session_token(session_token(SHOP, secret=secret), CLIENT_ID, [CLIENT_SECRET, OLD_SECRET])
    refuse(session_token(SHOP, secret=OLD_SECRET))


@pytest.mark.parametrize(("claim", "seconds"), [("exp", -5), ("nbf", 5)])
def test_ten_seconds_of_difference_between_clocks_are_borne(claim: str, seconds: int) -> None:
    token = session_token(SHOP, **{claim: int(time.time()) + seconds})
    assert verify_session_token(token, CLIENT_ID, [CLIENT_SECRET]).shop_domain == SHOP


@pytest.mark.parametrize(("claim", "seconds"), [("exp", -15), ("exp", -3600), ("nbf", 30), ("nbf", 3600)])
def test_more_than_that_is_not(claim: str, seconds: int) -> None:
    refuse(session_token(SHOP, **{claim: int(time.time()) + seconds}))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-app"}, {"aud": ["danke-test-client-id"]}, {"aud": None},
        {"dest": None}, {"dest": "danke-demo.example.com"}, {"dest": "http://danke-demo.myshopify.com"},
        {"dest": "https://danke-demo.myshopify.com/x"}, {"dest": "evil.com/danke-demo.myshopify.com"},
        {"dest": 7}, {"exp": None}, {"nbf": None}, {"iat": None}, {"exp": "4102444800"}, {"exp": 4_102_444_800.5},
        {"exp": True}, {"sub": "90314500123"}, {"sub": "gid://shopify/Order/1"}, {"sub": 5}, {"sub": ""},
        {"sub": "gid://shopify/Customer/0"}, {"sub": "gid://shopify/Customer/99999999999999999999"},
    ],
)  # fmt: skip
def test_a_token_with_another_claim_is_refused(claims: dict[str, object]) -> None:
    refuse(session_token(SHOP, **claims))


def test_a_staff_member_s_id_token_is_no_session_token() -> None:
    refuse(id_token(SHOP, client_id=CLIENT_ID, secret=CLIENT_SECRET))


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "HS512"}, {"alg": "RS256"}, {"alg": "HS256", "jwk": {}}, [], "HS256"]
)
def test_another_way_of_signing_is_refused(header: object) -> None:
    refuse(sign(header, FIXED))


def test_without_a_secret_or_client_id_no_token_passes() -> None:
    refuse(session_token(SHOP, secret=" " * 32), secrets=("", " "))
    refuse(session_token(SHOP, aud=""), client_id="")


def test_every_change_of_a_letter_is_noticed() -> None:
    token = sign({"alg": "HS256", "typ": "JWT"}, FIXED)
    for place in range(0, len(token) - 1, 7):
        changed = "A" if token[place] != "A" else "B"
        refuse(token[:place] + changed + token[place + 1 :])


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_refused_politely(text: str) -> None:
    refuse(text)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(FIXED)), st.none() | st.integers() | st.text() | st.lists(st.text())
    )
)
def test_any_claims_are_refused_politely_or_name_this_shop(claims: dict[str, object]) -> None:
    token = sign({"alg": "HS256", "typ": "JWT"}, FIXED | claims)
    with suppress(InvalidSessionToken):
        assert verify_session_token(token, CLIENT_ID, [CLIENT_SECRET]).shop_domain.endswith(".myshopify.com")
