"""A ring says that there is work; losing one costs time only."""

import time

import pytest
from redis import Redis

from service.kit.doorbell import RING_SECONDS, Doorbell
from service.queues import QUEUE_JOBS
from tests.servers import free_port


def test_many_rings_leave_few_jobs_that_carry_no_data(redis_url: str) -> None:
    doorbell = Doorbell(redis_url, QUEUE_JOBS)

    assert all(doorbell.ring("handlers") for _ in range(50))

    redis = Redis.from_url(redis_url)
    assert 1 <= redis.llen("rq:queue:handlers") <= 2
    for key in redis.scan_iter("rq:job:*"):
        if redis.type(key) == b"hash":
            data = redis.hget(key, "data") or b""
            assert b"\x80\x04" not in data, "pickled"


def waiting(redis_url: str, queue: str) -> int:
    return int(Redis.from_url(redis_url).llen(f"rq:queue:{queue}"))  # type: ignore[arg-type]


def test_who_does_many_pieces_rings_at_once_then_seldom_and_once_more_at_the_end(redis_url: str) -> None:
    doorbell = Doorbell(redis_url, QUEUE_JOBS)

    with doorbell.sparing():
        assert all(doorbell.ring("rebuilds") for _ in range(5))
        assert doorbell.ring("senders")
        assert (waiting(redis_url, "rebuilds"), waiting(redis_url, "senders")) == (1, 1)

    assert (waiting(redis_url, "rebuilds"), waiting(redis_url, "senders")) == (2, 1)


def test_what_was_held_back_is_rung_although_the_work_failed(redis_url: str) -> None:
    doorbell = Doorbell(redis_url, QUEUE_JOBS)

    with pytest.raises(RuntimeError), doorbell.sparing():
        doorbell.ring("rebuilds")
        doorbell.ring("rebuilds")
        raise RuntimeError

    assert waiting(redis_url, "rebuilds") == 2


def test_a_redis_that_is_gone_costs_next_to_nothing(redis_url: str) -> None:
    doorbell = Doorbell(f"redis://127.0.0.1:{free_port()}/0", QUEUE_JOBS)
    started = time.perf_counter()

    rung = [doorbell.ring("handlers") for _ in range(100)]

    assert not any(rung)
    assert time.perf_counter() - started < 100 * RING_SECONDS, "nobody waited for it"
