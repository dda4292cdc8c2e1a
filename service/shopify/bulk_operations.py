"""Bulk queries: start one and ask how it stands (shopify.dev, api/usage/bulk-operations/queries).

What a finished one wrote is read by `jsonl_streams.stream_jsonl`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from service.kit.errors import NotFound
from service.shopify.admin_graphql import AdminGraphql
from service.shopify.documents import Document, load
from service.shopify.errors import ShopifyUnavailable
from service.shopify.graphql_answers import UserErrors

_BUSY_CODES = frozenset({"LIMIT_REACHED", "OPERATION_IN_PROGRESS"})
_UNFINISHED = frozenset({"CREATED", "RUNNING", "CANCELING"})


class BulkOperationBusy(ShopifyUnavailable):
    """As many bulk queries as Shopify allows are running in this shop: try again later."""


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """One bulk operation as Shopify knows it; times are aware, in UTC.

    `status` is Shopify's BulkOperationStatus. `url` is None when there is no result (also after a run that
    found nothing); `partial_url` holds what was written before a failure. Both live seven days.
    """

    gid: str
    status: str
    error_code: str | None
    object_count: int
    created_at: datetime
    completed_at: datetime | None
    url: str | None
    partial_url: str | None

    @property
    def is_finished(self) -> bool:
        return self.status not in _UNFINISHED

    @property
    def is_complete(self) -> bool:
        return self.status == "COMPLETED"


def start_bulk_query(client: AdminGraphql, query: Document) -> BulkOperation:
    """Start a bulk query of a `bulk_*` document.

    Raises BulkOperationBusy, UserErrors, and what `execute` raises.
    """
    answer = client.execute(load("bulk_operation_run"), {"query": query.text})
    try:
        payload = answer.payload("bulkOperationRunQuery")
    except UserErrors as error:
        if error.codes and error.codes <= _BUSY_CODES:
            raise BulkOperationBusy("Another bulk operation is still running in this shop.") from error
        raise
    return _read_operation(payload.get("bulkOperation"))


def read_bulk_operation(client: AdminGraphql, operation_gid: str) -> BulkOperation:
    """How the operation stands now. Raises NotFound when this shop has none of that id."""
    answer = client.execute(load("bulk_operation_status"), {"id": operation_gid})
    return _read_operation(answer.data.get("bulkOperation"))


def _read_operation(node: Mapping[str, Any] | None) -> BulkOperation:
    if not node:
        raise NotFound("Shopify knows no such bulk operation.")
    completed_at = node.get("completedAt")
    return BulkOperation(
        gid=node["id"],
        status=node["status"],
        error_code=node.get("errorCode"),
        object_count=int(node["objectCount"]),
        created_at=_moment(node["createdAt"]),
        completed_at=_moment(completed_at) if completed_at else None,
        url=node.get("url"),
        partial_url=node.get("partialDataUrl"),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
