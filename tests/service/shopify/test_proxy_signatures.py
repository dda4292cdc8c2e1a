from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.shopify.proxy_signatures import (
    InvalidProxyRequest,
    check_allowed_names,
    parse_proxy_query,
    proxy_signature,
    signing_text,
    verify_proxy_request,
)

SECRET = "hush"
SENT_AT = 1_317_327_555
NOW = datetime.fromtimestamp(SENT_AT, UTC)
ALLOWED = frozenset({"limit", "note", "product"})

PUBLISHED = [
    ("extra", "1"),
    ("extra", "2"),
    ("shop", "shop-name.myshopify.com"),
    ("path_prefix", "/apps/awesome_reviews"),
    ("timestamp", str(SENT_AT)),
]


def make_pairs(*extra: tuple[str, str], **changes: str | None) -> list[tuple[str, str]]:
    values = {
        "shop": "shop-name.myshopify.com",
        "logged_in_customer_id": "",
        "path_prefix": "/apps/danke",
        "timestamp": str(SENT_AT),
    } | changes
    return [*extra, *((name, value) for name, value in values.items() if value is not None)]


def sign(pairs: list[tuple[str, str]], secret: str = SECRET) -> str:
    return urlencode([*pairs, ("signature", proxy_signature(pairs, secret))])


def verify(query: str | bytes, allowed=ALLOWED, secrets=(SECRET,), now=NOW):
    return verify_proxy_request(query, allowed, secrets, now)


def refuse(query: str | bytes, **arguments) -> None:
    with pytest.raises(InvalidProxyRequest) as refused:
        verify(query, **arguments)
    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("customer", "signature"),
    [
        ([], "a9718877bea71c2484f91608a7eaea1532bdf71f5c56825065fa4ccabe549ef3"),
        (
            [("logged_in_customer_id", "1")],
            "4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb",
        ),
        (
            [("logged_in_customer_id", "")],
            "e072b6d7e6622d85912a5214b860d3100dc1e73d9bc29f43796ac8c9ff8093cb",
        ),
    ],
)
def test_the_published_vectors_come_out(customer, signature):
    assert proxy_signature(PUBLISHED + customer, "hush") == signature
    assert proxy_signature([*PUBLISHED, ("signature", "whatever"), *customer], "hush") == signature


def test_the_strict_verifier_refuses_the_published_vectors_repeated_name():
    refuse(
        urlencode([*PUBLISHED, ("signature", proxy_signature(PUBLISHED, "hush"))]),
        allowed=frozenset({"extra"}),
    )


def test_a_request_of_a_customer_is_read():
    request = verify(sign(make_pairs(("limit", "8"), logged_in_customer_id="7211122334455")))
    assert request.shop_domain == "shop-name.myshopify.com"
    assert request.path_prefix == "/apps/danke"
    assert request.customer_id == 7211122334455
    assert request.parameters == {"limit": "8"}
    assert request.timestamp == SENT_AT


def test_bytes_and_text_are_read_alike():
    query = sign(make_pairs(("note", "Größe & mehr")))
    assert verify(query) == verify(query.encode("ascii"))
    assert verify(query).parameters == {"note": "Größe & mehr"}


def test_a_guest_has_no_customer_id():
    assert verify(sign(make_pairs(logged_in_customer_id=""))).customer_id is None


def test_blank_values_are_kept_and_signed():
    assert verify(sign(make_pairs(("note", "")))).parameters == {"note": ""}


def test_values_may_hold_equals_signs_that_name_nothing():
    assert verify(sign(make_pairs(("note", "a=b==")))).parameters == {"note": "a=b=="}


def test_both_secrets_are_taken_while_one_is_rotated():
    query = sign(make_pairs())
    verify(query, secrets=["new", SECRET])
    verify(query, secrets=[SECRET, "old"])
    refuse(query, secrets=["new", "old"])


@pytest.mark.parametrize("secrets", [[], [""], ["", " "]])
def test_without_a_secret_nothing_passes(secrets):
    refuse(sign(make_pairs(), secret=""), secrets=secrets)


@pytest.mark.parametrize("seconds", [-90, -89, 0, 89, 90])
def test_a_request_is_good_for_ninety_seconds(seconds):
    verify(sign(make_pairs()), now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-3600, -91, 91, 120, 3600])
