"""What merchants may type, and that nothing else gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields

from service.admin.typed_fields import (
    https_address,
    https_address_or_path,
    mail_address,
    one_line,
    phone_number,
    some_lines,
)


def read(field: fields.Field[str], typed: str) -> str | None:
    """What a form with this one field makes of it; None where it is refused."""
    schema = Schema.from_dict({"typed": field})
    try:
        return str(schema().load({"typed": typed})["typed"])
    except ValidationError:
        return None


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "https://a.example",
        "https://a.example:8443/x?y=1#z",
        "https://a.example/%C3%A4",
        " https://a.example ",
    ],
)
def test_addresses_with_https_are_taken(typed: str) -> None:
    assert read(https_address(), typed) == typed.strip()


@pytest.mark.parametrize(
    "typed",
    [
        "http://a.example",
        "//a.example",
        "/pages/x",
        "javascript:alert(1)",
        "https://",
        "https://user@a.example",
        "https://a.example/ x",
        'https://a.example/"x',
        "https://a.example/{{x}}",
        "https://a.example/\nx",
        "https://" + "a" * 2_048,
    ],
)
def test_other_addresses_are_refused(typed: str) -> None:
    assert read(https_address(), typed) is None


def test_a_path_of_the_shop_is_taken_where_it_may_be_one() -> None:
    assert read(https_address_or_path(), "/pages/widerruf#form") == "/pages/widerruf#form"
    assert [read(https_address_or_path(), typed) for typed in ("//x.example", "/\\x", "pages/x")] == [
        None
    ] * 3


@pytest.mark.parametrize("typed", ["", "+49 30 123456", "030/12 34-56", "(030) 123456"])
def test_telephone_numbers_are_taken_as_people_write_them(typed: str) -> None:
    assert read(phone_number(), typed) == typed


@given(st.text())
def test_no_address_holds_signs_that_end_an_attribute_or_open_liquid(typed: str) -> None:
    for field in (https_address(), https_address_or_path(), mail_address()):
        found = read(field, typed)
        assert found is None or not set(found) & set('"<>\n\r\t ')
    found = read(https_address_or_path(), f"/{typed}")
    assert found is None or not set(found) & set('"<>{}\\\n\r ')


@given(st.text())
def test_text_is_kept_as_typed_or_refused(typed: str) -> None:
    assert read(one_line(1_000), typed) in {typed.strip(), None}
    line = read(one_line(1_000), typed)
    assert line is None or not any(ord(sign) < 32 for sign in line)
    lines = read(some_lines(1_000), typed)
    assert lines is None or not any(ord(sign) < 32 and sign not in "\n\r" for sign in lines)


def test_what_must_not_be_empty_is_not_empty_after_stripping() -> None:
    assert read(one_line(10, missing="form.missing"), "   ") is None
    assert read(one_line(10), "   ") == ""
