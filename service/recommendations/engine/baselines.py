"""What anybody could show without an engine: best-sellers, and what a customer bought most often.

Every function gives a (C, LENGTH) table of product indices, best first, filled up with NOTHING; `popular` is
all product indices, most popular first. Pure.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from service.recommendations.engine.filling import fill_up
from service.recommendations.engine.interactions import Int32s
from service.recommendations.engine.measures import LENGTH, NOTHING
from service.recommendations.engine.purchase_profiles import PurchaseLines
from service.recommendations.engine.ranking import best_of_rows, starts_of


def tabulate(lists: Iterable[Int32s]) -> Int32s:
    """Lists of any length as rows of one table."""
    rows = list(lists)
    table = np.full((len(rows), LENGTH), NOTHING, dtype=np.int32)
    for row, listed in zip(table, rows, strict=True):
        row[: len(listed)] = listed[:LENGTH]
    return table


def best_sellers(popular: Int32s, customer_count: int) -> Int32s:
    """The same for everybody."""
    return np.tile(tabulate([popular]), (customer_count, 1))


def best_sellers_never_bought(popular: Int32s, lines: PurchaseLines) -> Int32s:
    """For each customer, without what (s)he has bought."""
    nothing = np.zeros(0, dtype=np.int32)
    return tabulate(
        fill_up(nothing, popular, LENGTH, excluded=bought) for bought in _most_frequent(lines, popular)
    )


def best_sellers_bought(popular: Int32s, lines: PurchaseLines) -> Int32s:
    """Only what the customer has bought."""
    ranks = _ranks(popular)
    return tabulate(bought[np.argsort(ranks[bought])] for bought in _most_frequent(lines, popular))


def most_frequent(popular: Int32s, lines: PurchaseLines) -> Int32s:
    """What the customer has bought in most orders, equal ones by popularity; nothing else."""
    return tabulate(_most_frequent(lines, popular))


def most_frequent_then_popular(popular: Int32s, lines: PurchaseLines) -> Int32s:
    """The same, filled up with what is popular."""
    return tabulate(fill_up(bought, popular, LENGTH) for bought in _most_frequent(lines, popular))


def _most_frequent(lines: PurchaseLines, popular: Int32s) -> list[Int32s]:
    width = max(len(popular), 1)
    cells, orders = np.unique(lines.customers.astype(np.int64) * width + lines.products, return_counts=True)
    customers, products = cells // width, (cells % width).astype(np.int32)
    scores = orders - _ranks(popular)[products] / width
    best, lengths = best_of_rows(
        customers, products, scores, row_count=lines.customer_count, limit=len(popular)
    )
    starts = starts_of(lengths)
    return [products[best[start:end]] for start, end in pairwise(starts)]


def _ranks(popular: Int32s) -> Int32s:
    ranks = np.empty(len(popular), dtype=np.int32)
    ranks[popular] = np.arange(len(popular), dtype=np.int32)
    return ranks
