"""Command line of the development store: ``python -m devstore serve | fill | control``."""

import argparse
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from werkzeug.serving import WSGIRequestHandler, make_server

from devstore.app import create_app
from devstore.config import PLUGIN, Config
from devstore.fill import fill_from_export, fill_from_seed
from devstore.store import SHOP, Store
from service.kit.csv_table import TableError


class QuietHandler(WSGIRequestHandler):
    """Answers with HTTP/1.1 keep-alive and writes no line per request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing; the service at the other end logs."""


def serve(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    base_url = options.base_url or f"http://127.0.0.1:{options.port}"
    config = Config(
        options.data, options.app_url, options.client_id, options.client_secret, base_url, options.shop, options.plugin,
        options.smtp_port, options.clock_file,
    )  # fmt: skip
    app = create_app(config)
    server = make_server("127.0.0.1", options.port, app, threaded=True, request_handler=QuietHandler)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    print(f"Development store {config.shop} on {base_url}", flush=True)
    try:
        server.serve_forever()
    finally:
        app.extensions["sender"].stop()
    return 0


def fill(options: argparse.Namespace) -> int:
    """Fill the store and say what was written."""
    store, begun = Store(Config(options.data).database), time.monotonic()
    try:
        orders, lines = fill_from_export(store, options.orders) if options.orders else fill_from_seed(store)
    except TableError as error:
        print(error, file=sys.stderr)
        return 1
    except (ValueError, OSError) as error:
        print(f"{options.orders or 'seed'}: {error}", file=sys.stderr)
        return 1
    if not orders:
        print("The store holds this history already.")
        return 0
    seconds = time.monotonic() - begun
    print(
        f"{orders:,} orders with {lines:,} lines in {seconds:.1f} s ({lines / seconds:,.0f} lines per second)"
    )
    return 0


def control(options: argparse.Namespace) -> int:
    """Change webhook flags of a running store: NAME=NUMBER ..."""
    changes: dict[str, Any] = {
        name: json.loads(value) for name, value in (one.split("=", 1) for one in options.flags)
    }
    answer = httpx.post(f"http://127.0.0.1:{options.port}/_control/webhooks", json=changes)
    print(json.dumps(answer.json(), indent=2))
    return 0 if answer.is_success else 1


def main() -> int:
    """Parse the command line and run the command."""
    parser = argparse.ArgumentParser(prog="devstore", description=__doc__)
    commands = parser.add_subparsers(required=True)
    serving = commands.add_parser("serve", help="serve store, admin and Admin API on 127.0.0.1")
    serving.set_defaults(run=serve)
    serving.add_argument("--port", type=int, default=9292)
    serving.add_argument("--data", type=Path, required=True)
    serving.add_argument("--app-url", required=True)
    serving.add_argument("--base-url", help="public address of this store, if not its own port")
    serving.add_argument("--client-id", required=True)
    serving.add_argument("--client-secret", required=True)
    serving.add_argument("--smtp-port", type=int, default=2525)
    serving.add_argument(
        "--clock-file", type=Path, help="file with the seconds by which this store's clock is ahead"
    )
    serving.add_argument("--shop", default=SHOP)
    serving.add_argument("--plugin", type=Path, default=PLUGIN)
    filling = commands.add_parser("fill", help="write a purchase history into an empty store")
    filling.set_defaults(run=fill)
    filling.add_argument("--data", type=Path, required=True)
    filling.add_argument(
        "--orders", type=Path, help="order export of a shop (CSV or CSV.gz); without it a small seeded shop"
    )
    controlling = commands.add_parser(
        "control", help="webhook flags of a running store, e.g. duplicate_percent=20"
    )
    controlling.set_defaults(run=control)
    controlling.add_argument("--port", type=int, default=9292)
    controlling.add_argument("flags", nargs="*", metavar="NAME=NUMBER")
    options = parser.parse_args()
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