def test_an_older_or_later_request_is_refused(seconds):
    refuse(sign(make_pairs()), now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "changes",
    [
        {"shop": None},
        {"shop": ""},
        {"shop": "evil.com"},
        {"shop": "Shop-Name.myshopify.com"},
        {"shop": "shop-name.myshopify.com\n"},
        {"path_prefix": None},
        {"path_prefix": ""},
        {"path_prefix": "/apps"},
        {"path_prefix": "/apps/"},
        {"path_prefix": "/apps/a/b"},
        {"path_prefix": "/apps/" + "a" * 31},
        {"path_prefix": "/admin/danke"},
        {"path_prefix": "//evil.com"},
        {"path_prefix": "/apps/{{ shop }}"},
        {"path_prefix": "/apps/danke\n"},
        {"timestamp": None},
        {"timestamp": ""},
        {"timestamp": "now"},
        {"timestamp": f"{SENT_AT}.5"},
        {"timestamp": f" {SENT_AT}"},
        {"timestamp": f"+{SENT_AT}"},
        {"timestamp": "1_317_327_555"},
        {"timestamp": "١٣١٧٣٢٧٥٥٥"},
        {"timestamp": "1" * 400},
        {"logged_in_customer_id": None},
        {"logged_in_customer_id": "x"},
        {"logged_in_customer_id": "-5"},
        {"logged_in_customer_id": "0"},
        {"logged_in_customer_id": "07"},
        {"logged_in_customer_id": "5 "},
        {"logged_in_customer_id": "5,6"},
        {"logged_in_customer_id": "9223372036854775808"},
        {"logged_in_customer_id": "٥"},
    ],
)
def test_shopifys_own_parameters_must_be_in_shopifys_format_although_signed(changes):
    refuse(sign(make_pairs(**changes)))


@pytest.mark.parametrize("name", ["shop", "path_prefix", "timestamp", "logged_in_customer_id", "limit"])
def test_a_repeated_name_is_refused_although_signed(name):
    value = dict(make_pairs(("limit", "8"), logged_in_customer_id="5"))[name]
    refuse(sign([*make_pairs(("limit", "8"), logged_in_customer_id="5"), (name, value)]))


def test_a_repeated_signature_is_refused():
    query = sign(make_pairs())
    refuse(query + "&" + query.split("&")[-1])
    refuse(query + "&signature=")


@pytest.mark.parametrize("name", ["page", "Limit", "limit[]", "limit ", "", "hmac", "host"])
def test_a_parameter_that_the_address_does_not_take_is_refused_although_signed(name):
    refuse(sign(make_pairs((name, "1"))))


@pytest.mark.parametrize(
    "change",
    [
        lambda query: query + "&limit=8",
        lambda query: query.replace("limit=8", "limit=9"),
        lambda query: query.replace("limit=8&", ""),
        lambda query: query.replace("shop-name", "shop-nome"),
        lambda query: query.replace("logged_in_customer_id=", "logged_in_customer_id=5"),
        lambda query: query.replace("%2Fapps%2Fdanke", "%2Fa%2Fdanke"),
        lambda query: query.replace(str(SENT_AT), str(SENT_AT + 1)),
        lambda query: query.split("&signature=")[0],
        lambda query: query.split("&signature=")[0] + "&signature=",
        lambda query: query.split("&signature=")[0] + "&signature=%C3%A9",
        lambda query: query.split("&signature=")[0] + "&signature=" + "0" * 64,
        lambda query: query[:-1],
        lambda query: query + "0",
    ],
)
def test_what_was_changed_after_signing_is_refused(change):
    query = sign(make_pairs(("limit", "8")))
    verify(query)
    refuse(change(query))


def test_an_upper_case_signature_is_not_shopifys():
    query, signature = sign(make_pairs()).split("&signature=")
    refuse(f"{query}&signature={signature.upper()}")


@pytest.mark.parametrize(
    "query", ["", "&&&", "signature", "%", "shop=%FF", "é=1", b"\xff", b"shop=%ff", "a" * 9_000]
)
def test_garbage_is_refused(query):
    refuse(query)


def test_very_many_parameters_are_refused():
    refuse("&".join("limit=1" for _ in range(1_000)))


@pytest.mark.parametrize(
    "name", ["shop", "path_prefix", "timestamp", "logged_in_customer_id", "signature", "product", "limit"]
)
def test_a_value_that_could_be_taken_for_a_parameter_is_refused_although_signed(name):
    refuse(sign(make_pairs(("note", f"1{name}=5"))))
    refuse(sign(make_pairs(("note", f"{name}="))))


GENUINE_END = "logged_in_customer_id=path_prefix=/apps/dankeshop=shop-name.myshopify.comtimestamp=1317327555"

# What a visitor may get signed, and what could be sent to us instead under the same signature.
RESPLITS = [
    (
        make_pairs(("aaa", "1logged_in_customer_id=5m=")),
        make_pairs(("aaa", "1"), ("m", "logged_in_customer_id="), logged_in_customer_id="5"),
    ),
    (
        make_pairs(
            (
                "aaa",
                "1logged_in_customer_id=5path_prefix=/apps/dankeshop=other.myshopify.comtimestamp=1317327555zzz=",
            )
        ),
        make_pairs(("aaa", "1"), ("zzz", GENUINE_END), shop="other.myshopify.com", logged_in_customer_id="5"),
    ),
    (
        make_pairs(("aaa", "1path_prefix=/tools/x")),
        make_pairs(("aaa", "1path_prefix=/tools/xlogged_in_customer_id="), logged_in_customer_id=None),
    ),
]


