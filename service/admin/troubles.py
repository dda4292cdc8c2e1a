"""What went wrong with a message, in a sentence."""

from service.admin.catalogue import Words
from service.admin.failures import describe_failure
from service.outbox.models import EffectState
from service.outbox.queries import Trouble

_TEXTS = {
    EffectState.FAILED: "messages.trouble_failed",
    EffectState.UNKNOWN: "messages.trouble_unknown",
}


def describe_trouble(trouble: Trouble, words: Words) -> str:
    """When what went wrong with one message."""
    key = _TEXTS.get(EffectState(trouble.state), "messages.trouble_waiting")
    return words.text(key, when=trouble.decided_at, reason=describe_failure(trouble.error, words))
