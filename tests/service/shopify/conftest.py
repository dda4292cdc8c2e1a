"""The local server in Shopify's place, and a way to it."""

from collections.abc import Iterator

import pytest

from service.shopify.transport import Transport
from tests.fakes.local_server import LocalServer


@pytest.fixture
def server() -> Iterator[LocalServer]:
    local = LocalServer()
    yield local
    local.stop()


@pytest.fixture
def transport(server: LocalServer) -> Iterator[Transport]:
    with Transport(server.url, timeout=5.0) as opened:
        yield opened
