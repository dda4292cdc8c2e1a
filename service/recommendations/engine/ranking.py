"""The best entries of every row of a sparse table, with ties settled the same way on every machine.

Pure. Rows are loose: (rows, columns, scores) with `rows` ascending.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from service.recommendations.engine.interactions import Float64s, Int32s, Int64s

Number = TypeVar("Number", bound=np.generic)


def best_of_rows(
    rows: NDArray[np.integer], columns: NDArray[np.integer], scores: Float64s, *, row_count: int, limit: int
) -> tuple[Int64s, Int64s]:
    """Positions of each row's `limit` highest scores, best first, and how many each row has.

    Arguments of shape (N,), `rows` ascending. Returns (positions (M,) in row order, lengths
    (row_count,)). Equal scores are ordered by column, so the answer does not depend on the order of the
    input within a row.
    """
    ends = np.cumsum(np.bincount(rows, minlength=row_count))
    contenders = np.ones(len(scores), dtype=bool)
    start = 0
    for end in ends:
        if end - start > limit:
            row = scores[start:end]
            cut = end - start - limit
            contenders[start:end] = row >= np.partition(row, cut)[cut]
        start = end
    held = np.flatnonzero(contenders)
    ordered = held[np.lexsort((columns[held], -scores[held], rows[held]))]
    found = np.bincount(rows[held], minlength=row_count)
    places = np.arange(len(ordered)) - np.repeat(np.cumsum(found) - found, found)
    return ordered[places < limit], np.minimum(found, limit).astype(np.int64)


def starts_of(lengths: Int64s) -> Int64s:
    """(R + 1,) where each row starts, from the rows' lengths (R,)."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])


def places_in(sorted_values: NDArray[Number], values: NDArray[Number]) -> tuple[Int32s, NDArray[np.bool_]]:
    """(index of each value in `sorted_values`, whether it is there); the index is 0 where it is not."""
    if len(sorted_values) == 0:
        return np.zeros(len(values), dtype=np.int32), np.zeros(len(values), dtype=bool)
    places = np.searchsorted(sorted_values, values)
    places[places == len(sorted_values)] = 0
    found = sorted_values[places] == values
    places[~found] = 0
    return places.astype(np.int32), found
