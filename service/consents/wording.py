"""What people agree to when they sign up, word for word; the version they saw is kept with their consent."""

from service.consents.addresses import Channel

CURRENT = "notices-1"

_TEXTS = {
    "notices-1": {
        "de": {
            Channel.EMAIL: "{shop} darf mir Nachrichten zum Stand dieser Bestellung per E-Mail schicken. Keine "
            "Werbung. Ich kann das jederzeit mit einem Klick beenden.",
            Channel.SMS: "{shop} darf mir Nachrichten zum Stand dieser Bestellung per SMS schicken. Keine Werbung. "
            "Ich kann das jederzeit mit einem Klick beenden.",
            Channel.WHATSAPP: "{shop} darf mir Nachrichten zum Stand dieser Bestellung per WhatsApp schicken. Meine "
            "Nummer geht dafür an WhatsApp. Keine Werbung. Ich kann das jederzeit mit einem Klick beenden.",
        },
        "en": {
            Channel.EMAIL: "{shop} may send me messages about this order by e-mail. No advertising. I can end this at "
            "any time with one click.",
            Channel.SMS: "{shop} may send me messages about this order by text message. No advertising. I can end this "
            "at any time with one click.",
            Channel.WHATSAPP: "{shop} may send me messages about this order by WhatsApp. My number is passed to "
            "WhatsApp for that. No advertising. I can end this at any time with one click.",
        },
    }
}


def consent_text(channel: Channel, language: str, shop_name: str, version: str = CURRENT) -> str:
    """The sentence of a version (`de` or `en`), for the form and as proof of what was agreed to."""
    return _TEXTS[version][language][channel].format(shop=shop_name)
