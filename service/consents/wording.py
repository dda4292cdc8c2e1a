"""What people agree to when they sign up, word for word; the version they saw is kept with their consent."""

from service.consents.addresses import Channel
from service.kit.texts import catalogue

CURRENT = "notices-1"
_TEXTS = catalogue("service.consents")


def consent_text(channel: Channel, language: str, shop_name: str, version: str = CURRENT) -> str:
    """The sentence of a version (`de` or `en`), for the form and as proof of what was agreed to."""
    return _TEXTS.text(language, f"consent.{version}.{channel.value}", shop=shop_name)
