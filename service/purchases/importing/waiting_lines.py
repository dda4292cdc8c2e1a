"""Lines of a bulk result that come before their order: Shopify promises no order between the two."""

from collections.abc import Iterable, Sequence

from service.kit.database import Unit
from service.kit.logs import log
from service.purchases.importing.bulk_reading import ROWS_PER_CHUNK
from service.purchases.models import WaitingLine
from service.purchases.operations import record_lines
from service.purchases.records import LineRecord
from service.purchases.writing import upsert_tuples

_waiting = WaitingLine.__table__
_record_columns = [_waiting.c[name] for name in LineRecord._fields]


def record_or_keep_lines(unit: Unit, lines: Sequence[LineRecord], *, import_sequence: int) -> None:
    """Store the lines; those whose order has not come yet wait for `release_waiting_lines`."""
    early = record_lines(unit, lines, import_sequence=import_sequence)
    upsert_tuples(unit, WaitingLine, [(unit.shop_id, *line) for line in early])


def release_waiting_lines(unit: Unit, *, import_sequence: int) -> bool:
    """Store up to 5,000 waiting lines at the result's end; False when none is left.

    By then every order of the result is here: a line that still finds none belongs to an order that Shopify
    withheld, and is dropped.
    """
    rows = unit.session.execute(
        unit.select(*_record_columns).order_by(_waiting.c.id).limit(ROWS_PER_CHUNK)
    ).all()
    lines = [LineRecord(*row) for row in rows]
    lost = record_lines(unit, lines, import_sequence=import_sequence)
    if lost:
        log.warning("import.lines_without_order", shop=unit.shop_id, lines=len(lost))
    _delete(unit, (line.id for line in lines))
    return bool(rows)


def drop_waiting_lines(unit: Unit) -> None:
    """Forget the lines of a result that won't be read to its end: they would overwrite those of the next one."""
    unit.change(unit.delete(_waiting))


def _delete(unit: Unit, line_ids: Iterable[int]) -> None:
    unit.change(unit.delete(_waiting).where(_waiting.c.id.in_(list(line_ids))))
