"""When a carrier is asked for a parcel again. Pure.

Others ask every 2 to 12 hours, closer before delivery (Karrio and Shippo 2 h, 17TRACK 3 to 12 h), and stop after 30
days without news.
"""

from datetime import datetime, timedelta

from service.tracking.stages import ENDED, Stage

NO_NEWS_ENDS_AFTER = timedelta(days=30)
OFTEN = timedelta(hours=2)
LONGEST = timedelta(hours=24)
_USUAL = timedelta(hours=6)
_EVERY = {
    Stage.NOTHING_KNOWN: timedelta(hours=12),
    Stage.ANNOUNCED: timedelta(hours=12),
    Stage.OUT_FOR_DELIVERY: OFTEN,
    Stage.AT_PICKUP_POINT: LONGEST,
    Stage.YOUR_TURN: LONGEST,
    Stage.GOING_BACK: LONGEST,
}
_BEFORE_DELIVERY = timedelta(hours=24)
_AFTER_DELIVERY = timedelta(hours=24)


def next_ask(
    stage: Stage, now: datetime, promised_upper: datetime | None, last_change: datetime, failures: int
) -> datetime | None:
    """When to ask again; None once the parcel is at its end, or nothing was heard of it for 30 days.

    `promised_upper` is the latest moment of delivery that anybody named: around it a parcel that moves is asked for
    every two hours. Each of the `failures` in a row doubles the pause, up to a day. All times aware.
    """
    if stage in ENDED or now - last_change >= NO_NEWS_ENDS_AFTER:
        return None
    pause = _EVERY.get(stage, _USUAL)
    if promised_upper is not None and pause == _USUAL:
        pause = _pause_before(promised_upper, now)
    backed_off: timedelta = min(pause * (1 << min(failures, 8)), LONGEST)
    return now + max(pause, backed_off)


def _pause_before(promised_upper: datetime, now: datetime) -> timedelta:
    until_close = promised_upper - _BEFORE_DELIVERY - now
    if now > promised_upper + _AFTER_DELIVERY:
        return _USUAL
    return min(_USUAL, max(OFTEN, until_close))
