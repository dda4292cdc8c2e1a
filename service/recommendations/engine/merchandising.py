"""How a merchant's own choice and a ranking become one list.

Product ids in, product ids out, best first; no list names a product twice. What may not be shown at all
(unpublished, deleted, gift cards, sold out) is the caller's to leave out of everything that goes in here.

Pure: numbers in, decision out.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import zip_longest


def arrange(ranked: Iterable[int], pins: Iterable[int], excluded: Collection[int], limit: int) -> list[int]:
    """The pins in their order, then the ranking, at most `limit` products; excluded ones not even where pinned."""
    arranged: dict[int, None] = {}
    for products in (pins, ranked):
        for product in products:
            if len(arranged) >= limit:
                return list(arranged)
            if product not in excluded:
                arranged[product] = None
    return list(arranged)


def mix_look(ranked: Iterable[int], looks: Sequence[Iterable[int]], limit: int) -> list[int]:
    """What is worn with the products at hand and what the data say, in turn, the looks first.

    `looks` holds for each product at hand what its looks add to it (one entry on a product page, one per product
    of a cart); the entries take turns as well, so that every product at hand gets its first companion before any
    gets a second. Leave the products at hand out of both. When one side is used up the other goes on alone.
    """
    worn = dict.fromkeys(product for turn in zip_longest(*looks) for product in turn if product is not None)
    rest = [product for product in dict.fromkeys(ranked) if product not in worn]
    turns = zip_longest(worn, rest)
    return [product for turn in turns for product in turn if product is not None][: max(limit, 0)]


def limit_repeats(ranked: Iterable[int], bought: Collection[int], most: int | None, limit: int) -> list[int]:
    """The ranking with at most `most` products that were bought before, at most `limit` in all; None = no limit.

    The best of the repeats stay where they are; the others are left out, so that the list may get shorter.
    """
    kept: dict[int, None] = {}
    repeats = 0
    for product in ranked:
        if len(kept) >= limit:
            break
        if product in kept:
            continue
        is_repeat = product in bought
        if is_repeat and most is not None and repeats >= most:
            continue
        repeats += is_repeat
        kept[product] = None
    return list(kept)


def companions_in(looks: Iterable[Sequence[int]]) -> dict[int, list[int]]:
    """Product -> the other products of the looks it is in, in the order of the looks and within each."""
    companions: dict[int, dict[int, None]] = {}
    for look in looks:
        for product in look:
            others = companions.setdefault(product, {})
            others.update((other, None) for other in look if other != product)
    return {product: list(others) for product, others in companions.items() if others}
