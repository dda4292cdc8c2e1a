"""Queue -> the job that its doorbell rings. One queue per process type (see Procfile)."""

QUEUE_JOBS = {
    "handlers": "service.inbox.jobs.drain",
    "senders": "service.outbox.jobs.drain",
    "rebuilds": "service.rebuilds.drain",
    "carriers": "service.tracking.asking.asking_job.drain",
}
