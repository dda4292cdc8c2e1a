"""Single fields of webhook bodies. Each raises BadInput naming the field when it is not what it must be. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from service.kit.errors import BadInput
from service.purchases.money import parse_amount
from service.shopify.gids import parse_gid

Payload = Mapping[str, Any]


def read_id(payload: Payload, kind: str) -> int:
    """The id in `admin_graphql_api_id`, which is exact, else in `id`."""
    gid = payload.get("admin_graphql_api_id")
    return parse_gid(gid, kind) if gid else read_whole(payload, "id")


def read_items(payload: Payload, key: str) -> list[Payload]:
    """The list of objects under `key`."""
    items = payload.get(key)
    if not isinstance(items, list):
        raise BadInput(f"{key}: expected a list")
    return items


def read_text(payload: Payload, key: str) -> str:
    """The non-empty text under `key`."""
    value = payload.get(key)
    if not isinstance(value, str) or not value:
        raise BadInput(f"{key}: expected a text")
    return value


def read_whole(payload: Payload, key: str) -> int:
    """The whole number under `key`."""
    value = payload.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInput(f"{key}: expected a whole number")
    return value


def read_money(payload: Payload, key: str, currency: str) -> int:
    """The decimal text under `key` in minor units of `currency`."""
    try:
        return parse_amount(str(payload.get(key)), currency)
    except ValueError:
        raise BadInput(f"{key}: expected an amount") from None


def read_optional_time(payload: Payload, key: str) -> datetime | None:
    """The time under `key`, None when it is absent or null."""
    return read_time(payload, key) if payload.get(key) else None


def read_time(payload: Payload, key: str) -> datetime:
    """The time with zone under `key`, in UTC."""
    try:
        moment = datetime.fromisoformat(read_text(payload, key))
    except ValueError:
        raise BadInput(f"{key}: expected a time") from None
    if moment.tzinfo is None:
        raise BadInput(f"{key}: expected a time with zone")
    return moment.astimezone(UTC)
