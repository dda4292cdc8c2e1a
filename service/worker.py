"""One RQ worker of one queue. RQ only wakes it; what to do stands in the database."""

import importlib

from redis import Redis
from rq import SimpleWorker, Worker
from rq.serializers import JSONSerializer

from service.queues import QUEUE_JOBS
from service.settings import Settings
from service.starting import create_runtime

# an idle worker looks after jobs that a killed one left behind at least this often
_WORKER_TTL_SECONDS = 30
_MAINTENANCE_SECONDS = 30
_JOBS_BEFORE_RESTART = 5_000


def run_worker(settings: Settings, queue: str) -> None:
    """Work on `queue` until told to stop. Rebuilds run in a fork whose memory goes back to the machine when the job
    ends, the others in this process."""
    if queue not in QUEUE_JOBS:
        raise SystemExit(f"unknown queue {queue}: one of {', '.join(QUEUE_JOBS)}")
    runtime = create_runtime(settings)
    # loaded once here instead of in every fork
    importlib.import_module(QUEUE_JOBS[queue].rpartition(".")[0])
    redis = Redis.from_url(settings.redis_url)
    kind = Worker if queue == "rebuilds" else SimpleWorker
    worker = kind(
        [queue],
        connection=redis,
        serializer=JSONSerializer,
        worker_ttl=_WORKER_TTL_SECONDS,
        maintenance_interval=_MAINTENANCE_SECONDS,
        job_monitoring_interval=10,
        log_job_description=False,
    )
    # a fork must not inherit connections of its parent
    runtime.database.dispose()
    worker.work(logging_level="WARNING", max_jobs=_JOBS_BEFORE_RESTART)
