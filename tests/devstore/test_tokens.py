"""Access tokens as Shopify hands them out: exchange, expiry, rotation."""

import time
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient

from devstore.commerce import install_app, uninstall
from devstore.config import Config
from devstore.store import Store
from devstore.tokens import REQUESTED, issue_id_token
from tests.devstore.conftest import SECRET, exchange

QUERY = {"query": "{ shop { name } }"}


def use(client: FlaskClient, token: str) -> int:
    headers = {"X-Shopify-Access-Token": token}
    return client.post("/admin/api/2026-10/graphql.json", json=QUERY, headers=headers).status_code


def refresh(client: FlaskClient, config: Config, token: str, **changes: str) -> Any:
    form = {
        "client_id": config.client_id,
        "client_secret": SECRET,
        "grant_type": "refresh_token",
        "refresh_token": token,
    }
    return client.post("/admin/oauth/access_token", data=form | changes)


def move_time(store: Store, seconds: int) -> None:
    with store.writing() as db:
        for column in ("expires_at", "refresh_expires_at", "refreshed_at"):
            db.execute(f"UPDATE access_tokens SET {column} = {column} - ?", (seconds,))


def test_an_id_token_is_exchanged_for_an_expiring_offline_token(client: FlaskClient, config: Config) -> None:
    answer = exchange(client, config).get_json()

    assert answer["access_token"].startswith("shpat_")
    assert answer["refresh_token"].startswith("shprt_")
    assert (answer["expires_in"], answer["refresh_token_expires_in"]) == (3_600, 90 * 86_400)
    assert "read_orders" in answer["scope"].split(",")
    assert use(client, answer["access_token"]) == 200


def test_an_online_token_names_its_user_and_has_no_refresh_token(client: FlaskClient, config: Config) -> None:
    answer = exchange(client, config, requested_token_type=REQUESTED.format("online")).get_json()

    assert answer["associated_user"]["id"] > 0
    assert "refresh_token" not in answer


@pytest.mark.parametrize(
    "claims",
    [{"aud": "another"}, {"exp": 1}, {"dest": "https://other.myshopify.com"}, {"nbf": time.time() + 600}],
    ids=["audience", "expired", "other shop", "not yet"],
)
def test_an_unfit_id_token_is_an_invalid_subject_token(
    client: FlaskClient, config: Config, claims: dict[str, Any]
) -> None:
    good = jwt.decode(issue_id_token(config), options={"verify_signature": False})
    answer = exchange(client, config, subject_token=jwt.encode(good | claims, SECRET, algorithm="HS256"))

    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_subject_token")


def test_an_id_token_signed_with_another_secret_or_algorithm_is_refused(
    client: FlaskClient, config: Config
) -> None:
    good = jwt.decode(issue_id_token(config), options={"verify_signature": False})
    for forged in (
        jwt.encode(good, "x" * 40, algorithm="HS256"), jwt.encode(good, SECRET * 2, algorithm="HS512"),
        jwt.encode(good, None, algorithm="none"), "", "a.b.c",
    ):  # fmt: skip
        assert exchange(client, config, subject_token=forged).get_json()["error"] == "invalid_subject_token"


def test_a_wrong_client_secret_is_an_invalid_client(client: FlaskClient, config: Config) -> None:
    answer = exchange(client, config, client_secret="wrong")

    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_client")


def test_offline_tokens_that_never_expire_are_no_longer_issued(client: FlaskClient, config: Config) -> None:
    assert exchange(client, config, expiring="0").status_code == 400


def test_an_access_token_dies_after_an_hour_and_the_refresh_token_after_90_days(
    client: FlaskClient, config: Config, store: Store
) -> None:
    pair = exchange(client, config).get_json()
    move_time(store, 3_600)
    answer = client.post(
        "/admin/api/2026-10/graphql.json",
        json=QUERY,
        headers={"X-Shopify-Access-Token": pair["access_token"]},
    )

    assert answer.status_code == 401
    assert answer.get_json()["errors"].startswith("[API] Invalid API key or access token")
    move_time(store, 90 * 86_400 - 3_600)
    assert refresh(client, config, pair["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_a_refresh_rotates_both_tokens(client: FlaskClient, config: Config) -> None:
    first = exchange(client, config).get_json()
    second = refresh(client, config, first["refresh_token"]).get_json()

    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]
    assert use(client, second["access_token"]) == 200


def test_the_old_refresh_token_may_be_retried_until_its_replacement_is_first_used(
    client: FlaskClient, config: Config
) -> None:
    first = exchange(client, config).get_json()
    lost = refresh(client, config, first["refresh_token"]).get_json()
    retried = refresh(client, config, first["refresh_token"]).get_json()

    assert use(client, lost["access_token"]) == 401
    assert use(client, retried["access_token"]) == 200
    assert refresh(client, config, first["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert use(client, first["access_token"]) == 401


def test_the_retry_ends_30_days_after_the_first_use(
    client: FlaskClient, config: Config, store: Store
) -> None:
    first = exchange(client, config).get_json()
    refresh(client, config, first["refresh_token"])
    move_time(store, 30 * 86_400)

    assert refresh(client, config, first["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_uninstalling_kills_all_tokens_at_once_and_reinstalling_does_not_revive_them(
    client: FlaskClient, config: Config, store: Store
) -> None:
    pair = exchange(client, config).get_json()
    with store.writing() as db:
        uninstall(db)
    assert use(client, pair["access_token"]) == 401
    assert exchange(client, config).status_code == 400

    with store.writing() as db:
        install_app(db, client.application.extensions["declaration"])
    assert use(client, pair["access_token"]) == 401
    assert refresh(client, config, pair["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert exchange(client, config).status_code == 200
