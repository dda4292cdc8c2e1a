"""Arrays of numbers as bytes for the database: little-endian, without a header."""

import numpy as np
from numpy.typing import NDArray

from service.recommendations.engine.interactions import Float64s, Int32s, Int64s

BYTES_PER_ID = 8


def pack_ids(values: NDArray[np.integer]) -> bytes:
    """int64 each."""
    return values.astype("<i8").tobytes()


def unpack_ids(packed: bytes) -> Int64s:
    """What `pack_ids` packed."""
    return np.frombuffer(packed, dtype="<i8").astype(np.int64, copy=False)


def pack_counts(values: NDArray[np.integer]) -> bytes:
    """int32 each."""
    return values.astype("<i4").tobytes()


def unpack_counts(packed: bytes) -> Int32s:
    """What `pack_counts` packed."""
    return np.frombuffer(packed, dtype="<i4").astype(np.int32, copy=False)


def pack_weights(values: NDArray[np.floating]) -> bytes:
    """float32 each."""
    return values.astype("<f4").tobytes()


def unpack_weights(packed: bytes) -> Float64s:
    """What `pack_weights` packed, as precise as it was stored."""
    return np.frombuffer(packed, dtype="<f4").astype(np.float64)
