"""Doors for whoever hosts Danke: is it alive, does it keep up, and its figures."""

import hmac

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from service.inbox.queries import oldest_open_seconds as oldest_delivery
from service.kit import metrics
from service.kit.errors import NotFound, Unauthorized
from service.kit.guards import guarded, open_to_all
from service.kit.runtime import current
from service.outbox.queries import oldest_open_seconds as oldest_effect

LATE_SECONDS = 120.0

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@open_to_all("a load balancer asks; the answer names no shop")
def health() -> ResponseReturnValue:
    """200 when the database answers, with the queues that are late.

    Lateness is for alarms: taking web processes away would make no queue faster.
    """
    with current().database.across_shops("age of the oldest open rows") as unit:
        ages = {"inbox": oldest_delivery(unit), "outbox": oldest_effect(unit)}
    late = [queue for queue, age in ages.items() if age is not None and age > LATE_SECONDS]
    for queue, age in ages.items():
        metrics.OLDEST_OPEN_SECONDS.labels(queue).set(age or 0.0)
    return jsonify({"late": late, "oldest_open_seconds": ages})


def check_metrics_token() -> None:
    """Guard: the configured METRICS_TOKEN as a bearer; without one the page does not exist."""
    expected = current().settings.metrics_token
    if not expected:
        raise NotFound("METRICS_TOKEN is not set.")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise Unauthorized("The metrics token is missing or wrong.")


@blueprint.get("/metrics")
@guarded("metrics token", check_metrics_token)
def show_metrics() -> ResponseReturnValue:
    """All figures in Prometheus' text format."""
    return Response(metrics.exposition(), mimetype="text/plain")
