"""Rows of an order -> its story."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.tracking.models import Checkpoint, Fulfillment, FulfillmentLine, OrderStory, Parcel
from service.tracking.parcel_state import in_order
from service.tracking.promise_models import DeliveryPromise
from service.tracking.sources.numbers import canonical_carrier
from service.tracking.stages import Stage
from service.tracking.story import Item, ParcelStory, Promised, Scan, Story

ORDER_ITSELF = 0
"""Stands for a parcel's id where a promise, an alarm or a notice is about the whole order."""


@dataclass(slots=True)
class OrderRows:
    """All rows that tell of one order. `order` and `lines` are plain rows of purchases; parcels by their id."""

    order: Any
    lines: Sequence[Any]
    fulfillments: list[Fulfillment]
    pieces: list[FulfillmentLine]
    checkpoints: list[Checkpoint]
    parcels: dict[int, Parcel]
    promises: dict[int, DeliveryPromise]
    stored: OrderStory | None
    _scans: dict[int, list[Scan]] = field(default_factory=dict)

    @property
    def lines_to_ship(self) -> list[Any]:
        """Lines of which something is left that travels: no gift cards, nothing to download."""
        return [line for line in self.rest if line.requires_shipping]

    @property
    def rest(self) -> list[Any]:
        """Lines of which something is left."""
        return [line for line in self.lines if line.current_quantity > 0]

    def scans_of(self, fulfillment_id: int) -> list[Scan]:
        """What was reported of one parcel, in no particular order."""
        if not self._scans:
            for row in self.checkpoints:
                self._scans.setdefault(row.fulfillment_id, []).append(read_scan(row))
        return self._scans.get(fulfillment_id, [])


def compose(rows: OrderRows) -> Story:
    """The story that these rows tell."""
    items = {line.id: line for line in rows.lines_to_ship}
    packed = _pieces_by_parcel(rows, items)
    knows_contents = all(each.id in packed for each in rows.fulfillments if each.status != "cancelled")
    stored = rows.stored
    return Story(
        order_id=rows.order.id,
        name=rows.order.name,
        ordered_at=rows.order.created_at,
        cancelled_at=rows.order.cancelled_at,
        customer_id=rows.order.customer_id,
        locale=rows.order.customer_locale,
        destination_country=next(
            (each.destination_country for each in rows.fulfillments if each.destination_country), None
        ),
        waiting=tuple(_items(items, _left_over(items, packed.values()))) if knows_contents else (),
        parcels=tuple(
            _parcel_story(rows, fulfillment, tuple(_items(items, packed.get(fulfillment.id, {}))))
            for fulfillment in rows.fulfillments
        ),
        promised=read_promise(rows.promises.get(ORDER_ITSELF)),
        lateness=stored.lateness if stored else None,
        late_since=stored.late_since if stored else None,
        mood=stored.mood if stored else None,
        thanked=bool(stored and stored.thanked),
        knows_contents=knows_contents,
        is_empty=not rows.rest,
        product_ids=tuple(dict.fromkeys(line.product_id for line in items.values() if line.product_id)),
    )


def read_scan(row: Checkpoint) -> Scan:
    """A checkpoint as a line of a story."""
    return Scan(Stage(row.stage), row.happened_at, row.source, row.seen_at, row.status, row.message)


def read_promise(row: DeliveryPromise | None) -> Promised | None:
    """A promise as a part of a story; one that was given in silence was never made to anybody."""
    if row is None or row.was_silent:
        return None
    return Promised(row.given_at, row.lower_at, row.median_at, row.upper_at)


def _parcel_story(rows: OrderRows, fulfillment: Fulfillment, items: tuple[Item, ...]) -> ParcelStory:
    parcel = rows.parcels[fulfillment.id]
    carrier = canonical_carrier(fulfillment.tracking_company, fulfillment.tracking_number)
    url = fulfillment.tracking_url if (fulfillment.tracking_url or "").startswith("https://") else None
    if url is None and carrier is not None and fulfillment.tracking_number:
        url = carrier.url_of(fulfillment.tracking_number)
    return ParcelStory(
        id=fulfillment.id,
        stage=Stage(parcel.stage),
        stage_at=parcel.stage_at,
        stage_source=parcel.stage_source,
        shipped_at=parcel.shipped_at,
        carrier=parcel.carrier,
        carrier_name=carrier.name if carrier else fulfillment.tracking_company,
        tracking_number=fulfillment.tracking_number,
        tracking_url=url,
        more_tracking_numbers=tuple(fulfillment.more_tracking_numbers or ()),
        last_scan_at=parcel.last_scan_at,
        asked_at=parcel.asked_at,
        delivered_at=parcel.delivered_at,
        estimated_delivery_at=parcel.estimated_delivery_at,
        lateness=parcel.lateness,
        late_since=parcel.late_since,
        promised=read_promise(rows.promises.get(fulfillment.id)),
        items=items,
        scans=in_order(rows.scans_of(fulfillment.id)),
    )


def _pieces_by_parcel(rows: OrderRows, items: Mapping[int, Any]) -> dict[int, dict[int, int]]:
    """Parcel -> line -> pieces. Where nobody told what is in the only parcel, it is everything."""
    cancelled = {each.id for each in rows.fulfillments if each.status == "cancelled"}
    packed: dict[int, dict[int, int]] = {}
    for piece in rows.pieces:
        if piece.fulfillment_id not in cancelled and piece.order_line_id in items:
            packed.setdefault(piece.fulfillment_id, {})[piece.order_line_id] = piece.quantity
    if not packed and len(rows.fulfillments) - len(cancelled) == 1:
        only = next(each.id for each in rows.fulfillments if each.id not in cancelled)
        packed[only] = {line.id: line.current_quantity for line in items.values()}
    return packed


def _left_over(items: Mapping[int, Any], packed: Iterable[Mapping[int, int]]) -> dict[int, int]:
    left = {line.id: line.current_quantity for line in items.values()}
    for pieces in packed:
        for line_id, quantity in pieces.items():
            left[line_id] = left.get(line_id, 0) - quantity
    return {line_id: quantity for line_id, quantity in left.items() if quantity > 0}


def _items(lines: Mapping[int, Any], pieces: Mapping[int, int]) -> list[Item]:
    return [
        Item(lines[line_id].title, quantity, lines[line_id].product_id, lines[line_id].handle)
        for line_id, quantity in pieces.items()
    ]
