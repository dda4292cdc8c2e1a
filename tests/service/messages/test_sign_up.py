"""Signing up and stopping through the shop's own pages, as shoppers, mail programs and mail scanners do."""

import re
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from service.access.private_links import private_token, revoke_link
from service.consents.addresses import Channel
from service.consents.models import Subscription
from service.kit.database import Database
from service.kit.runtime import Runtime, use_runtime
from service.messages.notices.rules import SWITCHES, NoticeKind
from service.messages.notices.settings import switch_notice
from service.messages.opting_in import offered_channels
from service.outbox.models import OutboxRow
from service.shops.models import Shop
from tests.fakes.local_server import LocalServer, Reply
from tests.fakes.mail_catcher import MailCatcher
from tests.service.messages.notices.notice_house import (
    BUYER,
    ORDER,
    effect_states,
    end_pauses,
    happen,
    open_house,
    send_all,
    sign_up,
)
from tests.service.recommendations.proxy_questions import signed_query

ADA = "ada@example.com"
NUMBER = "0151 2345678"


@pytest.fixture
def client(app: Flask, phoning_runtime: Runtime) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def token(phoning_runtime: Runtime, shop: Shop, other_shop: Shop) -> str:
    open_house(phoning_runtime, shop, to_all=False)
    open_house(phoning_runtime, other_shop, to_all=False)
    return token_of(phoning_runtime, shop)


def token_of(runtime: Runtime, shop: Shop) -> str:
    with runtime.database.writing(shop.id) as unit:
        return private_token(unit, runtime.cipher, ORDER)


def post(
    client: FlaskClient, shop: Shop, path: str, query: dict[str, str] | None = None, **form: str
) -> TestResponse:
    return client.post(f"/proxy/track/{path}?{signed_query(shop, None, **(query or {}))}", data=form)


def get(client: FlaskClient, shop: Shop, path: str, **query: str) -> TestResponse:
    return client.get(f"/proxy/track/{path}?{signed_query(shop, None, **query)}")


def ask(
    client: FlaskClient, shop: Shop, token: str, channel: str = "email", address: str = ADA
) -> TestResponse:
    return post(client, shop, "sign-up", t=token, channel=channel, address=address, language="de")


def heading(answer: TestResponse) -> str:
    found = re.search(r"<h1>(.*?)</h1>", answer.text)
    assert found
    return unescape(found[1])


def states(database: Database, shop: Shop) -> dict[str, str]:
    with database.reading(shop.id) as unit:
        rows = unit.session.scalars(unit.select(Subscription).where(Subscription.order_id == ORDER))
        return {each.channel: each.state for each in rows}


def parameter(text: str, name: str) -> str:
    found = re.search(rf"[?&]{name}=([\w.-]+)", text)
    assert found
    return found[1]


def plain(catcher: MailCatcher, place: int = -1) -> str:
    body = catcher.messages[place].get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_from_the_form_over_the_mail_and_the_button_to_the_first_notice_and_its_stop(
    client: FlaskClient,
    phoning_runtime: Runtime,
    database: Database,
    catcher: MailCatcher,
    shop: Shop,
    other_shop: Shop,
    token: str,
) -> None:
    assert heading(ask(client, shop, token)) == "Schau in dein Postfach"
    send_all(phoning_runtime)
    proof = parameter(plain(catcher), "c")

    # a scanner that only looks confirms nothing
    shown = get(client, shop, "confirm", c=proof)
    assert "Lindenholz darf mir Nachrichten zum Stand dieser Bestellung per E-Mail schicken" in shown.text
    assert states(database, shop) == {"email": "pending"}
    assert heading(post(client, shop, "confirm", c=proof)) == "Du bekommst Nachrichten zu dieser Bestellung"
    assert states(database, shop) == {"email": "confirmed"}
    assert states(database, other_shop) == {}

    happen(phoning_runtime, shop, NoticeKind.PICKUP_READY)
    send_all(phoning_runtime)
    mail = catcher.messages[-1]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = re.fullmatch(
        r"<https://lindenholz\.myshopify\.com/apps/danke/track/stop\?s=([\w-]+)>", mail["List-Unsubscribe"]
    )
    assert stop is not None
    assert mail["Reply-To"] == "hallo@lindenholz.example.com"

    assert "Keine Nachrichten mehr?" in get(client, shop, "stop", s=stop[1]).text
    assert states(database, shop) == {"email": "confirmed"}
    bare = client.post(
        f"/proxy/track/stop?{signed_query(shop, None, s=stop[1])}",
        data="List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
    )
    assert (bare.status_code, heading(bare)) == (200, "Du bekommst keine Nachrichten mehr")
    assert states(database, shop) == {"email": "stopped"}
    happen(phoning_runtime, shop, NoticeKind.EXCEPTION)
    send_all(phoning_runtime)
    assert len(catcher.messages) == 2


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
def test_a_telephone_is_proved_by_the_code_that_it_got(
    client: FlaskClient,
    phoning_runtime: Runtime,
    database: Database,
    provider: LocalServer,
    shop: Shop,
    token: str,
    channel: str,
) -> None:
    provider.replies = [Reply(200, {"sid": "SM1", "messages": [{"id": "wamid.1"}]})]
    page = ask(client, shop, token, channel, NUMBER)
    assert "darf mir Nachrichten zum Stand dieser Bestellung" in page.text
    send_all(phoning_runtime)
    body = provider.asked[-1].body.decode()
    code = re.search(r"(?<!\d)\d{6}(?!\d)", body.partition("Body=")[2] or body.partition('"parameters"')[2])
    assert code is not None
    wrong = "000000" if code[0] != "000000" else "111111"

    form = {"t": token, "channel": channel, "language": "de"}
    assert "Dieser Code stimmt nicht" in post(client, shop, "code", code=wrong, **form).text
    assert heading(post(client, shop, "code", code=code[0], **form)).startswith("Du bekommst Nachrichten")
    assert states(database, shop) == {channel: "confirmed"}
    assert heading(post(client, shop, "code", code=code[0], **form)) == "Dieser Code gilt nicht mehr"


