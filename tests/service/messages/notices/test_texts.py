"""The words of notices: ours, the merchant's, and what neither may hold."""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.kit.database import Database
from service.messages.letters import Letter, render_letter
from service.messages.mails import new_mail
from service.messages.mjml.build import BUILT, compile_layout
from service.messages.notices.letters import Setting, write_notice, write_short_notice
from service.messages.notices.previews import SampleBrand, render_notice, sample_facts
from service.messages.notices.rules import NoticeKind
from service.messages.notices.settings import current_text, own_texts, reset_text, save_text
from service.messages.notices.texts import (
    PLACEHOLDERS,
    BadText,
    Text,
    check_text,
    default_text,
    describe_problem,
    fill_paragraphs,
    fill_subject,
    one_line,
)
from service.outbox.delivery import Never
from service.shops.models import Shop

TODAY = date(2026, 11, 20)
BRAND = SampleBrand("Lindenholz", "https://lindenholz.example.com", {"accent": "#114433"}, "Lena", True)
SETTING = Setting(
    language="de",
    order_name="#1001",
    shop_name="Lindenholz",
    brand={},
    signed_by="Lena",
    can_reply=True,
    to="subscriber",
    link="https://lindenholz.example.com/apps/danke/track?t=token",
    stop_link="https://lindenholz.example.com/apps/danke/track/stop?s=token",
    today=TODAY,
)
EVERY = [(kind, language) for kind in NoticeKind for language in ("de", "en")]
ADVERTISING = re.compile(
    r"zufrieden|bewert|empfehl|rabatt|gutschein|angebot|entdecke|shoppe|sale|satisf|review|rate us|recommend"
    r"|discount|coupon|voucher|offer|discover|how did we|wie war|produkt|product",
    re.IGNORECASE,
)
HOSTILE_TEXTS = [
    "{{7*7}}",
    "{{ ''.__class__ }}",
    "{% for a in b %}x{% endfor %}",
    "{{ order.name }}",
    "{{{order}}}",
    "{{order}",
    "{{ORDER}}",
    "{{ password }}",
    "{order}",
    "}}{{",
]


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_our_own_texts_pass_the_merchants_check(kind: NoticeKind, language: str) -> None:
    text = default_text(kind, language)

    assert check_text(text.subject, text.body) == text


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_a_notice_neither_asks_for_an_opinion_nor_advertises_anything(
    kind: NoticeKind, language: str
) -> None:
    mail = render_notice(kind, language, sample_facts(kind, TODAY), BRAND, None, TODAY)

    assert not ADVERTISING.search(mail.subject + mail.text)
    assert "!" not in mail.subject + mail.text
    assert mail.html.count("<a ") == 2  # the button, and the way to stop
    assert "<img" not in mail.html


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_sorry_is_said_at_most_once_and_soon_never(kind: NoticeKind, language: str) -> None:
    mail = render_notice(kind, language, sample_facts(kind, TODAY), BRAND, None, TODAY)

    assert len(re.findall(r"leid\b|sorry", mail.text)) <= 1
    assert not re.search(r"\b(soon|shortly|bald|in Kürze)\b", mail.text)


@pytest.mark.parametrize(("kind", "language"), EVERY)
@pytest.mark.parametrize("split", [False, True])
def test_every_preview_has_an_answer_a_button_a_signature_and_a_reason(
    kind: NoticeKind, language: str, split: bool
) -> None:
    mail = render_notice(kind, language, sample_facts(kind, TODAY, split=split), BRAND, None, TODAY)

    assert "#1001" in mail.subject
    for word in ("Lena", "Lindenholz", "https://lindenholz.example.com"):
        assert word in mail.text
        assert word in mail.html
    assert ("Du bekommst diese Mail" if language == "de" else "You get this mail") in mail.text
    assert f'lang="{language}"' in mail.html
    assert "{{" not in mail.html + mail.text
    assert "prefers-color-scheme: dark" in mail.html


def test_what_is_not_known_is_left_out_with_its_paragraph() -> None:
    text = Text("{{order}}", "Bestellung {{order}}.\n\nMit {{carrier}}.\n \nKommt {{expected}}.")

    assert fill_paragraphs(text, {"order": "#1", "carrier": None, "expected": "heute"}) == [
        "Bestellung #1.",
        "Kommt heute.",
    ]


def test_a_window_that_has_passed_is_not_expected_any_more() -> None:
    text = Text("x", "{{expected}}")
    facts = {"promised_from": "2026-11-17", "promised_until": "2026-11-19"}

    assert write_notice(text, facts, SETTING).paragraphs == ()
    ahead = write_notice(text, facts | {"promised_until": "2026-11-21"}, SETTING)
    assert ahead.paragraphs == ("Freitag bis Samstag, 20.–21. November",)


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_way_to_fail_has_its_sentence(language: str) -> None:
    reasons = ("your_turn", "going_back", "lost", "damaged", "refused")

    assert len({describe_problem(reason, language) for reason in reasons}) == len(reasons)
    assert describe_problem("delivered", language) is None


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_anything_between_braces_but_a_placeholder_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadText) as refused:
        check_text("Betreff", f"Hallo {text} du")
    assert refused.value.placeholder
    with pytest.raises(BadText):
        check_text(f"Betreff {text}", "Hallo")


def test_a_subject_takes_only_what_is_always_known() -> None:
    with pytest.raises(BadText, match="expected"):
        check_text("Kommt {{expected}}", "Text")


