"""Work whose time and memory are measured, each piece in a process of its own: `run` starts one and gives what it took.

Memory is the highest resident set since the imports, from /proc; 'above' counts from what the bare interpreter with
its imports holds, so the arrays that are worked on count as well.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from warnings import catch_warnings, simplefilter

import numpy as np
from scipy import sparse

from service.recommendations.engine.interactions import Interactions
from service.recommendations.engine.neighbours import find_neighbours
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.shop_model import learn
from service.recommendations.engine.together import minimum_support, rank_together
from service.recommendations.files.complete_lists import CompleteLists
from service.recommendations.files.list_files import writing_lists
from service.recommendations.files.purchases_file import read_purchases
from tests.bench.shopify_like import make_history, write_csv

MIB = 1024.0
_COLUMNS = (
    *("product_ids", "customer_ids", "order_customers", "order_days"),
    *("starts", "line_products", "quantities"),
)
_NEIGHBOURS = 100
_LIST_LENGTH = 20

Took = dict[str, float]


def run(name: str, *arguments: Path | int) -> Took:
    """What a piece of work took in a fresh process; its error is the caller's."""
    command = [sys.executable, "-m", "tests.bench.measured_work", name, *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def make(real: Path, line_count: int, arrays: Path, csv_file: Path) -> Took:
    """A synthetic history as arrays and as a CSV file."""
    history = make_history(read_purchases(real).interactions, line_count)
    np.savez(arrays, **{name: getattr(history, name) for name in _COLUMNS})
    write_csv(history, csv_file)
    several = np.bincount(history.order_customers)
    return {
        "lines": len(history.line_products),
        "orders": history.order_count,
        "customers": history.customer_count,
        "products": history.product_count,
        "one_time_share": float((several == 1).mean()),
    }


def read(csv_file: Path) -> Took:
    """From a CSV file to arrays."""
    with _measuring() as took:
        read_purchases(csv_file)
    return took


def neighbours(arrays: Path, out: Path) -> Took:
    """From arrays to every product's ranked neighbours; writing them as JSON lines timed apart."""
    with _measuring() as took:
        history = _load(arrays)
        began = time.perf_counter()
        found = find_neighbours(history.baskets())
        orders = np.bincount(history.line_products, minlength=history.product_count)
        support = minimum_support(history.order_count)
        lists = []
        for product in range(history.product_count):
            others, both = found.of(product)
            best = rank_together(
                int(orders[product]), orders[others], both, support=support, limit=_NEIGHBOURS
            )
            lists.append(others[best])
        took["neighbours_seconds"] = time.perf_counter() - began
    began = time.perf_counter()
    skus = [f"SKU-{product}" for product in history.product_ids.tolist()]
    with writing_lists(out, skus) as writer:
        for sku, listed in zip(skus, lists, strict=True):
            writer.write(sku, listed)
    took["writing_seconds"] = time.perf_counter() - began
    return took


def neighbours_of_implicit(arrays: Path) -> Took:
    """The same by `implicit`, on the same matrix."""
    from implicit.nearest_neighbours import CosineRecommender

    with _measuring() as took:
        history = _load(arrays)
        began = time.perf_counter()
        recommender = CosineRecommender(K=_NEIGHBOURS)
        with catch_warnings():
            # the library warns of a conversion of its own
            simplefilter("ignore")
            recommender.fit(sparse.csr_matrix(history.baskets()), show_progress=False)
        took["neighbours_seconds"] = time.perf_counter() - began
    return took


def rebuild(csv_file: Path) -> Took:
    """Tune, learn, and rank everything that the service stores: three lists a customer, neighbours a product."""
    history = read_purchases(csv_file).interactions
    as_of = float(history.order_days.max()) + 1e-5
    with _measuring() as took:
        began = time.perf_counter()
        model = learn(history, as_of)
        took["learning_seconds"] = time.perf_counter() - began
        lists = CompleteLists(history, model, as_of)
        customers = history.customer_ids.tolist()
        took["lists"] = sum(
            1 for placement in Placement for _ in lists.rank(placement, customers, _LIST_LENGTH)
        )
        for product in range(history.product_count):
            model.beside_product(product, _LIST_LENGTH)
    return took


def learning(arrays: Path) -> Took:
    """Tune and learn from a synthetic history."""
    with _measuring() as took:
        history = _load(arrays)
        began = time.perf_counter()
        learn(history, float(history.order_days.max()) + 1e-5)
        took["learning_seconds"] = time.perf_counter() - began
    return took


@contextmanager
def _measuring() -> Iterator[Took]:
    """Gives a dictionary that holds, at the end: seconds, peak_mib of the process, above_mib of that."""
    before = _status("VmRSS")
    # from here on the kernel counts the peak anew
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    took: Took = {}
    began = time.perf_counter()
    yield took
    took["seconds"] = time.perf_counter() - began
    took["peak_mib"] = _status("VmHWM")
    took["above_mib"] = took["peak_mib"] - before


def _status(name: str) -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / MIB
    raise LookupError(name)


def _load(arrays: Path) -> Interactions:
    with np.load(arrays) as stored:
        return Interactions(**{name: stored[name] for name in _COLUMNS})


WORK: dict[str, Callable[..., Took]] = {
    work.__name__: work for work in (read, neighbours, neighbours_of_implicit, rebuild, learning)
}


def main() -> None:
    """One piece of work, named on the command line; prints what it took as JSON."""
    name, *arguments = sys.argv[1:]
    if name == "make":
        real, line_count, arrays, csv_file = arguments
        took = make(Path(real), int(line_count), Path(arrays), Path(csv_file))
    else:
        took = WORK[name](*map(Path, arguments))
    print(json.dumps(took))


if __name__ == "__main__":
    main()