@pytest.mark.parametrize(("signed", "sent"), RESPLITS)
def test_a_signature_vouches_for_no_other_customer_or_shop(signed, sent):
    assert signing_text(signed) == signing_text(sent)
    allowed = frozenset({"aaa", "m", "zzz"})
    refuse(sign(sent), allowed=allowed)
    refuse(sign(signed), allowed=allowed)


def test_of_two_readings_of_the_routes_own_parameters_only_one_is_accepted():
    allowed = frozenset({"aaa", "bbb"})
    assert signing_text(make_pairs(("aaa", "1bbb=2"))) == signing_text(make_pairs(("aaa", "1"), ("bbb", "2")))
    refuse(sign(make_pairs(("aaa", "1bbb=2"))), allowed=allowed)
    assert verify(sign(make_pairs(("aaa", "1"), ("bbb", "2"))), allowed=allowed).parameters == {
        "aaa": "1",
        "bbb": "2",
    }


def test_parameters_are_sorted_as_whole_texts_bytewise():
    assert signing_text([("a", "2"), ("a-b", "1")]) == b"a-b=1a=2"
    assert signing_text([("consented", "1"), ("consentGiven", "2")]) == b"consentGiven=2consented=1"
    assert signing_text([("ids", "1"), ("ids", "2")]) == signing_text([("ids", "1,2")])


@pytest.mark.parametrize(
    "allowed",
    [
        {"shop"},
        {"signature"},
        {"id"},
        {"stamp"},
        {"prefix"},
        {"xshop"},
        {"a", "ba"},
        {"A"},
        {"a-b"},
        {"1a"},
        {""},
        {"a="},
    ],
)
def test_names_that_could_not_be_told_apart_are_a_mistake_of_the_route(allowed):
    with pytest.raises(ValueError, match="parameter"):
        check_allowed_names(frozenset(allowed))
    with pytest.raises(ValueError, match="parameter"):
        verify(sign(make_pairs()), allowed=frozenset(allowed))


NAMES = ["aaa", "m", "zzz", "limit"]
FRAGMENTS = st.sampled_from(
    [
        *NAMES,
        *("=", "5", "/apps/x", "&", "é", "shop", "m=", "limit=", "logged_in_customer_id=5"),
        *(
            "shop=other.myshopify.com",
            "path_prefix=/apps/x",
            "timestamp=1317327555",
            "logged_in_customer_id=",
        ),
    ]
)
VALUES = st.lists(FRAGMENTS, max_size=5).map("".join)


def is_accepted(pairs: list[tuple[str, str]]) -> bool:
    try:
        verify(sign(pairs), allowed=frozenset(NAMES))
    except InvalidProxyRequest:
        return False
    return True


@st.composite
def resplit_requests(draw):
    """A request, and the same signed text cut up anew at places where a known name and `=` stand."""
    extra = draw(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3))
    signed = make_pairs(*extra.items(), logged_in_customer_id=draw(st.sampled_from(["", "5"])))
    text = signing_text(signed).decode()
    known = [*NAMES, "shop", "logged_in_customer_id", "path_prefix", "timestamp"]
    places = [
        place for place in range(1, len(text)) if any(text[place:].startswith(f"{name}=") for name in known)
    ]
    cuts = sorted(draw(st.sets(st.sampled_from(places)))) if places else []
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    sent = [tuple(piece.split("=", 1)) for piece in pieces if "=" in piece]
    return signed, sent


@settings(max_examples=200, deadline=None)
@given(resplit_requests())
def test_of_all_requests_with_one_signing_text_at_most_one_is_accepted(requests):
    signed, sent = requests
    if signing_text(signed) == signing_text(sent) and dict(signed) != dict(sent):
        assert not (is_accepted(signed) and is_accepted(sent))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4))
def test_what_is_accepted_can_be_read_back_from_its_signing_text(extra):
    pairs = make_pairs(*extra.items())
    if not is_accepted(pairs):
        return
    known = sorted([*NAMES, "shop", "logged_in_customer_id", "path_prefix", "timestamp"])
    text = signing_text(pairs).decode()
    starts = [
        place for place in range(len(text)) if any(text[place:].startswith(f"{name}=") for name in known)
    ]
    pieces = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    assert dict(tuple(piece.split("=", 1)) for piece in pieces) == dict(pairs)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_refusal(query):
    refuse(query)


def test_the_query_is_decoded_as_sent():
    assert parse_proxy_query(b"b=%2B+1&a=&b=2") == [("b", "+ 1"), ("a", ""), ("b", "2")]
