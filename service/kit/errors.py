"""Expected failures carry their HTTP status and a sentence that a person can act on. Pure."""

from http import HTTPStatus


class DankeError(Exception):
    """Base of every failure that Danke expects; `str(error)` is safe to show."""

    status: int = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        if status is not None:
            self.status = status


class Unauthorized(DankeError):
    """The caller did not prove who they are."""

    status = HTTPStatus.UNAUTHORIZED


class Refused(DankeError):
    """The caller is known and may not do this."""

    status = HTTPStatus.FORBIDDEN


class NotFound(DankeError):
    """There is no such thing for this shop."""

    status = HTTPStatus.NOT_FOUND


class BadInput(DankeError):
    """What was sent can't be read; the message names the place."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class Unavailable(DankeError):
    """Something we depend on does not answer now; the caller may try again."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
