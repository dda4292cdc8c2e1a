"""`python -m devstore.demo`: run the whole of Danke on this machine until Ctrl-C."""

import argparse
import json
import os
import sys
from pathlib import Path

from devstore.demo.failures import DemoError, Stopped
from devstore.demo.run import Demo, Wishes


def read_wishes() -> Wishes:
    """ORDERS, PORT, DEVSTORE_PORT and DATA_DIR from the environment, the rest from the command line."""
    parser = argparse.ArgumentParser(prog="python -m devstore.demo", description=__doc__)
    parser.add_argument(
        "--exit-when-ready", action="store_true", help="end as soon as everything is computed and shown"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the measured figures there")
    arguments = parser.parse_args()
    orders = os.environ.get("ORDERS")
    return Wishes(
        orders=Path(orders) if orders else None,
        data_dir=Path(os.environ.get("DATA_DIR") or ".danke"),
        port=_read_port("PORT", 8000),
        store_port=_read_port("DEVSTORE_PORT", 9292),
        exit_when_ready=arguments.exit_when_ready,
        figures_file=arguments.json,
    )


def _read_port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise DemoError(f"{name} must be a port number, not {text!r}.")
    return int(text)


def main() -> int:
    try:
        wishes = read_wishes()
        figures = Demo(wishes).run()
    except DemoError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except Stopped as stopped:
        return 128 + stopped.signum
    if wishes.figures_file is not None:
        wishes.figures_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
