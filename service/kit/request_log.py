"""One log line and one measurement for every request, and safe answers for every failure."""

import secrets
import time
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from service.kit import metrics
from service.kit.errors import DankeError
from service.kit.logs import log, write_request_line

_RETRY_AFTER_SECONDS = 5
_HEADERS = (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"))


def install_request_log(app: Flask) -> None:
    """Time, count and log each request; set the headers that every answer carries."""

    figures = _Figures()

    @app.before_request
    def start_timer() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        seconds = time.perf_counter() - g.started
        endpoint = request.endpoint or "unknown"
        figures.count(endpoint, response.status_code, seconds)
        # the path only: queries hold signatures, tokens and what people typed
        write_request_line(request.method, request.path, response.status_code, seconds, g.get("shop_id"))
        response.headers.extend(_HEADERS)
        return response


class _Figures:
    """The metrics of each endpoint, looked up by their labels once."""

    def __init__(self) -> None:
        self._counters: dict[tuple[str, int], Any] = {}
        self._timers: dict[str, Any] = {}

    def count(self, endpoint: str, status: int, seconds: float) -> None:
        """Count one answer and its time in seconds."""
        counter = self._counters.get((endpoint, status))
        if counter is None:
            counter = self._counters[endpoint, status] = metrics.REQUESTS.labels(endpoint, str(status))
            self._timers.setdefault(endpoint, metrics.REQUEST_SECONDS.labels(endpoint))
        counter.inc()
        self._timers[endpoint].observe(seconds)


def install_error_answers(app: Flask) -> None:
    """Expected failures answer their sentence, unexpected ones a reference that the log has too."""

    @app.errorhandler(DankeError)
    def expected(error: DankeError) -> ResponseReturnValue:
        return _answer(str(error), error.status)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        return _answer(error.name, error.code or HTTPStatus.INTERNAL_SERVER_ERROR)

    @app.errorhandler(OperationalError)
    def database_away(error: OperationalError) -> ResponseReturnValue:
        log.error("database.away", error=type(error.orig).__name__)
        response, status = _answer(
            "Not available just now. Please try again.", HTTPStatus.SERVICE_UNAVAILABLE
        )
        response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
        return response, status

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> ResponseReturnValue:
        reference = secrets.token_hex(4)
        log.error("request.failed", reference=reference, exc_info=error)
        return _answer(f"Something went wrong. Reference: {reference}", HTTPStatus.INTERNAL_SERVER_ERROR)


def _answer(message: str, status: int) -> tuple[Response, int]:
    return jsonify({"code": int(status), "message": message}), int(status)
