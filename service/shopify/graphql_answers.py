"""What the Admin API answered: data and errors may come together (a field that the app may not read is null
beside an error).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from service.kit.errors import DankeError
from service.shopify.errors import ShopifyUnavailable

_THROTTLED = "THROTTLED"


@dataclass(frozen=True, slots=True)
class GraphqlError:
    """One entry of `errors`; `path` leads to the field that is null because of it."""

    message: str
    code: str | None
    path: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost points: what the document asked for and took, and the bucket's state.

    `restore_rate` is points per second.
    """

    requested: float
    actual: float | None
    maximum_available: float
    currently_available: float
    restore_rate: float


@dataclass(frozen=True, slots=True)
class UserError:
    """One of a mutation's `userErrors`; `element_index` is the place in the list that was sent, where Shopify
    says it.
    """

    message: str
    field: tuple[str, ...]
    code: str | None
    element_index: int | None


class UserErrors(DankeError):
    """A mutation was understood and refused; `errors` say which fields were wrong."""

    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "shopify_refused"

    def __init__(self, mutation: str, errors: tuple[UserError, ...]) -> None:
        places = "; ".join(f"{'.'.join(error.field) or mutation}: {error.message}" for error in errors[:5])
        super().__init__(f"{mutation}: {places}")
        self.mutation = mutation
        self.errors = errors

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(error.code for error in self.errors if error.code)


@dataclass(frozen=True, slots=True)
class Answer:
    """Shopify's answer. `data` is empty only if there was none; with partial data `errors` is not empty."""

    data: Mapping[str, Any]
    errors: tuple[GraphqlError, ...] = ()
    cost: Cost | None = None

    @property
    def is_throttled(self) -> bool:
        return any(error.code == _THROTTLED for error in self.errors)

    def payload(self, mutation: str) -> Mapping[str, Any]:
        """What the field `mutation` returned. Raises UserErrors when Shopify named any."""
        payload = self.data.get(mutation) or {}
        errors = read_user_errors(payload)
        if errors:
            raise UserErrors(mutation, errors)
        return payload


def read_answer(response: httpx.Response) -> Answer:
    """The GraphQL answer in an HTTP response of status 200. Raises ShopifyUnavailable when it is none."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ShopifyUnavailable("Shopify's answer is not GraphQL.", outcome_unknown=True)
    return Answer(_object(body.get("data")), _read_errors(body.get("errors")), _read_cost(body))


def read_user_errors(payload: Mapping[str, Any]) -> tuple[UserError, ...]:
    """The `userErrors` of a mutation's payload, empty when all went well."""
    return tuple(
        UserError(
            message=str(entry.get("message", "")),
            field=tuple(str(part) for part in entry.get("field") or ()),
            code=entry.get("code"),
            element_index=entry.get("elementIndex"),
        )
        for entry in payload.get("userErrors") or ()
    )


def _read_errors(errors: Any) -> tuple[GraphqlError, ...]:
    if not errors:
        return ()
    if not isinstance(
        errors, list
    ):  # a bare sentence is Shopify's answer to requests that never reached GraphQL
        return (GraphqlError(str(errors), None, ()),)
    return tuple(_read_error(_object(entry)) for entry in errors)


def _read_error(entry: Mapping[str, Any]) -> GraphqlError:
    path = entry.get("path")
    return GraphqlError(
        message=str(entry.get("message", "")),
        code=_object(entry.get("extensions")).get("code"),
        path=tuple(path) if isinstance(path, list) else (),
    )


def _read_cost(body: Mapping[str, Any]) -> Cost | None:
    cost = _object(_object(body.get("extensions")).get("cost"))
    bucket = _object(cost.get("throttleStatus"))
    try:
        actual = cost.get("actualQueryCost")
        return Cost(
            requested=float(cost["requestedQueryCost"]),
            actual=None if actual is None else float(actual),
            maximum_available=float(bucket["maximumAvailable"]),
            currently_available=float(bucket["currentlyAvailable"]),
            restore_rate=float(bucket["restoreRate"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
