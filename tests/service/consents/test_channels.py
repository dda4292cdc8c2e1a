"""A channel counts as set up only with all that its sender needs, whoever asks."""

from dataclasses import replace

import pytest

from service.consents.addresses import Channel
from service.consents.channels import is_set_up, usable_channels
from service.kit.runtime import Runtime
from service.settings import Settings

NEEDED = {
    Channel.EMAIL: ("smtp_url",),
    Channel.SMS: ("twilio_account_sid", "twilio_auth_token", "twilio_from"),
    Channel.WHATSAPP: ("whatsapp_token", "whatsapp_phone_id"),
}


@pytest.fixture
def full(runtime: Runtime) -> Settings:
    """All providers are set up, in production."""
    given = {name: "smtp://127.0.0.1" for names in NEEDED.values() for name in names}
    return replace(runtime.settings, environment="production", **given)


@pytest.mark.parametrize(
    ("channel", "name"), [(channel, name) for channel, names in NEEDED.items() for name in names]
)
def test_a_channel_lacks_nothing_that_its_provider_asks_for(
    full: Settings, channel: Channel, name: str
) -> None:
    lacking = replace(full, **{name: ""})

    assert is_set_up(full, channel)
    assert not is_set_up(lacking, channel)
    assert usable_channels(lacking) == tuple(each for each in Channel if each is not channel)


def test_outside_production_the_log_stands_for_every_channel(full: Settings) -> None:
    nothing = {name: "" for names in NEEDED.values() for name in names}

    assert usable_channels(replace(full, environment="demo", **nothing)) == tuple(Channel)
    assert usable_channels(replace(full, **nothing)) == ()
