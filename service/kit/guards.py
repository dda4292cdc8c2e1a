"""Every route carries a guard that runs before it; a route without one does not start.

A guard is a function that raises (Unauthorized, Refused, ...) or leaves what it proved in `flask.g`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask, g, request
from flask.typing import ResponseReturnValue

from service.kit.request_log import note_view

P = ParamSpec("P")
View = TypeVar("View", bound=Callable[..., Any])
_MARK = "danke_guard"


def guarded(name: str, check: Callable[[], None]) -> Callable[[View], View]:
    """Decorator: run `check` before the view and remember that the view is guarded by `name`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded_view(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            try:
                check()
                result: ResponseReturnValue = view(*args, **kwargs)
                return result
            finally:
                note_view(request.environ, view.__name__, g.get("shop_id"))

        setattr(guarded_view, _MARK, name)
        return guarded_view  # type: ignore[return-value]

    return decorate


def open_to_all(why: str) -> Callable[[View], View]:
    """Decorator for a route that anybody may call; the reason is the guard's name."""
    return guarded(f"open to all: {why}", lambda: None)


def guard_of(app: Flask, endpoint: str) -> str | None:
    """Name of the guard of an endpoint, None when it has none."""
    return getattr(app.view_functions[endpoint], _MARK, None)


def refuse_unguarded_routes(app: Flask) -> None:
    """Raise RuntimeError naming the first route that has no guard."""
    for rule in app.url_map.iter_rules():
        if guard_of(app, rule.endpoint) is None:
            raise RuntimeError(f"route {rule.rule} ({rule.endpoint}) has no guard")
