"""The tables that say what the product does, held against what exists."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

from flask import Flask

from service.effects import SENDERS
from service.kit.columns import Base
from service.kit.crypto import Cipher
from service.kit.doorbell import JOB_SECONDS
from service.kit.guards import guard_of
from service.messages.link_mail import LINK_MAIL
from service.messages.notices.deciding import EFFECT_KINDS
from service.messages.notices.previews import TEST_NOTICE
from service.messages.operations import THANK_YOU
from service.messages.opting_in import OPT_IN_CODE, OPT_IN_MAIL
from service.privacy.data_map import DATA_MAP
from service.privacy.shop_erasure import tables_of_shops
from service.published import PUBLISHED
from service.queues import QUEUE_JOBS
from service.recommendations.jobs import SECONDS_PER_JOB
from service.runners import RUNNERS
from service.settings import Settings
from service.storefront.values import ProductValues, ShopValue
from service.tables import METADATA
from service.tracking.sources.table import ASKED
from service.tracking.writing_back import FULFILLMENT_EVENT
from service.webhook_topics import webhook_handlers

ROOT = Path(__file__).parents[2]
TOML = tomllib.loads((ROOT / "plugin" / "shopify.app.toml").read_text(encoding="utf-8"))
NOT_OF_A_SHOP = {"shops", "scheduled_runs"}


def test_every_route_has_a_guard(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        assert guard_of(app, rule.endpoint), rule.rule


def test_every_topic_that_the_app_subscribes_to_has_a_handler_and_every_handler_a_topic(
    cipher: Cipher,
) -> None:
    subscribed: set[str] = set()
    for subscription in TOML["webhooks"]["subscriptions"]:
        subscribed |= set(subscription.get("topics", ())) | set(subscription.get("compliance_topics", ()))
    assert subscribed == set(webhook_handlers(cipher))


def test_every_effect_that_can_be_decided_has_a_sender() -> None:
    decided = {THANK_YOU, LINK_MAIL, OPT_IN_MAIL, OPT_IN_CODE, TEST_NOTICE, FULFILLMENT_EVENT}
    assert set(SENDERS) == decided | set(EFFECT_KINDS.values())


def test_every_value_that_is_published_is_read_by_a_block_of_the_theme_and_no_other() -> None:
    blocks = sorted((ROOT / "plugin" / "extensions" / "danke-theme").rglob("*.liquid"))
    liquid = "\n".join(block.read_text(encoding="utf-8") for block in blocks)
    of_shop = [one.key for one in PUBLISHED if isinstance(one, ShopValue)]
    read_of_shop = set(re.findall(r"app\.metafields\.danke\.(\w+)", liquid))
    assert sorted(of_shop) == sorted(read_of_shop), unmatched_values(of_shop, read_of_shop)
    on_products = [key for one in PUBLISHED if isinstance(one, ProductValues) for key in one.keys]
    read = set(re.findall(r"""product\.metafields\[['"]\$app['"]\]\.(\w+)""", liquid))
    assert sorted(on_products) == sorted(read), unmatched_values(on_products, read)
    defined = TOML["product"]["metafields"]["app"]
    assert sorted(on_products) == sorted(defined), unmatched_values(on_products, set(defined))


def unmatched_values(keys: list[str], read: set[str]) -> str:
    """Which keys only one side knows, as a sentence that says where to go."""
    return (
        f"{sorted(set(keys) ^ read)} must stand in PUBLISHED of service/published.py, in a block or snippet of "
        "plugin/extensions/danke-theme and, if it is a product's, in plugin/shopify.app.toml, or in none of them: "
        "docs/adding.md says what belongs to a published value."
    )


def test_the_slices_of_all_long_work_fit_into_one_job_with_a_reserve() -> None:
    before_them = 2 * SECONDS_PER_JOB
    assert before_them + sum(kind.slice_seconds for kind in RUNNERS) <= 0.9 * JOB_SECONDS


def test_every_queue_has_a_process_in_the_procfile() -> None:
    procfile = (ROOT / "Procfile").read_text(encoding="utf-8")
    for queue in QUEUE_JOBS:
        assert re.search(rf"^{queue}: .*danke worker {queue}$", procfile, re.MULTILINE), queue


def test_every_table_but_the_hosts_own_belongs_to_a_shop_and_is_reached_by_erasure() -> None:
    erased = {table.name for table in tables_of_shops()}
    assert erased == set(METADATA.tables) - NOT_OF_A_SHOP
    assert METADATA is Base.metadata


def test_the_data_map_says_of_every_table_what_it_keeps_of_people() -> None:
    assert set(DATA_MAP) == set(METADATA.tables)


def test_every_setting_stands_in_the_readme_and_no_other() -> None:
    source = (ROOT / "service" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    assert len(read) >= len(fields(Settings)) - 1
    read |= {source.base_url_setting for source in ASKED if source.base_url}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    settings = readme.split("## Settings")[1].split("\n## ")[0]
    first_cells = " ".join(re.findall(r"^\| (`[^|]*)", settings, re.MULTILINE))
    assert set(re.findall(r"`([A-Z_]+)`", first_cells)) == read


def test_no_file_speaks_of_a_package_registry_or_of_a_machine() -> None:
    registries = ("pypi" + ".org", "registry.npm" + "js", "files.python" + "hosted")
    for name in ("requirements.lock", "requirements-demo.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text), name
    lock = (ROOT / "frontend_widgets" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert not any(registry in lock for registry in registries)
