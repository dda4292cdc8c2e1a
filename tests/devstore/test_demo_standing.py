"""What `make demo` makes of the answer of `danke status`."""

from typing import Any

import pytest

from devstore.demo.failures import DemoError
from devstore.demo.standing import read_parts

NEVER = {"is_wanted": False, "is_running": False, "finished_at": None, "done": 0, "total": 0, "seconds": 0.0}
READ = {
    "kind": "orders",
    "state": "done",
    "rows_done": 30,
    "rows_total": 30,
    "error": None,
    "started_at": "2026-11-22 10:00:00+00:00",
    "finished_at": "2026-11-22 10:00:12+00:00",
}


def answer(*imports: dict[str, Any], compute: dict[str, Any] = NEVER) -> dict[str, Any]:
    return {"import": list(imports), "compute": compute, "publish": NEVER}


def test_a_shop_without_any_import_is_not_done() -> None:
    assert not read_parts(answer())["import"].is_done


def test_an_import_is_done_when_all_of_it_is_and_took_from_the_first_start_to_the_last_end() -> None:
    products = READ | {"kind": "products", "started_at": "2026-11-22 09:59:58+00:00"}

    done = read_parts(answer(products, READ))["import"]
    assert (done.is_done, done.done, done.total, done.seconds) == (True, 60, 60, 14.0)
    reading = READ | {"state": "reading", "finished_at": None}
    assert not read_parts(answer(products, reading))["import"].is_done


def test_a_computation_that_is_wanted_again_is_not_done() -> None:
    finished = NEVER | {"finished_at": "2026-11-22 10:00:20+00:00", "seconds": 8.5}

    assert read_parts(answer(READ, compute=finished))["compute"].is_done
    assert not read_parts(answer(READ, compute=finished | {"is_wanted": True}))["compute"].is_done


def test_a_failed_import_ends_the_demo_with_its_reason() -> None:
    with pytest.raises(DemoError, match=r"The import of orders failed: no access"):
        read_parts(answer(READ | {"state": "failed", "error": "no access"}))
