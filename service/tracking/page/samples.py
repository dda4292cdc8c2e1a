"""Orders in every state that a page can show, for previews, pictures and tests. Pure."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from service.tracking.lateness import Lateness
from service.tracking.stages import Stage
from service.tracking.story import Item, ParcelStory, Promised, Scan, Story

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_LAMP = Item("Tischlampe Linde, Messing", 1, 8_001, "tischlampe-linde")
_BEANS = Item("Kaffeebohnen Morgenrot, 500 g", 2, 8_002, "kaffeebohnen-morgenrot")
_BLANKET = Item("Wolldecke Almwiese, Salbei", 1, 8_003, "wolldecke-almwiese")
_BOARD = Item("Schneidebrett Esche", 1, 8_004, "schneidebrett-esche")
_ALL = (_LAMP, _BEANS, _BLANKET, _BOARD)
_SOURCE = "dhl"

_WORDS = {
    Stage.ANNOUNCED: "Die Sendung wurde elektronisch angekündigt.",
    Stage.HANDED_OVER: "Die Sendung wurde vom Absender eingeliefert.",
    Stage.ON_THE_WAY: "Die Sendung wurde im Paketzentrum bearbeitet.",
    Stage.CUSTOMS: "Die Sendung wird verzollt.",
    Stage.DELAYED: "Die Zustellung verzögert sich.",
    Stage.OUT_FOR_DELIVERY: "Die Sendung wurde in das Zustellfahrzeug geladen.",
    Stage.ATTEMPT_FAILED: "Der Empfänger wurde nicht angetroffen.",
    Stage.YOUR_TURN: "Die Adresse ist unvollständig.",
    Stage.AT_PICKUP_POINT: "Die Sendung liegt in der Filiale zur Abholung bereit.",
    Stage.DELIVERED: "Die Sendung wurde zugestellt.",
    Stage.GOING_BACK: "Die Sendung wird an den Absender zurückgesandt.",
    Stage.LOST: "Die Sendung konnte nicht aufgefunden werden.",
    Stage.DAMAGED: "Die Sendung wurde beschädigt.",
    Stage.FAILED: "Die Sendung konnte nicht zugestellt werden.",
    Stage.REFUSED: "Der Empfänger hat die Annahme verweigert.",
}


def _order(now: datetime, *parcels: ParcelStory, days: float = 3, **changes: object) -> Story:
    story = Story(
        order_id=900_001,
        name="#1042",
        ordered_at=now - days * _DAY,
        locale="de-DE",
        destination_country="DE",
        parcels=parcels,
        product_ids=tuple(item.product_id for item in _ALL if item.product_id),
    )
    return replace(story, **changes)  # type: ignore[arg-type]


def _parcel(now: datetime, *way: tuple[Stage, timedelta], **changes: object) -> ParcelStory:
    """A parcel that came through these stages so long ago, the last one now."""
    scans = tuple(
        Scan(
            stage,
            now - ago,
            _SOURCE,
            min(now - ago + _HOUR / 4, now),
            stage.value.upper(),
            _WORDS.get(stage),
        )
        for stage, ago in way
    )
    stage, ago = way[-1] if way else (Stage.NOTHING_KNOWN, 20 * _HOUR)
    parcel = ParcelStory(
        id=910_001,
        stage=stage,
        stage_at=now - ago,
        stage_source=_SOURCE,
        shipped_at=scans[0].happened_at if scans else now - 20 * _HOUR,
        carrier="dhl",
        carrier_name="DHL",
        tracking_number="00340434161094042557",
        tracking_url="https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode=00340434161094042557",
        last_scan_at=scans[-1].happened_at if scans else None,
        asked_at=now - _HOUR / 3 if scans else None,
        delivered_at=now - ago if stage is Stage.DELIVERED else None,
        items=_ALL,
        scans=scans,
    )
    return replace(parcel, **changes)  # type: ignore[arg-type]


def _window(now: datetime, first: float, last: float) -> Promised:
    return Promised(now - 2 * _DAY, now + first * _DAY, now + (first + last) / 2 * _DAY, now + last * _DAY)


def _way(*stages: Stage, until: timedelta = 3 * _HOUR) -> list[tuple[Stage, timedelta]]:
    """The stages half a day apart, the last one `until` ago."""
    last = len(stages) - 1
    return [(stage, until + (last - place) * 13 * _HOUR) for place, stage in enumerate(stages)]


_SENT = (Stage.ANNOUNCED, Stage.HANDED_OVER, Stage.ON_THE_WAY)


def _late(now: datetime) -> ParcelStory:
    return _parcel(
        now,
        *_way(*_SENT, until=30 * _HOUR),
        promised=_window(now, -4, -1.2),
        lateness=Lateness.PAST_WINDOW.value,
        late_since=now - _DAY,
    )


def _split(now: datetime) -> Story:
    here = _parcel(now, *_way(*_SENT, Stage.OUT_FOR_DELIVERY, Stage.DELIVERED), items=(_LAMP, _BEANS))
    coming = _parcel(
        now,
        *_way(*_SENT),
        id=910_002,
        tracking_number="00340434161094042564",
        items=(_BLANKET,),
        promised=_window(now, 1, 3),
    )
    return _order(now, here, coming, waiting=(_BOARD,), promised=_window(now, 4, 7))


SAMPLES: dict[str, Callable[[datetime], Story]] = {
    "received": lambda now: _order(now, days=0.2, waiting=_ALL, promised=_window(now, 3, 5)),
    "not_shipped": lambda now: _order(
        now, days=6, waiting=_ALL, lateness=Lateness.NOT_SHIPPED.value, late_since=now - _DAY
    ),
    "unknown": lambda now: _order(now, _parcel(now)),
    "announced": lambda now: _order(now, _parcel(now, *_way(Stage.ANNOUNCED), promised=_window(now, 2, 4))),
    "on_the_way": lambda now: _order(now, _parcel(now, *_way(*_SENT), promised=_window(now, 1, 3))),
    "customs": lambda now: _order(
        now, _parcel(now, *_way(*_SENT, Stage.CUSTOMS), promised=_window(now, 2, 6)), destination_country="CH"
    ),
    "out_for_delivery": lambda now: _order(
        now, _parcel(now, *_way(*_SENT, Stage.OUT_FOR_DELIVERY), promised=_window(now, 0, 1))
    ),
    "delayed": lambda now: _order(
        now, _parcel(now, *_way(*_SENT, Stage.DELAYED), estimated_delivery_at=now + 3 * _DAY)
    ),
    "late": lambda now: _order(now, _late(now), days=7),
    "stalled": lambda now: _order(
        now,
        _parcel(
            now,
            *_way(*_SENT, until=6 * _DAY),
            lateness=Lateness.SILENT.value,
            late_since=now - _DAY,
            promised=_window(now, -3, -1),
        ),
        days=9,
    ),
    "attempt_failed": lambda now: _order(
        now, _parcel(now, *_way(*_SENT, Stage.OUT_FOR_DELIVERY, Stage.ATTEMPT_FAILED))
    ),
    "pickup": lambda now: _order(
        now,
        _parcel(now, *_way(*_SENT, Stage.OUT_FOR_DELIVERY, Stage.ATTEMPT_FAILED, Stage.AT_PICKUP_POINT)),
        days=5,
    ),
    "your_turn": lambda now: _order(now, _parcel(now, *_way(*_SENT, Stage.YOUR_TURN)), days=5),
    "going_back": lambda now: _order(
        now, _parcel(now, *_way(*_SENT, Stage.YOUR_TURN, Stage.GOING_BACK)), days=12
    ),
    "refused": lambda now: _order(
        now, _parcel(now, *_way(*_SENT, Stage.OUT_FOR_DELIVERY, Stage.REFUSED)), days=5
    ),
    "failed": lambda now: _order(
        now, _parcel(now, *_way(*_SENT, Stage.OUT_FOR_DELIVERY, Stage.FAILED)), days=5
    ),
    "damaged": lambda now: _order(now, _parcel(now, *_way(*_SENT, Stage.DAMAGED)), days=5),
    "lost": lambda now: _order(
        now, _parcel(now, *_way(*_SENT, Stage.LOST), promised=_window(now, -9, -6)), days=14
    ),
    "split": _split,
    "delivered": lambda now: _order(
        now, _parcel(now, *_way(*_SENT, Stage.OUT_FOR_DELIVERY, Stage.DELIVERED), promised=_window(now, 0, 1))
    ),
    "delivered_after_missed_date": lambda now: _order(
        now,
        _parcel(
            now,
            *_way(*_SENT, Stage.OUT_FOR_DELIVERY, Stage.DELIVERED, until=26 * _HOUR),
            promised=_window(now, -5, -3),
        ),
        days=9,
    ),
    "delivered_and_answered": lambda now: _order(
        now,
        _parcel(now, *_way(*_SENT, Stage.OUT_FOR_DELIVERY, Stage.DELIVERED)),
        mood="good",
        thanked=True,
    ),
    "cancelled": lambda now: _order(now, cancelled_at=now - _DAY),
    "not_watched": lambda now: _order(
        now,
        _parcel(now, *_way(*_SENT, until=31 * _DAY), stage=Stage.NOT_WATCHED, stage_at=now - _DAY),
        days=40,
    ),
}
"""By name: the story of a sample order as it stands at a given moment (aware)."""
