import numpy as np
import pytest

from service.recommendations.engine.interactions import NOBODY, index_interactions
from service.recommendations.engine.popular import blend_popularity, rank_popular
from service.recommendations.engine.product_counts import count_products


def of(*lines: tuple[int, int, float, int, float]):
    columns = list(zip(*lines, strict=True))
    types = (np.int64, np.int64, np.float64, np.int64, np.float64)
    return index_interactions(
        *(np.array(column, dtype=type_) for column, type_ in zip(columns, types, strict=True))
    )


def test_lines_of_one_product_in_one_order_become_one_with_their_quantities_summed() -> None:
    history = of((2, 9, 5.0, 30, 1), (1, 8, 4.0, 20, 2), (2, 9, 5.0, 30, 4), (2, 9, 5.0, 10, 1))
    assert history.product_ids.tolist() == [10, 20, 30]
    assert history.customer_ids.tolist() == [8, 9]
    assert history.starts.tolist() == [0, 1, 3]
    assert history.line_products.tolist() == [1, 0, 2]
    assert history.quantities.tolist() == [2, 1, 5]


def test_a_returned_line_does_not_count() -> None:
    history = of((1, 8, 4.0, 20, 0), (1, 8, 4.0, 21, 1))
    assert history.product_ids.tolist() == [21]


def test_an_order_of_nobody_known_has_no_customer_and_a_guest_known_by_mail_is_one() -> None:
    history = of((1, 0, 4.0, 20, 1), (2, -77, 4.0, 20, 1), (3, 8, 4.0, 20, 1))
    assert history.customer_ids.tolist() == [-77, 8]
    assert history.order_customers.tolist() == [NOBODY, 0, 1]


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        index_interactions(*(np.zeros(size, dtype=np.int64) for size in (1, 1, 1, 1, 2)))


def test_an_empty_history_has_no_orders_and_nothing_popular() -> None:
    history = index_interactions(*(np.zeros(0, dtype=np.int64) for _ in range(5)))
    counts = count_products(history, 100.0)
    recent, recent_orders = counts.recent_orders, counts.recent_order_count
    assert (history.order_count, recent_orders) == (0, 0)
    assert rank_popular(blend_popularity(recent, 0, recent, 0)).tolist() == []


def test_what_sold_in_the_last_month_leads_once_it_outweighs_twenty_usual_orders() -> None:
    ever = np.array([90, 10])
    quiet = blend_popularity(np.array([0, 2]), 2, ever, 100)
    busy = blend_popularity(np.array([0, 40]), 40, ever, 100)
    assert rank_popular(quiet).tolist() == [0, 1]
    assert rank_popular(busy).tolist() == [1, 0]


def test_equally_popular_products_are_ordered_by_id() -> None:
    assert rank_popular(np.array([0.5, 0.7, 0.5, 0.7])).tolist() == [1, 3, 0, 2]
