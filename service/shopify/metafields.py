"""Writing metafields: `metafieldsSet` takes 25 at a time and writes all of a call or nothing (Admin API
2026-10).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from service.shopify.admin_graphql import AdminGraphql
from service.shopify.documents import load
from service.shopify.graphql_answers import UserError, read_user_errors

MOST_PER_CALL = 25


@dataclass(frozen=True, slots=True)
class MetafieldInput:
    """One value to write. `owner_id` is a global id, `value` the text that Shopify stores for `type`."""

    owner_id: str
    namespace: str
    key: str
    type: str
    value: str

    def as_variables(self) -> dict[str, str]:
        return {
            "ownerId": self.owner_id,
            "namespace": self.namespace,
            "key": self.key,
            "type": self.type,
            "value": self.value,
        }


@dataclass(frozen=True, slots=True)
class MetafieldIdentifier:
    """One value to remove."""

    owner_id: str
    namespace: str
    key: str

    def as_variables(self) -> dict[str, str]:
        return {"ownerId": self.owner_id, "namespace": self.namespace, "key": self.key}


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What became of one call: all `inputs` were written, or none of them because of `errors`."""

    inputs: tuple[MetafieldInput, ...]
    errors: tuple[UserError, ...]

    @property
    def written(self) -> bool:
        return not self.errors

    @property
    def refused(self) -> dict[int, UserError]:
        """Position in `inputs` -> why Shopify refused it: all of them where it refused the whole call."""
        whole = self.whole_error
        refused = {} if whole is None else dict.fromkeys(range(len(self.inputs)), whole)
        for error in self.errors:
            position = self._position(error)
            if position is not None:
                refused[position] = error
        return refused

    @property
    def whole_error(self) -> UserError | None:
        """The first error that belongs to no single input, so that none of the call can be written."""
        return next((error for error in self.errors if self._position(error) is None), None)

    @property
    def retryable(self) -> tuple[MetafieldInput, ...]:
        """The inputs that held nobody up: worth sending again without the refused ones.

        Empty if nothing is to be gained.
        """
        refused = self.refused
        if not refused:
            return ()
        return tuple(entry for position, entry in enumerate(self.inputs) if position not in refused)

    def _position(self, error: UserError) -> int | None:
        position = error.element_index
        if position is None and error.field[:1] == ("metafields",) and error.field[1:2]:
            position = int(error.field[1]) if error.field[1].isdecimal() else None
        return position if position is not None and position < len(self.inputs) else None


def set_metafields(client: AdminGraphql, inputs: Sequence[MetafieldInput]) -> list[ChunkResult]:
    """Write `inputs`, 25 to a call; returns one result per call, in order.

    A refused chunk does not stop the next ones. Raises what `AdminGraphql.execute` raises; what was written
    before stays, and writing the same values again does no harm.
    """
    return [_set_chunk(client, chunk) for chunk in _chunks(inputs)]


def set_metafields_dropping_refused(
    client: AdminGraphql, inputs: Sequence[MetafieldInput]
) -> list[ChunkResult]:
    """As `set_metafields`, and sends what stood beside a refused value (an owner that was deleted, say) once
    more.
    """
    results = []
    for result in set_metafields(client, inputs):
        results.append(result)
        if result.retryable:
            results.append(_set_chunk(client, result.retryable))
    return results


def delete_metafields(client: AdminGraphql, identifiers: Sequence[MetafieldIdentifier]) -> None:
    """Remove values, 25 to a call; one that is not there is no error.

    Raises UserErrors, and what `execute` raises.
    """
    document = load("metafields_delete")
    for start in range(0, len(identifiers), MOST_PER_CALL):
        chunk = identifiers[start : start + MOST_PER_CALL]
        variables = {"metafields": [identifier.as_variables() for identifier in chunk]}
        client.execute(document, variables).payload("metafieldsDelete")


def _chunks(inputs: Sequence[MetafieldInput]) -> Iterator[tuple[MetafieldInput, ...]]:
    for start in range(0, len(inputs), MOST_PER_CALL):
        yield tuple(inputs[start : start + MOST_PER_CALL])


def _set_chunk(client: AdminGraphql, chunk: tuple[MetafieldInput, ...]) -> ChunkResult:
    variables = {"metafields": [entry.as_variables() for entry in chunk]}
    payload: Any = client.execute(load("metafields_set"), variables).data.get("metafieldsSet") or {}
    return ChunkResult(chunk, read_user_errors(payload))
