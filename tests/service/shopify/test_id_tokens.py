import base64
import hashlib
import hmac
import json
import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.shopify.id_tokens import InvalidIdToken, verify_id_token

CLIENT_ID = "b443f8c1d2ff4bd2b1c0aa5f57ac8ba3"
SECRET = "shpss_" + "0123456789abcdef" * 2
OLD_SECRET = "shpss_" + "fedcba9876543210" * 2
SHOP = "danke-demo.myshopify.com"
HEADER = {"alg": "HS256", "typ": "JWT"}


def encode_part(value) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def make_claims(**changes) -> dict:
    now = int(time.time())
    claims = {
        "iss": f"https://{SHOP}/admin",
        "dest": f"https://{SHOP}",
        "aud": CLIENT_ID,
        "sub": "42",
        "exp": now + 60,
        "nbf": now,
        "iat": now,
        "jti": "f8912129-1af6-4cad-9ca3-76b0f7621087",
        "sid": "aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685",
    } | changes
    return {name: value for name, value in claims.items() if value is not None}


def make_token(claims=None, header=None, secret=SECRET, digest=hashlib.sha256) -> str:
    signed = (
        encode_part(HEADER if header is None else header)
        + "."
        + encode_part(make_claims() if claims is None else claims)
    )
    return signed + "." + encode_part(hmac.digest(secret.encode(), signed.encode(), digest))


def refuse(token: str, secrets=(SECRET,), client_id: str = CLIENT_ID) -> None:
    with pytest.raises(InvalidIdToken) as refused:
        verify_id_token(token, client_id, secrets)
    assert refused.value.status == 401
    assert len(token) < 20 or token not in str(refused.value)


def test_shopifys_token_tells_shop_staff_member_and_session():
    claims = make_claims()
    token = verify_id_token(make_token(claims), CLIENT_ID, [SECRET])
    assert token.shop_domain == SHOP
    assert token.user_id == "42"
    assert token.session_id == claims["sid"]
    assert token.expires_at.timestamp() == claims["exp"]
    assert token.expires_at.utcoffset().total_seconds() == 0


def test_both_secrets_are_taken_while_one_is_rotated():
    assert verify_id_token(make_token(secret=OLD_SECRET), CLIENT_ID, [SECRET, OLD_SECRET]).shop_domain == SHOP
    assert verify_id_token(make_token(), CLIENT_ID, [SECRET, OLD_SECRET]).shop_domain == SHOP
    refuse(make_token(secret=OLD_SECRET))


def test_without_a_secret_or_client_id_no_token_passes():
    for secrets in ([], [""], ["", "  "]):
        refuse(make_token(secret=""), secrets)
    refuse(make_token(make_claims(aud="")), client_id="")


def test_one_text_instead_of_a_sequence_of_secrets_is_a_mistake_of_ours():
    with pytest.raises(TypeError):
        verify_id_token(make_token(), CLIENT_ID, SECRET)


# Rounded away from the limit, so that a test that starts late in a second stays on its side of it.
@pytest.mark.parametrize("seconds", [-9, 0, 60])
def test_a_token_lives_ten_seconds_longer_than_it_says(seconds):
    verify_id_token(make_token(make_claims(exp=math.ceil(time.time()) + seconds)), CLIENT_ID, [SECRET])


@pytest.mark.parametrize("seconds", [-11, -60, -3600])
def test_an_expired_token_is_refused(seconds):
    refuse(make_token(make_claims(exp=math.floor(time.time()) + seconds)))


@pytest.mark.parametrize("seconds", [0, 9])
def test_a_token_begins_up_to_ten_seconds_early(seconds):
    verify_id_token(make_token(make_claims(nbf=math.floor(time.time()) + seconds)), CLIENT_ID, [SECRET])


