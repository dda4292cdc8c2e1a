import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from service.kit.outgoing import MOST_BYTES, NoAnswer, Unreachable, call
from tests.fakes.local_server import LocalServer, Reply


@pytest.fixture
def server() -> Iterator[LocalServer]:
    local = LocalServer()
    yield local
    local.stop()


def test_an_answer_comes_back_whole_whatever_its_status(server):
    server.replies = [Reply(status=404, body={"title": "No result"}, headers={"X-Left": "3"})]
    answer = call("GET", f"{server.url}/track?n=1", headers={"DHL-API-Key": "k"})
    assert (answer.status, answer.json(), answer.headers["x-left"]) == (404, {"title": "No result"}, "3")
    assert server.asked[0].path == "/track?n=1"
    assert server.asked[0].headers["dhl-api-key"] == "k"
    assert server.asked[0].headers["user-agent"].startswith("Danke/")


def test_a_body_travels_as_json_or_as_a_form(server):
    server.replies = [Reply()]
    call("POST", server.url, json=[{"number": "ü"}])
    call("POST", server.url, form={"To": "+49 1", "Body": "Grüße"})
    assert server.asked[0].json == [{"number": "ü"}]
    assert server.asked[1].headers["content-type"] == "application/x-www-form-urlencoded"
    assert server.asked[1].body == b"To=%2B49+1&Body=Gr%C3%BC%C3%9Fe"


def test_what_is_no_json_reads_as_nothing(server):
    server.replies = [Reply(body=b"<html>gateway</html>")]
    assert call("GET", server.url).json() is None


def test_redirects_are_not_followed_and_cookies_not_kept(server):
    server.replies = [Reply(status=302, headers={"Location": f"{server.url}/away", "Set-Cookie": "a=1"})]
    assert call("GET", server.url).status == 302
    call("GET", server.url)
    assert [asked.path for asked in server.asked] == ["/", "/"]
    assert "cookie" not in server.asked[1].headers


def test_nobody_there_means_that_nothing_was_sent(server):
    url = server.url
    server.stop()
    with pytest.raises(Unreachable):
        call("GET", url)
    server.__init__()


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://", "http://127.0.0.1:99999999/"])
def test_an_address_that_makes_no_sense_means_that_nothing_was_sent(url):
    with pytest.raises(Unreachable):
        call("GET", url)


def test_an_answer_that_breaks_off_is_none(server):
    server.replies = [Reply(body=b"x" * 100, cut=10)]
    with pytest.raises(NoAnswer):
        call("POST", server.url, json={})


def test_an_answer_that_is_too_large_is_none(server):
    server.replies = [Reply(body=b"x" * (MOST_BYTES + 1))]
    with pytest.raises(NoAnswer):
        call("GET", server.url)


def test_a_server_that_hangs_is_given_up(server):
    released = threading.Event()

    def hang(asked):
        released.wait(10)
        return Reply()

    server.replies = [hang]
    with pytest.raises(NoAnswer):
        call("GET", server.url, seconds=0.2)
    released.set()


def test_neither_keys_nor_addresses_reach_the_log_or_the_message(server, caplog):
    server.replies = [Reply(), Reply(body=b"x" * 9, cut=1)]
    with caplog.at_level(logging.DEBUG):
        call("GET", f"{server.url}/number-of-a-parcel", headers={"17token": "secret-key"})
        with pytest.raises(NoAnswer) as lost:
            call("GET", f"{server.url}/number-of-a-parcel", headers={"17token": "secret-key"})
    assert lost.value.__suppress_context__
    for secret in ("secret-key", "number-of-a-parcel"):
        assert secret not in caplog.text + repr(lost.value)


@pytest.mark.parametrize(
    ("wish", "seconds"), [("7", 7.0), ("0", 0.0), ("-3", None), ("soon", None), ("inf", None), ("nan", None)]
)
def test_the_wished_pause_is_a_sensible_number_of_seconds_or_none(server, wish, seconds):
    server.replies = [Reply(status=429, headers={"Retry-After": wish})]
    assert call("GET", server.url).retry_after() == seconds


def test_the_wished_pause_may_be_a_date(server):
    later = datetime.now(UTC) + timedelta(seconds=90)
    server.replies = [Reply(status=429, headers={"Retry-After": format_datetime(later, usegmt=True)})]
    pause = call("GET", server.url).retry_after()
    assert pause is not None
    assert 80 < pause <= 90