@pytest.mark.parametrize(
    ("subject", "body"),
    [("", "x"), ("x", " \n "), ("x" * 201, "x"), ("x", "x" * 4_001), ("x", "x" * 1_000_000)],
)
def test_an_empty_or_endless_text_is_refused(subject: str, body: str) -> None:
    with pytest.raises(BadText):
        check_text(subject, body)


def test_a_subject_can_not_hold_a_second_line() -> None:
    text = check_text("Neues\r\nBcc: all@example.com\x00 zu {{order}}", "x")

    assert text.subject == "Neues Bcc: all@example.com zu {{order}}"
    assert fill_subject(text, {"order": "#1\r\nX: y"}) == "Neues Bcc: all@example.com zu #1 X: y"


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_a_merchant_saves_is_refused_or_fills_without_a_brace_and_with_nothing_carried_out(
    subject: str, body: str
) -> None:
    try:
        text = check_text(subject, body)
    except BadText:
        return
    values = dict.fromkeys(PLACEHOLDERS, "wert")
    assert "\n" not in fill_subject(text, values)
    assert not re.search("[{}]", fill_subject(text, values) + "".join(fill_paragraphs(text, values)))


@settings(deadline=None)
@given(st.sampled_from(PLACEHOLDERS), st.text(max_size=60))
def test_a_value_is_never_taken_for_a_placeholder_or_for_markup(name: str, value: str) -> None:
    text = Text("x", f"a {{{{{name}}}}} z")
    wanted = {name: value + "{{order}}<script>"}

    paragraph = fill_paragraphs(text, wanted)[0]
    letter = Letter("de", value, value, (paragraph,), "Los", "https://x.example", (value,), value)

    assert paragraph == f"a {value}{{{{order}}}}<script> z"
    assert "<script>" not in render_letter(letter).html


def test_a_link_in_a_text_can_be_clicked_and_stands_in_plain_text_once() -> None:
    mail = render_letter(write_notice(Text("x", "Hier: {{link}}\nNeue Zeile"), {}, SETTING))

    assert f'<a href="{SETTING.link}">{SETTING.link}</a><br>Neue Zeile' in mail.html
    assert mail.text.count(SETTING.link) == 1


def test_the_preheader_carries_the_answer() -> None:
    mail = render_notice(
        NoticeKind.DELAYED, "de", sample_facts(NoticeKind.DELAYED, TODAY), BRAND, None, TODAY
    )

    hidden = mail.html.split('overflow:hidden;">')[1].split("</div>")[0]
    assert hidden == (
        "Eine Sendung aus deiner Bestellung #1001 verspätet sich. Das tut uns leid. "
        "Erwartet hatten wir sie: Donnerstag, 19. November."
    )


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", list(NoticeKind))
def test_a_text_message_says_the_fact_the_link_and_how_to_stop(kind: NoticeKind, language: str) -> None:
    text = write_short_notice(default_text(kind, language), SETTING)

    assert text.startswith("Lindenholz: ")
    assert SETTING.link in text
    assert text.endswith(SETTING.stop_link)
    assert len(text) <= 306  # two parts of a joined text message


@pytest.mark.parametrize(
    "name",
    ["Evil\r\nBcc: all@example.com", "=?utf-8?q?x?=\r\n To: b@example.com", 'Ada" <all@example.com>, "x'],
)
def test_no_name_can_add_a_header_or_a_recipient(name: str) -> None:
    mail = new_mail(
        to="ada@example.com", sender=name, mail_from="danke@shop.example.com", subject=name, key="1.a:b"
    )

    assert mail["Bcc"] is None
    assert [address.addr_spec for address in mail["To"].addresses] == ["ada@example.com"]
    assert [address.addr_spec for address in mail["From"].addresses] == ["danke@shop.example.com"]
    assert b"\r\nBcc" not in mail.as_bytes()


@pytest.mark.parametrize(
    "address", ["ada@example.com, bob@example.com", "a\r\nBcc: b@example.com", "ä@example.com"]
)
def test_a_mail_goes_to_one_address_or_not_at_all(address: str) -> None:
    with pytest.raises(Never):
        new_mail(to=address, sender="x", mail_from="danke@shop.example.com", subject="x", key="k")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_a_line_has_no_break_and_no_control_sign(text: str) -> None:
    assert one_line(text).isprintable()


def test_the_layout_that_is_sent_was_built_from_its_source() -> None:
    assert BUILT.read_text(encoding="utf-8") == compile_layout()


def test_a_merchants_own_text_is_used_in_its_language_until_it_is_reset(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    with database.writing(shop.id) as unit:
        for body in ("Eins", "Zwei {{order}}"):
            save_text(unit, NoticeKind.DELAYED, "de", "Betreff", body)

    with database.reading(shop.id) as unit:
        assert current_text(unit, NoticeKind.DELAYED, "de") == Text("Betreff", "Zwei {{order}}")
        assert current_text(unit, NoticeKind.DELAYED, "en") == default_text(NoticeKind.DELAYED, "en")
        assert list(own_texts(unit)) == [(NoticeKind.DELAYED, "de")]
    with database.reading(other_shop.id) as unit:
        assert current_text(unit, NoticeKind.DELAYED, "de") == default_text(NoticeKind.DELAYED, "de")
    with database.writing(shop.id) as unit:
        reset_text(unit, NoticeKind.DELAYED, "de")
        assert current_text(unit, NoticeKind.DELAYED, "de") == default_text(NoticeKind.DELAYED, "de")
