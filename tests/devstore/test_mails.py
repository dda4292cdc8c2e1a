"""Mails are caught, kept also when the client vanishes after the final dot, and shown without harm."""

import fcntl
import smtplib
import socket
import struct
import termios
import time
from array import array
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.devstore.full_store import FullStore, open_store
from tests.servers import free_port


@pytest.fixture
def full(tmp_path: Path) -> Iterator[FullStore]:
    with open_store(tmp_path, smtp_port=free_port()) as opened:
        yield opened


def _count(full: FullStore) -> int:
    return int(full.fetch("SELECT count(*) AS count FROM mails")["count"])


def _wait_for(full: FullStore, count: int) -> None:
    deadline = time.monotonic() + 60
    while _count(full) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert _count(full) == count


def test_a_mail_is_kept_and_shown(full: FullStore) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Danke, Jörg <b>", "laden@example.com", "jörg@example.com"
    mail.set_content("Grüße & Dank")
    mail.add_alternative("<p>Grüße</p><script>alert(1)</script>", subtype="html")
    with smtplib.SMTP("127.0.0.1", full.config.smtp_port, timeout=60) as client:
        client.send_message(mail, from_addr="laden@example.com", to_addrs=["joerg@example.com"])
    listed = full.client.get("/mails").text
    assert "Danke, Jörg &lt;b&gt;" in listed
    assert "joerg@example.com" in listed
    shown = full.client.get(f"/mails/{full.fetch('SELECT id FROM mails')['id']}").text
    assert "Grüße &amp; Dank" in shown
    assert 'sandbox=""' in shown
    assert "<script>alert" not in shown
    assert full.client.get("/mails/999").status_code == 404


def _say(connection: socket.socket, text: bytes) -> None:
    connection.sendall(text)
    connection.recv(4096)


def _wait_until_handed_over(connection: socket.socket) -> None:
    # a reset may overtake bytes that the kernel has not yet handed over
    waiting = array("i", [1])
    while waiting[0]:
        fcntl.ioctl(connection, termios.TIOCOUTQ, waiting)
        time.sleep(0.001)


def _begin_mail(full: FullStore) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", full.config.smtp_port), timeout=60)
    connection.recv(4096)
    for line in (b"HELO test", b"MAIL FROM:<a@example.com>", b"RCPT TO:<b@example.com>", b"DATA"):
        _say(connection, line + b"\r\n")
    return connection


@pytest.mark.parametrize("is_reset", [False, True])
@pytest.mark.parametrize("size", [10, 60_000])
def test_a_mail_whose_sender_vanishes_after_the_final_dot_is_kept(
    full: FullStore, is_reset: bool, size: int
) -> None:
    for number in range(5):
        connection = _begin_mail(full)
        connection.sendall(
            b"Subject: Last words\r\n\r\n" + b"x" * 70 + b"\r\n" + b"line\r\n" * (size // 6) + b".\r\n"
        )
        if is_reset:
            _wait_until_handed_over(connection)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        _wait_for(full, number + 1)


def test_mails_that_wait_for_a_busy_store_outlive_their_connections(full: FullStore) -> None:
    with full.store.writing():
        for _ in range(20):
            connection = _begin_mail(full)
            connection.sendall(b"Subject: Waiting\r\n\r\nx\r\n.\r\n")
            connection.close()
        time.sleep(0.1)
    _wait_for(full, 20)


def test_a_mail_that_never_ended_is_not_kept(full: FullStore) -> None:
    connection = _begin_mail(full)
    connection.sendall(b"Subject: Half\r\n\r\nhalf of it\r\n")
    connection.close()
    connection = _begin_mail(full)
    connection.sendall(b"Subject: Whole\r\n\r\nall of it\r\n.\r\n")
    connection.close()
    _wait_for(full, 1)
    assert full.fetch("SELECT subject FROM mails")["subject"] == "Whole"
