"""One log line and one measurement for every request, and safe answers for every failure."""

import secrets
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from service.kit import metrics
from service.kit.errors import DankeError
from service.kit.logs import log, write_request_line

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_VIEW, _SHOP = "danke.view", "danke.shop_id"
_RETRY_AFTER_SECONDS = 5
_HEADERS = (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"))


def install_request_log(app: Flask) -> None:
    """Time, count and log each request; set the headers that every answer carries.

    Around the application and not in hooks of its: so nothing that happens inside is left out, and it costs a
    third. The guard notes which view answers and for which shop (`note_view`).
    """
    app.wsgi_app = _logged(app.wsgi_app)  # type: ignore[method-assign, assignment]


def note_view(environ: dict[str, Any], view: str, shop_id: int | None) -> None:
    """Tell the log which view answers this request, and for which shop."""
    environ[_VIEW], environ[_SHOP] = view, shop_id


def _logged(answer: Wsgi) -> Wsgi:
    figures = _Figures()

    def answer_and_log(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started = time.perf_counter()
        status = HTTPStatus.INTERNAL_SERVER_ERROR.value

        def start(line: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            nonlocal status
            status = int(line[:3])
            headers.extend(_HEADERS)
            return start_response(line, headers, *exc_info)

        try:
            return answer(environ, start)
        finally:
            seconds = time.perf_counter() - started
            figures.count(environ.get(_VIEW, "none"), status, seconds)
            # the path only: queries hold signatures, tokens and what people typed
            path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
            write_request_line(environ["REQUEST_METHOD"], path, status, seconds, environ.get(_SHOP))

    return answer_and_log


class _Figures:
    """The metrics of each view, looked up by their labels once."""

    def __init__(self) -> None:
        self._counters: dict[tuple[str, int], Any] = {}
        self._timers: dict[str, Any] = {}

    def count(self, view: str, status: int, seconds: float) -> None:
        """Count one answer and its time in seconds."""
        counter = self._counters.get((view, status))
        if counter is None:
            counter = self._counters[view, status] = metrics.REQUESTS.labels(view, str(status))
            self._timers.setdefault(view, metrics.REQUEST_SECONDS.labels(view))
        counter.inc()
        self._timers[view].observe(seconds)


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
