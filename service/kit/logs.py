"""Logs: one JSON object a line on standard error, never a secret or personal data."""

import json
import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog

log: Any = structlog.get_logger("danke")

_request_lines_are_on = True


def configure_logs(level: str) -> None:
    """Send all logs of this process as JSON lines to standard error."""
    global _request_lines_are_on
    number = logging.getLevelNamesMapping()[level.upper()]
    _request_lines_are_on = number <= logging.INFO
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _as_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def write_request_line(method: str, path: str, status: int, seconds: float, shop_id: int | None) -> None:
    """The line of one answered request. Written by hand: there is one for every request, and a logger's way to
    the same line costs as much as reading the answer from the database."""
    if _request_lines_are_on:
        now = datetime.now(UTC).isoformat()
        shop = "null" if shop_id is None else shop_id
        sys.stderr.write(
            f'{{"event":"request","level":"info","timestamp":"{now}","method":"{method}",'
            f'"path":{_encoder.encode(path)},"status":{status},"ms":{seconds * 1000:.2f},"shop":{shop}}}\n'
        )


# made once: json.dumps with any option of its own makes an encoder for every line
_encoder = json.JSONEncoder(default=str, ensure_ascii=False)


def _as_json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    return _encoder.encode(event)
