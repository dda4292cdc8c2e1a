"""What the web server imports."""

from collections.abc import Callable
from typing import Any

from service.app import create_app
from service.kit.logs import configure_logs
from service.kit.request_log import Wsgi
from service.settings import Settings


def in_one_piece(app: Wsgi) -> Wsgi:
    """Give the server each answer as one list: none of ours is long, and a server hands a list on at once,
    while it asks an iterator piece by piece."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        pieces: Any = app(environ, start_response)
        try:
            return [b"".join(pieces)]
        finally:
            pieces.close()

    return answer


_settings = Settings.from_environment()
configure_logs(_settings.log_level)
app = in_one_piece(create_app(_settings))
