"""The doorbell: a Redis job that says "there is work" and nothing else.

What is to be done stands in the database, so a ring may be lost or doubled. Ringing takes at most 50 ms and
never changes an answer. A queue in which two jobs wait gets no third: the second one sees all that came before it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from service.kit.logs import log

RING_SECONDS = 0.05
SPARED_SECONDS = 1.0
_WAITING_RINGS = 2
JOB_SECONDS = 600
_FAILED_JOBS_ARE_KEPT_SECONDS = 86_400


class Doorbell:
    """Rings the queues of the workers; `jobs` names the job function of each queue."""

    def __init__(self, redis_url: str, jobs: dict[str, str]) -> None:
        self._redis = Redis.from_url(
            redis_url,
            socket_timeout=RING_SECONDS,
            socket_connect_timeout=RING_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._jobs = jobs
        self._queues = {name: Queue(name, connection=self._redis, serializer=JSONSerializer) for name in jobs}
        self._silent_until = 0.0
        self._is_sparing = False
        self._rung_at: dict[str, float] = {}
        self._held_back: dict[str, None] = {}

    def ring(self, queue: str) -> bool:
        """Put a job into `queue` unless enough already wait there; False when Redis can't be reached."""
        if self._is_sparing and time.monotonic() < self._rung_at.get(queue, -inf) + SPARED_SECONDS:
            self._held_back[queue] = None
            return True
        self._rung_at[queue] = time.monotonic()
        self._held_back.pop(queue, None)
        return self._ring(queue)

    @contextmanager
    def sparing(self) -> Iterator[None]:
        """For who does many small pieces and rings after each: until the end a queue is rung once in SPARED_SECONDS at
        most, and what was held back is rung then. A process that dies before rings less: the clock rings again."""
        self._is_sparing = True
        try:
            yield
        finally:
            self._is_sparing = False
            for queue in list(self._held_back):
                self.ring(queue)

    def _ring(self, queue: str) -> bool:
        if time.monotonic() < self._silent_until:
            return False
        try:
            waiting = self._redis.llen(self._queues[queue].key)
            if isinstance(waiting, int) and waiting < _WAITING_RINGS:
                self._queues[queue].enqueue(
                    self._jobs[queue],
                    job_timeout=JOB_SECONDS,
                    result_ttl=0,
                    failure_ttl=_FAILED_JOBS_ARE_KEPT_SECONDS,
                )
        except (RedisError, OSError) as error:
            # one second of silence keeps a missing Redis from costing every request its 50 ms
            self._silent_until = time.monotonic() + 1.0
            log.warning("doorbell.silent", queue=queue, error=type(error).__name__)
            return False
        return True
