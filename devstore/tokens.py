"""Access tokens: token exchange, expiring offline tokens with rotation, and the ID tokens the admin hands out.

The rules are those of https://shopify.dev/docs/apps/build/authentication-authorization; where they leave room, the
less convenient reading holds: the first use of a new token ends all older ones of the same kind and user.
"""

import secrets
import sqlite3
import time
import uuid
from dataclasses import dataclass
from typing import Any

import jwt
from flask import Blueprint, Response, current_app, request

from devstore.config import Config
from devstore.installation import granted_scopes
from devstore.store import Store

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
REQUESTED = "urn:shopify:params:oauth:token-type:{}-access-token"
ACCESS_SECONDS = {"offline": 3_600, "online": 86_399}
REFRESH_SECONDS = 90 * 86_400
RETRY_SECONDS = 30 * 86_400
ID_TOKEN_SECONDS = 60
STAFF_ID = 90_314_500_123
blueprint = Blueprint("tokens", __name__)


class TokenRefused(Exception):
    """The token endpoint answers 400 with this OAuth error code."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code


@dataclass(frozen=True)
class Grant:
    """A valid access token."""

    id: int
    kind: str


def issue_id_token(config: Config, user_id: int = STAFF_ID) -> str:
    """An ID token (session token) for the embedded app of a staff user; lives one minute."""
    now = int(time.time())
    claims = {
        "iss": f"https://{config.shop}/admin", "dest": f"https://{config.shop}", "aud": config.client_id,
        "sub": str(user_id), "exp": now + ID_TOKEN_SECONDS, "nbf": now, "iat": now, "jti": str(uuid.uuid4()),
        "sid": secrets.token_hex(32),
    }  # fmt: skip
    return jwt.encode(claims, config.client_secret, algorithm="HS256")


def find_grant(store: Store, token: str) -> Grant | None:
    """The grant behind an access token, or None; its first use ends the tokens it replaced."""
    with store.reading() as db:
        row = db.execute("SELECT * FROM access_tokens WHERE token = ?", (token,)).fetchone()
    if row is None or row["revoked_at"] is not None or row["expires_at"] <= time.time():
        return None
    if row["first_used_at"] is None:
        with store.writing() as db:
            _note_use(db, row)
    return Grant(row["id"], row["kind"])


def exchange_token(db: sqlite3.Connection, config: Config, form: dict[str, Any]) -> dict[str, Any]:
    """Answer to a token exchange; TokenRefused otherwise."""
    if form.get("subject_token_type") != ID_TOKEN:
        raise TokenRefused("invalid_request", "subject_token_type must be an ID token")
    claims = _verify_id_token(config, str(form.get("subject_token", "")))
    kinds = [kind for kind in ACCESS_SECONDS if REQUESTED.format(kind) == form.get("requested_token_type")]
    if not kinds:
        raise TokenRefused("invalid_request", "requested_token_type is not supported")
    if not granted_scopes(db):
        raise TokenRefused("app_not_installed", "The app is not installed in this shop")
    if kinds == ["offline"] and str(form.get("expiring")) != "1":
        raise TokenRefused(
            "invalid_request", "Non-expiring offline tokens are no longer issued; send expiring=1"
        )
    return _issue(db, kinds[0], int(claims["sub"]))


def refresh_token(db: sqlite3.Connection, form: dict[str, Any]) -> dict[str, Any]:
    """Answer to a refresh; both tokens rotate. The old refresh token may be retried until its replacement is first
    used, at most 30 days after its own first use and never past its 90 days."""
    now = int(time.time())
    row = db.execute(
        "SELECT * FROM access_tokens WHERE refresh_token = ?", (form.get("refresh_token"),)
    ).fetchone()
    too_late = row is None or row["revoked_at"] is not None or row["refresh_expires_at"] <= now
    if too_late or (row["refreshed_at"] is not None and row["refreshed_at"] + RETRY_SECONDS <= now):
        raise TokenRefused("invalid_grant", "The refresh token is invalid, expired or was already used")
    _note_use(db, row)
    db.execute(
        "UPDATE access_tokens SET refreshed_at = coalesce(refreshed_at, ?) WHERE id = ?", (now, row["id"])
    )
    db.execute("UPDATE access_tokens SET revoked_at = ? WHERE replaces = ?", (now, row["id"]))
    return _issue(db, row["kind"], row["user_id"], replaces=row["id"])


def _issue(db: sqlite3.Connection, kind: str, user_id: int, replaces: int | None = None) -> dict[str, Any]:
    now, scope = int(time.time()), ",".join(granted_scopes(db))
    token = f"{'shpat' if kind == 'offline' else 'shpua'}_{secrets.token_hex(16)}"
    refresh = f"shprt_{secrets.token_hex(16)}" if kind == "offline" else None
    db.execute(
        "INSERT INTO access_tokens (token, kind, user_id, scopes, issued_at, expires_at, refresh_token,"
        " refresh_expires_at, replaces) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            token,
            kind,
            user_id,
            scope,
            now,
            now + ACCESS_SECONDS[kind],
            refresh,
            refresh and now + REFRESH_SECONDS,
            replaces,
        ),
    )
    answer = {"access_token": token, "scope": scope, "expires_in": ACCESS_SECONDS[kind]}
    if refresh:
        return answer | {"refresh_token": refresh, "refresh_token_expires_in": REFRESH_SECONDS}
    user = {
        "id": user_id, "first_name": "Demo", "last_name": "Team", "email": "team@example.com", "email_verified": True,
        "account_owner": True, "locale": "de", "collaborator": False,
    }  # fmt: skip
    return answer | {"associated_user_scope": scope, "associated_user": user}


def _note_use(db: sqlite3.Connection, row: sqlite3.Row) -> None:
    now = int(time.time())
    db.execute(
        "UPDATE access_tokens SET first_used_at = coalesce(first_used_at, ?) WHERE id = ?", (now, row["id"])
    )
    if row["first_used_at"] is None:
        same_user = "" if row["kind"] == "offline" else f" AND user_id = {int(row['user_id'])}"
        db.execute(
            f"UPDATE access_tokens SET revoked_at = ? WHERE id < ? AND kind = ? AND revoked_at IS NULL{same_user}",
            (now, row["id"], row["kind"]),
        )


def _verify_id_token(config: Config, token: str) -> dict[str, Any]:
    required = ["iss", "dest", "aud", "sub", "exp", "nbf"]
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            config.client_secret,
            algorithms=["HS256"],
            audience=config.client_id,
            options={"require": required},
        )
    except jwt.InvalidTokenError as error:
        raise TokenRefused("invalid_subject_token", f"The subject token is invalid: {error}") from error
    if claims["dest"] != f"https://{config.shop}" or not str(claims["sub"]).isdecimal():
        raise TokenRefused("invalid_subject_token", "The subject token belongs to another shop")
    return claims


@blueprint.post("/admin/oauth/access_token")
def answer_token_request() -> Response | tuple[dict[str, Any], int]:
    """The token endpoint; takes JSON and form bodies."""
    store, config = current_app.extensions["store"], current_app.extensions["config"]
    body = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    form: dict[str, Any] = body if isinstance(body, dict) else {}
    try:
        if form.get("client_id") != config.client_id or form.get("client_secret") != config.client_secret:
            raise TokenRefused("invalid_client", "Client authentication failed")
        with store.writing() as db:
            if form.get("grant_type") == EXCHANGE:
                return exchange_token(db, config, form), 200
            if form.get("grant_type") == "refresh_token":
                return refresh_token(db, form), 200
            raise TokenRefused("unsupported_grant_type", "This grant type is not supported")
    except TokenRefused as refused:
        return {"error": refused.code, "error_description": str(refused)}, 400
