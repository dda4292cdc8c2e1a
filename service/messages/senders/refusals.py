"""What the status of a provider's answer says about a message that it did not confirm."""

from service.kit.outgoing import NoAnswer
from service.outbox.delivery import Never, NotNow

_KEY_REFUSED = {401, 403}
_BUSY = {429, 503}


def refusal(status: int, words: str, provider: str) -> NotNow | Never | NoAnswer:
    """What a sender raises: NotNow where the provider surely accepted nothing and may later (a key can be mended),
    Never where it refuses for good, NoAnswer where nobody knows."""
    if status in _KEY_REFUSED:
        return NotNow(words, code="provider_key_refused", provider=provider)
    if status in _BUSY:
        return NotNow(words, code="provider_busy", provider=provider)
    if 400 <= status < 500:
        return Never(words, code="provider_refused", answer=words)
    return NoAnswer(words)
