"""A stand-in for carriers, and a question to ask them."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from service.tracking.sources.carriers import CARRIERS
from service.tracking.sources.source import Question
from tests.fakes.local_server import LocalServer


@pytest.fixture
def server() -> Iterator[LocalServer]:
    local = LocalServer()
    yield local
    local.stop()


@pytest.fixture
def question() -> Question:
    return Question("00340434161094042557", CARRIERS["dhl"], ZoneInfo("Europe/Berlin"), "de")
