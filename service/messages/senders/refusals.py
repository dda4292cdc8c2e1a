"""What the status of a provider's answer says about a message that it did not confirm."""

from service.kit.outgoing import NoAnswer
from service.outbox.delivery import Never, NotNow

_RETRY_LATER = {401, 403, 429, 503}


def refusal(status: int, words: str) -> NotNow | Never | NoAnswer:
    """What a sender raises: NotNow where the provider surely accepted nothing and may later (a key can be mended),
    Never where it refuses for good, NoAnswer where nobody knows."""
    if status in _RETRY_LATER:
        return NotNow(words)
    if 400 <= status < 500:
        return Never(words)
    return NoAnswer(words)
