"""Settings come from the environment, and nowhere else."""

import pytest

from service.settings import Settings
from service.tracking.sources.dhl import DHL

NEEDED = {
    "SHOPIFY_API_KEY": "client",
    "SHOPIFY_API_SECRET": "secret",
    "SHOPIFY_APP_URL": "https://danke.example.com",
    "ENCRYPTION_KEYS": "x4v8Jm1T0Yb3G2nWq7d5Rk6u9Lp0ScHfZaEoIiUtVyM=",
    "REDIS_URL": "redis://localhost:6379/0",
}


def test_a_source_is_reached_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DHL_BASE_URL", "http://localhost:9/")
    assert Settings.from_environment().base_urls[DHL.base_url_setting] == "http://localhost:9"


def test_a_source_that_the_environment_does_not_name_keeps_its_own_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DHL_BASE_URL", raising=False)
    assert DHL.base_url_setting not in Settings.from_environment().base_urls