def test_neither_code_nor_address_lies_in_the_outbox(
    client: FlaskClient, database: Database, shop: Shop, token: str
) -> None:
    ask(client, shop, token)
    ask(client, shop, token, "sms", NUMBER)

    with database.reading(shop.id) as unit:
        rows = list(unit.session.scalars(unit.select(OutboxRow)))
    assert {row.kind for row in rows} == {"opt_in_mail", "opt_in_code"}
    for row in rows:
        assert set(row.details) == {"order_id", "channel", "asked_at"}


def test_a_wish_that_was_replaced_sends_nothing_any_more(
    client: FlaskClient,
    phoning_runtime: Runtime,
    database: Database,
    catcher: MailCatcher,
    shop: Shop,
    token: str,
) -> None:
    ask(client, shop, token)
    ask(client, shop, token, address="bob@example.com")

    send_all(phoning_runtime)

    assert catcher.counts_by_recipient() == {"bob@example.com": 1}
    assert sorted(state for state, _ in effect_states(database, shop).values()) == ["cancelled", "sent"]


def test_the_mail_that_asks_for_a_proof_tells_a_stranger_nothing_of_the_order(
    client: FlaskClient, phoning_runtime: Runtime, catcher: MailCatcher, shop: Shop, token: str
) -> None:
    ask(client, shop, token)
    send_all(phoning_runtime)

    told = catcher.messages[-1].as_string()
    assert token not in told
    assert "1001" not in str(catcher.messages[-1]["Subject"]) + plain(catcher).partition("https://")[0]
    assert catcher.messages[-1]["List-Unsubscribe"] is None


@pytest.mark.parametrize("attempts", [4])
def test_after_three_wishes_a_day_the_answer_is_the_same_and_nothing_is_sent(
    client: FlaskClient, phoning_runtime: Runtime, catcher: MailCatcher, shop: Shop, token: str, attempts: int
) -> None:
    answers = [ask(client, shop, token, address=f"a{number}@example.com").text for number in range(attempts)]
    send_all(phoning_runtime)

    assert len(set(answers)) == 1
    assert "a3@example.com" not in catcher.counts_by_recipient()


def test_who_is_signed_up_or_has_stopped_gets_the_same_answer_as_anybody(
    client: FlaskClient, phoning_runtime: Runtime, shop: Shop, token: str
) -> None:
    stranger = ask(client, shop, token, address="new@example.com").text
    sign_up(phoning_runtime, shop, Channel.EMAIL, ADA)

    assert ask(client, shop, token).text == stranger


@pytest.mark.parametrize(
    ("channel", "address", "words"),
    [
        ("email", 'ada@"><script>{{7}}', "Eine E-Mail-Adresse sieht so aus"),
        ("sms", "12", "Schreib die Nummer mit Ländervorwahl"),
    ],
)
def test_a_bad_address_stays_in_its_field_with_what_to_change_beside_it(
    client: FlaskClient, database: Database, shop: Shop, token: str, channel: str, address: str, words: str
) -> None:
    answer = ask(client, shop, token, channel, address)

    assert words in answer.text
    field = re.search(r'<input name="address" required value="([^"]*)"', answer.text)
    assert field is not None
    assert unescape(field[1]) == address
    assert 'aria-describedby="dk-error"' in answer.text
    assert states(database, shop) == {}


@pytest.mark.parametrize("bad", ["", "x", "A" * 32])
def test_without_the_orders_link_nobody_signs_up(
    client: FlaskClient,
    phoning_runtime: Runtime,
    database: Database,
    shop: Shop,
    other_shop: Shop,
    token: str,
    bad: str,
) -> None:
    with database.writing(shop.id) as unit:
        revoke_link(unit, phoning_runtime.cipher, ORDER)
    foreign = token_of(phoning_runtime, other_shop)

    for each in (bad, token, foreign):
        assert heading(ask(client, shop, each)) == "Dieser Link gilt nicht mehr"
        answer = post(client, shop, "code", t=each, channel="sms", code="123456", language="de")
        assert heading(answer) == "Dieser Link gilt nicht mehr"
    assert states(database, shop) == {}


