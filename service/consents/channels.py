"""Which channels this installation can send on: one rule for forms that offer them and senders that use them."""

from service.consents.addresses import Channel
from service.settings import Settings


def is_set_up(settings: Settings, channel: Channel) -> bool:
    """Whether the host has set all that the channel's provider asks for."""
    asked_for = {
        Channel.EMAIL: (settings.smtp_url,),
        Channel.SMS: (settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_from),
        Channel.WHATSAPP: (settings.whatsapp_token, settings.whatsapp_phone_id),
    }
    return all(asked_for[channel])


def usable_channels(settings: Settings) -> tuple[Channel, ...]:
    """The channels on which a message leaves; outside production what is not set up is written to the log instead."""
    return tuple(channel for channel in Channel if is_set_up(settings, channel) or not settings.is_production)
