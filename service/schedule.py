"""What happens when. Every entry may run twice or late: it only rings bells or does work that rows fence."""

from datetime import timedelta

from service.access.lookup_budgets import prune_budgets
from service.access.private_links import prune_links
from service.inbox import operations as inbox
from service.inbox.queries import has_open_rows
from service.kit.runtime import Runtime
from service.kit.scheduling import Scheduled
from service.messages.notices.deciding import hand_over_due
from service.messages.retention import forget_old_messages
from service.outbox import operations as outbox
from service.outbox.queries import has_due_rows
from service.privacy.shop_erasure import ask_for_owed_erasures
from service.purchases.importing.history_import import ask_for_owed_imports
from service.purchases.jobs import forget_old_contacts, mark_reconciliation_due
from service.rebuilds import has_due_work
from service.recommendations.work_kinds import REBUILD
from service.shops.jobs import keep_tokens_alive
from service.tracking.asking import due_asks
from service.tracking.asking.asking import schedule_all
from service.tracking.checking import check_due_orders
from service.tracking.learning import ask_for_owed_lessons
from service.tracking.retention import forget_old_parcels
from service.tracking.work_kinds import LEARN
from service.work.operations import want_nightly


def ring_again(runtime: Runtime) -> None:
    """The sweeper: ring wherever open rows exist, because any ring may have been lost."""
    with runtime.database.across_shops("look for open rows of all shops") as unit:
        open_queues = {
            inbox.QUEUE: has_open_rows(unit),
            outbox.QUEUE: has_due_rows(unit),
            "rebuilds": has_due_work(unit),
            due_asks.QUEUE: due_asks.has_due_asks(unit),
        }
    for queue, is_open in open_queues.items():
        if is_open:
            runtime.doorbell.ring(queue)


def ask_for_nightly_work(runtime: Runtime) -> None:
    """Every day anew: rebuilds, and lessons from deliveries."""
    for kind in (REBUILD, LEARN):
        want_nightly(runtime.database, kind)


def ask_for_owed_work(runtime: Runtime) -> None:
    """What a process of an older version asked for in its own way, beside this one, is asked for again."""
    with runtime.database.across_shops("ask for owed work of all shops", writing=True) as unit:
        ask_for_owed_erasures(unit)
        ask_for_owed_imports(unit)
        ask_for_owed_lessons(unit)


def mark_lost_answers(runtime: Runtime) -> None:
    """Effects whose sender died after handing over become `unknown`."""
    with runtime.database.across_shops("settle effects of dead senders", writing=True) as unit:
        outbox.mark_lost_answers(unit)


def prune_access(runtime: Runtime) -> None:
    """Forget old tries to look orders up, and private links that ended long ago."""
    with runtime.database.across_shops("prune budgets and links", writing=True) as unit:
        prune_budgets(unit)
        prune_links(unit)


def prune_inbox(runtime: Runtime) -> None:
    """Forget webhooks that are done."""
    with runtime.database.across_shops("prune the inbox", writing=True) as unit:
        inbox.prune(unit)


SCHEDULE: tuple[Scheduled, ...] = (
    Scheduled("ring again", timedelta(seconds=2), ring_again),
    Scheduled("lost answers", timedelta(seconds=15), mark_lost_answers),
    Scheduled("due notices", timedelta(seconds=30), hand_over_due),
    Scheduled("reconciliation", timedelta(minutes=15), mark_reconciliation_due),
    Scheduled("nightly rebuilds", timedelta(minutes=10), ask_for_nightly_work),
    Scheduled("owed work", timedelta(minutes=1), ask_for_owed_work),
    Scheduled("token keep-alive", timedelta(minutes=10), keep_tokens_alive),
    Scheduled("parcels to ask for", timedelta(minutes=10), schedule_all),
    Scheduled("late orders", timedelta(seconds=30), check_due_orders),
    Scheduled("prune access", timedelta(hours=6), prune_access),
    Scheduled("prune inbox", timedelta(hours=1), prune_inbox),
    Scheduled("old contacts", timedelta(hours=24), forget_old_contacts),
    Scheduled("old messages", timedelta(hours=24), forget_old_messages),
    Scheduled("old parcels", timedelta(hours=24), forget_old_parcels),
)
