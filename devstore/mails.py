"""The mail server of the development store: it keeps every mail for the pages below ``/mails`` and sends none on."""

import asyncio
import json
import sqlite3
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Blueprint, Flask, abort, current_app, render_template

from devstore.page_texts import current_locale
from devstore.store import Store, insert, read_setting, timestamp

blueprint = Blueprint("mails", __name__, url_prefix="/mails")
SHOWN = 100


class Catcher:
    """Stores each mail before the server says that it has accepted it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keeping: set[asyncio.Task[None]] = set()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        # In a thread, since the store is synchronous. Shielded, since aiosmtpd cancels this task as soon as the client
        # is gone, and a real MTA keeps a mail whose final dot has arrived, whether or not its sender hears the answer.
        keeping = asyncio.create_task(asyncio.to_thread(self._keep, envelope))
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)
        await asyncio.shield(keeping)
        return "250 2.0.0 Ok: queued"

    def _keep(self, envelope: Envelope) -> None:
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        subject = str(_parse(raw)["Subject"] or "")
        with self._store.writing() as db:
            insert(
                db, "mails", received_at=timestamp(), sender=envelope.mail_from or "",
                recipients=json.dumps(envelope.rcpt_tos), subject=subject, raw=raw,
            )  # fmt: skip


class MailServer(Controller):
    """The SMTP server of one store, in a thread of its own."""

    def factory(self) -> SMTP:
        return SMTP(self.handler, enable_SMTPUTF8=True, ident="Danke development store")


def start(app: Flask) -> None:
    """Start the SMTP server on 127.0.0.1; port 0 in the configuration means none."""
    config = app.extensions["config"]
    if config.smtp_port:
        server = MailServer(Catcher(app.extensions["store"]), hostname="127.0.0.1", port=config.smtp_port)
        server.start()
        app.extensions["mail_server"] = server


def read_parts(raw: bytes) -> dict[str, Any]:
    """Headers, plain text and HTML of a mail."""
    message = _parse(raw)
    parts = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    texts = {kind: part.get_content() if part is not None else "" for kind, part in parts.items()}
    return {"headers": [(name, str(value)) for name, value in message.items()], **texts}


@blueprint.get("", strict_slashes=False)
def list_mails() -> str:
    with current_app.extensions["store"].reading() as db:
        rows = db.execute(f"SELECT * FROM mails ORDER BY id DESC LIMIT {SHOWN}").fetchall()
        count = db.execute("SELECT count(*) FROM mails").fetchone()[0]
    return render_template(
        "admin/mails.html",
        locale=current_locale(),
        shop_name=_shop_name(),
        mails=[_describe(row) for row in rows],
        count=count,
    )


@blueprint.get("/<int:mail_id>")
def show_mail(mail_id: int) -> str:
    with current_app.extensions["store"].reading() as db:
        row = db.execute("SELECT * FROM mails WHERE id = ?", (mail_id,)).fetchone() or abort(404)
    return render_template(
        "admin/mail.html",
        locale=current_locale(),
        shop_name=_shop_name(),
        mail=_describe(row),
        parts=read_parts(row["raw"]),
    )


def _shop_name() -> str:
    with current_app.extensions["store"].reading() as db:
        return str(read_setting(db, "shop_name", "Danke Demo"))


def _describe(row: sqlite3.Row) -> dict[str, Any]:
    return {**dict(row), "recipients": json.loads(row["recipients"])}


def _parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)
