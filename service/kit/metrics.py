"""Figures about this process for Prometheus; several web processes share one folder when
PROMETHEUS_MULTIPROC_DIR is set before the first import (the command `web` does that)."""

import os

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

REQUESTS = Counter("danke_requests_total", "Answered requests.", ["view", "status"])
REQUEST_SECONDS = Histogram(
    "danke_request_seconds",
    "Time to answer, in seconds.",
    ["view"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
OLDEST_OPEN_SECONDS = Gauge(
    "danke_oldest_open_seconds", "Age of the oldest open row.", ["queue"], multiprocess_mode="mostrecent"
)


def exposition() -> bytes:
    """All figures in Prometheus' text format, summed over the processes of this machine."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
