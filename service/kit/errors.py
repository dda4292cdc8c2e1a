"""Expected failures carry their HTTP status, and a code with values for which catalogues have a sentence. Pure."""

from http import HTTPStatus


class Explained(Exception):
    """A failure that people are told of by `code` (short, in snake_case, the same for ever) and `values`.

    Its own text is for the log and for developers.
    """

    code: str = "unexpected"

    def __init__(self, message: str, *, code: str | None = None, **values: str) -> None:
        super().__init__(message)
        self.values = values
        if code is not None:
            self.code = code


class DankeError(Explained):
    """Base of every failure that ends a request; `str(error)` is safe to answer."""

    status: int = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(
        self, message: str, status: int | None = None, *, code: str | None = None, **values: str
    ) -> None:
        super().__init__(message, code=code, **values)
        if status is not None:
            self.status = status


class Unauthorized(DankeError):
    """The caller did not prove who they are."""

    status, code = HTTPStatus.UNAUTHORIZED, "unauthorized"


class Refused(DankeError):
    """The caller is known and may not do this."""

    status, code = HTTPStatus.FORBIDDEN, "refused"


class NotFound(DankeError):
    """There is no such thing for this shop."""

    status, code = HTTPStatus.NOT_FOUND, "not_found"


class BadInput(DankeError):
    """What was sent can't be read; the message names the place."""

    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "bad_input"


class Unavailable(DankeError):
    """Something we depend on does not answer now; the caller may try again."""

    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"
