"""Who sends and who receives: a mail server and a provider on this machine."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from service.kit.runtime import Runtime, use_runtime
from tests.fakes.local_server import LocalServer
from tests.fakes.mail_catcher import MailCatcher
from tests.servers import free_port


@pytest.fixture
def catcher() -> Iterator[MailCatcher]:
    catcher = MailCatcher(free_port())
    catcher.start()
    yield catcher
    catcher.stop()


@pytest.fixture
def provider() -> Iterator[LocalServer]:
    """Stands where Twilio and WhatsApp are."""
    server = LocalServer()
    yield server
    server.stop()


@pytest.fixture
def sending_runtime(runtime: Runtime, catcher: MailCatcher) -> Runtime:
    """Sends mails to the catcher."""
    settings = replace(runtime.settings, smtp_url=f"smtp://127.0.0.1:{catcher.port}")
    changed = replace(runtime, settings=settings)
    use_runtime(changed)
    return changed


@pytest.fixture
def phoning_runtime(sending_runtime: Runtime, provider: LocalServer) -> Runtime:
    """Sends text messages and WhatsApp messages to the provider, too."""
    settings = replace(
        sending_runtime.settings,
        twilio_account_sid="AC0123",
        twilio_auth_token="twilio-token",
        twilio_from="+4930123456",
        twilio_base_url=provider.url,
        whatsapp_token="whatsapp-token",
        whatsapp_phone_id="1055",
        whatsapp_app_secret="whatsapp-secret",
        whatsapp_verify_token="whatsapp-verify",
        whatsapp_base_url=provider.url,
    )
    changed = replace(sending_runtime, settings=settings)
    use_runtime(changed)
    return changed
