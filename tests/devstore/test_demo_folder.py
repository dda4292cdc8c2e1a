"""What `make demo` remembers between its starts, and what it refuses before anything starts."""

import socket
import stat
from pathlib import Path

import pytest

from devstore.demo.failures import DemoError
from devstore.demo.folder import DemoFolder, make_secret
from devstore.demo.run import Demo, Wishes


def test_secrets_survive_a_restart_and_only_the_owner_may_read_them(tmp_path: Path) -> None:
    first = DemoFolder(tmp_path / "demo").recall("SHOPIFY_API_SECRET", make_secret)

    assert DemoFolder(tmp_path / "demo").recall("SHOPIFY_API_SECRET", make_secret) == first
    assert stat.S_IMODE((tmp_path / "demo" / "demo.env").stat().st_mode) == 0o600


def test_a_port_is_kept_while_it_is_free_and_replaced_when_it_is_not(tmp_path: Path) -> None:
    port = DemoFolder(tmp_path).recall_port("SMTP_PORT")
    assert DemoFolder(tmp_path).recall_port("SMTP_PORT") == port

    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", port))
        somebody.listen()
        assert DemoFolder(tmp_path).recall_port("SMTP_PORT") != port


def test_a_folder_with_another_history_is_refused_and_named(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text("Name\n")
    DemoFolder(tmp_path / "demo").keep_history(orders)

    moved = orders.rename(tmp_path / "moved.csv")
    DemoFolder(tmp_path / "demo").check_history(moved)
    with pytest.raises(
        DemoError, match=r"holds the history of orders.csv, not of the example shop(.|\n)*rm -r"
    ):
        DemoFolder(tmp_path / "demo").check_history(None)


def test_a_folder_is_held_by_one_demo_at_a_time(tmp_path: Path) -> None:
    holder = DemoFolder(tmp_path)
    holder.lock()

    with pytest.raises(DemoError, match="Another demo is running"):
        DemoFolder(tmp_path).lock()


def test_a_port_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = somebody.getsockname()[1]
        with pytest.raises(DemoError, match=f"Port {port} is in use. Set PORT to another one"):
            Demo(Wishes(None, tmp_path / "demo", port=port, store_port=port)).run()

    assert not (tmp_path / "demo").exists()
