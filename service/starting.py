"""Put the collaborators of one process together: what web, workers, clock and commands have in common."""

from service import effects, reactions, webhook_topics
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database
from service.kit.doorbell import Doorbell
from service.kit.runtime import Runtime, use_runtime
from service.queues import QUEUE_JOBS
from service.settings import Settings


def create_runtime(settings: Settings) -> Runtime:
    """The runtime of this process, made current; also sets the business clock."""
    doorbell = Doorbell(settings.redis_url, QUEUE_JOBS)
    database = Database(settings.database_url, reactions=reactions.REACTIONS, ring=doorbell.ring)
    cipher = Cipher(settings.encryption_keys)
    runtime = Runtime(
        settings=settings,
        database=database,
        doorbell=doorbell,
        cipher=cipher,
        webhook_handlers=webhook_topics.webhook_handlers(cipher),
        effect_senders=dict(effects.SENDERS),
    )
    clock.use_clock(clock.Clock(None if settings.is_production else settings.data_dir / "clock-offset"))
    use_runtime(runtime)
    return runtime
