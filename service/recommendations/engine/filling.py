"""Fills a list up with what is popular, where what is known of a customer or a basket does not suffice.

Pure: product indices in, product indices out.
"""

import numpy as np

from service.recommendations.engine.interactions import Int32s

NONE = np.zeros(0, dtype=np.int32)


def fill_up(listed: Int32s, popular: Int32s, limit: int, *, excluded: Int32s = NONE) -> Int32s:
    """`listed` without the `excluded` products, followed by what of `popular` it lacks: at most `limit`
    products, fewer only where `popular` ends."""
    if len(excluded):
        listed = listed[~np.isin(listed, excluded)]
    if len(listed) >= limit:
        return listed[:limit]
    taken = np.concatenate([listed, excluded])
    # so many of the most popular hold enough that is not taken
    reach = popular[: limit + len(taken)]
    return np.concatenate([listed, reach[~np.isin(reach, taken)]])[:limit]