@pytest.mark.parametrize("seconds", [11, 60])
def test_a_token_of_the_future_is_refused(seconds):
    refuse(make_token(make_claims(nbf=math.ceil(time.time()) + seconds)))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": "JWT"},
        {"alg": "None"},
        {"alg": "hs256"},
        {"alg": "HS512"},
        {"alg": "HS384"},
        {"alg": "RS256"},
        {"alg": "ES256"},
        {"alg": ["HS256"]},
        {"typ": "JWT"},
        {**HEADER, "jwk": {"kty": "oct", "k": encode_part(SECRET.encode())}},
        {**HEADER, "jku": "https://evil.com/keys"},
        {**HEADER, "x5u": "https://evil.com/cert"},
        {**HEADER, "crit": ["exp"]},
        {**HEADER, "b64": False},
        [],
        "HS256",
    ],
)
def test_only_the_header_that_shopify_writes_is_taken(header):
    refuse(make_token(header=header))


def test_an_unsigned_or_otherwise_signed_token_is_refused():
    signed = make_token()
    unsigned = signed.rsplit(".", 1)[0]
    refuse(unsigned + ".")
    refuse(unsigned)
    refuse(make_token(header={"alg": "HS512"}, digest=hashlib.sha512))
    refuse(make_token(digest=hashlib.sha512))
    refuse(make_token(secret="shpss_" + "a" * 32))
    refuse(make_token(header={**HEADER, "kid": "../../dev/null"}, secret="x" * 32))


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_changed_anywhere_is_refused(part):
    parts = make_token().split(".")
    parts[part] = parts[part][:-4] + ("AAAA" if not parts[part].endswith("AAAA") else "BBBB")
    refuse(".".join(parts))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-app"},
        {"aud": [CLIENT_ID]},
        {"aud": [CLIENT_ID, "another-app"]},
        {"aud": None},
        {"exp": None},
        {"nbf": None},
        {"iat": None},
        {"sub": None},
        {"sid": None},
        {"jti": None},
        {"iss": None},
        {"dest": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": 10**18},
        {"nbf": [1]},
        {"sub": ""},
        {"sub": 42},
        {"sub": "4" * 300},
        {"sid": ["a"]},
        {"iss": 5},
        {"dest": {"shop": SHOP}},
        {"iss": "https://other.myshopify.com/admin"},
        {"dest": "https://other.myshopify.com"},
        {"iss": "https://evil.com/admin", "dest": "https://evil.com"},
        {"iss": "http://danke-demo.myshopify.com/admin", "dest": "http://danke-demo.myshopify.com"},
        {"dest": SHOP},
        {"dest": f"https://{SHOP}@evil.com"},
        {"dest": f"https://{SHOP}.evil.com", "iss": f"https://{SHOP}.evil.com/admin"},
        {"dest": f"https://{SHOP}:8080", "iss": f"https://{SHOP}:8080/admin"},
        {"dest": f"https://evil.com/{SHOP}"},
        {"dest": f"https://{SHOP}?x=https://other.myshopify.com"},
        {"dest": f"https://{SHOP}\n"},
        {"dest": f" https://{SHOP}"},
        {"dest": "https://"},
        {"dest": ""},
    ],
)
def test_claims_other_than_shopifys_are_refused_although_signed(changes):
    refuse(make_token(make_claims(**changes)))


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "a.b.c.d",
        "eyJ" * 5,
        "é.é.é",
        "\ud800.a.b",
        "null.null.null",
        make_token() + "\n",
        " " + make_token(),
        make_token() + ".e30",
        "A" * 100_000,
        ".".join(["A" * 50_000] * 3),
        f"{encode_part(b'[' * 2000)}.e30.AAAA",
        f"{encode_part(HEADER)}.{encode_part(b'[' * 2000)}.AAAA",
        f"{encode_part(bytes([255, 254]))}.e30.AAAA",
    ],
)
def test_garbage_is_refused_and_never_raises_anything_else(token):
    refuse(token)


@pytest.mark.parametrize("claims", [[], "text", 5, None, b"[" * 2000, b"\xff", b""])
def test_signed_claims_that_are_no_object_are_refused(claims):
    refuse(make_token(b"null" if claims is None else claims))


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200))
def test_no_text_is_ever_accepted_by_chance(text):
    refuse(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["iss", "dest", "aud", "sub", "exp", "nbf", "iat", "sid", "jti"]), JSON)
def test_whatever_a_signed_claim_holds_the_answer_is_a_token_or_a_refusal(name, value):
    try:
        token = verify_id_token(make_token(make_claims() | {name: value}), CLIENT_ID, [SECRET])
    except InvalidIdToken:
        return
    assert token.shop_domain == SHOP
