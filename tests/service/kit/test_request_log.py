"""One line for each request, no secret in it, and safe answers."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.kit.guards import open_to_all
from service.kit.metrics import exposition


def lines(captured: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in captured.splitlines() if '"event":"request"' in line]


def test_a_request_leaves_one_line_with_its_path_and_without_its_query(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get("/healthz?id_token=eyJsecret&signature=abc")

    captured = capsys.readouterr().err
    assert "eyJsecret" not in captured
    [line] = lines(captured)
    assert (line["method"], line["path"], line["status"], line["shop"]) == ("GET", "/healthz", 200, None)


def test_a_hostile_path_stays_within_its_line(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get('/a%0A{"event":"request","level":"error"}ü')

    [line] = lines(capsys.readouterr().err)
    assert line["status"] == 404
    assert str(line["path"]).startswith("/a\n{")


def test_an_unexpected_failure_answers_a_reference_and_tells_the_visitor_nothing_else(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> str:
        raise ValueError("secret in SQL: SELECT * FROM shops")

    app.add_url_rule("/fails", view_func=open_to_all("a test")(fail))

    answer = app.test_client().get("/fails")

    assert answer.status_code == 500
    assert "SELECT" not in answer.text
    assert "Traceback" not in answer.text
    reference = answer.get_json()["message"].rpartition(" ")[2]
    captured = capsys.readouterr()
    assert reference in captured.out + captured.err


def test_every_answer_forbids_sniffing_and_keeps_its_address_to_itself(client: FlaskClient) -> None:
    answer = client.get("/nowhere")

    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_the_figures_count_requests_by_view_and_need_a_token(client: FlaskClient) -> None:
    client.get("/healthz")

    assert client.get("/metrics").status_code == 401
    shown = client.get("/metrics", headers={"Authorization": "Bearer metrics-token-of-the-test"})
    assert 'danke_requests_total{status="200",view="health"}' in shown.text
    assert exposition()