def test_nobody_can_sign_up_while_the_merchant_tells_nothing(
    client: FlaskClient, database: Database, shop: Shop, token: str
) -> None:
    with database.writing(shop.id) as unit:
        for kind in SWITCHES:
            switch_notice(unit, kind, False)

    assert heading(ask(client, shop, token)) == "Das geht gerade nicht"
    assert states(database, shop) == {}


def test_production_offers_only_what_is_set_up(phoning_runtime: Runtime, shop: Shop, token: str) -> None:
    production = replace(phoning_runtime.settings, environment="production", whatsapp_phone_id="")

    with phoning_runtime.database.reading(shop.id) as unit:
        assert offered_channels(unit, production) == (Channel.EMAIL, Channel.SMS)
        assert offered_channels(unit, replace(production, smtp_url="")) == (Channel.SMS,)


@pytest.mark.parametrize("path", ["confirm", "stop"])
@pytest.mark.parametrize("given_token", ["", "x", "5001." + "a" * 32, "A" * 55])
def test_an_invented_link_changes_nothing_and_says_that_it_is_not_valid(
    client: FlaskClient, shop: Shop, token: str, path: str, given_token: str
) -> None:
    name = path[0]
    assert heading(get(client, shop, path, **{name: given_token})) == "Dieser Link gilt nicht mehr"
    assert heading(post(client, shop, path, {name: given_token})) == "Dieser Link gilt nicht mehr"


def test_pages_are_kept_by_nobody_and_found_by_no_search_engine(
    client: FlaskClient, shop: Shop, token: str
) -> None:
    for answer in (
        ask(client, shop, token),
        get(client, shop, "stop", s="x"),
        get(client, shop, "confirm", c="x"),
    ):
        assert "no-store" in answer.headers["Cache-Control"]
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.content_type == "application/liquid"


def test_a_request_that_shopify_did_not_sign_is_refused(client: FlaskClient, shop: Shop, token: str) -> None:
    for path in ("sign-up", "code", "confirm", "stop"):
        assert client.post(f"/proxy/track/{path}?shop={shop.domain}").status_code == 401


def test_a_buyer_who_stops_gets_no_notice_although_all_buyers_do(
    client: FlaskClient,
    phoning_runtime: Runtime,
    database: Database,
    catcher: MailCatcher,
    shop: Shop,
    other_shop: Shop,
) -> None:
    open_house(phoning_runtime, shop)
    open_house(phoning_runtime, other_shop)
    happen(phoning_runtime, shop, NoticeKind.ATTEMPT_FAILED)
    send_all(phoning_runtime)
    assert catcher.counts_by_recipient() == {BUYER: 1}

    post(client, shop, "stop", {"s": parameter(str(catcher.messages[0]["List-Unsubscribe"]), "s")})
    for each in (shop, other_shop):
        happen(phoning_runtime, each, NoticeKind.EXCEPTION)
    end_pauses(database)
    send_all(phoning_runtime)

    assert [str(mail["From"]) for mail in catcher.messages[1:]] == ["Bergzeit <danke@shop.example.com>"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(max_size=60) | st.from_regex(r"\{[{%][^}]{0,20}[%}]\}", fullmatch=True))
def test_whatever_is_typed_no_brace_reaches_liquid(
    client: FlaskClient, shop: Shop, token: str, typed: str
) -> None:
    answer = ask(client, shop, token, "sms", typed)

    assert answer.status_code == 200
    assert not re.search(r"[{}]", answer.text)


def test_in_english_the_pages_are_english(client: FlaskClient, shop: Shop, token: str) -> None:
    answer = post(client, shop, "sign-up", t=token, channel="email", address=ADA, language="en")

    assert heading(answer) == "Check your inbox"
    assert 'lang="en"' in answer.text


def test_a_form_of_another_channel_is_refused(client: FlaskClient, shop: Shop, token: str) -> None:
    assert ask(client, shop, token, "fax").status_code == 422
    assert post(client, shop, "sign-up", t=token, channel="sms", address="1" * 20_000).status_code == 413


def test_a_subscription_remembers_what_was_agreed_to(
    phoning_runtime: Runtime, database: Database, shop: Shop, token: str
) -> None:
    sign_up(phoning_runtime, shop, Channel.EMAIL, ADA)

    with database.reading(shop.id) as unit:
        row = unit.session.scalars(unit.select(Subscription)).one()
    assert (row.wording, row.language) == ("notices-1", "de")
    assert row.confirmed_at is not None


def test_without_smtp_a_proof_is_asked_for_in_the_log_only(
    client: FlaskClient, phoning_runtime: Runtime, database: Database, shop: Shop, token: str
) -> None:
    silent = replace(phoning_runtime, settings=replace(phoning_runtime.settings, smtp_url=""))
    use_runtime(silent)
    ask(client, shop, token)

    send_all(silent)

    assert [state for state, _ in effect_states(database, shop).values()] == ["sent"]
