"""What every test may ask for: both databases, a Redis, an application, and two shops (one is always noise)."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet
from flask import Flask
from playwright.sync_api import Browser
from redis import Redis
from sqlalchemy import Connection, Engine, event

from service.app import create_app
from service.commands.migrating import migrate
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database
from service.kit.runtime import Runtime, current, use_runtime
from service.reactions import REACTIONS
from service.settings import SHOPIFY_BASE_URL_DEFAULT, Settings
from service.shops.models import Shop
from service.shops.scopes import REQUIRED_SCOPES
from service.tables import METADATA
from tests import grouping
from tests.browsers import chromium
from tests.servers import postgresql, redis_server
from tests.structure.new_parts import lacking_notices
from tests.structure.source_parts import lacking_parts
from tests.tenancy import REFUSED, foreign_reach

CLIENT_ID = "danke-test-client-id"
CLIENT_SECRET = "shpss_0123456789abcdef0123456789abcdef"


def pytest_sessionstart() -> None:
    """A source or notice without its parts breaks tests all over the house: one sentence says what it lacks."""
    if lacking := lacking_parts(listed=True) or "\n".join(lacking_notices()):
        pytest.exit(lacking, returncode=1)


@event.listens_for(Engine, "before_cursor_execute")
def refuse_a_statement_that_forgets_its_shop(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    """Tripwire under all tests: a unit of a shop may touch rows of its own shop only (see tests/tenancy.py)."""
    shop_id = connection.get_execution_options().get("danke_shop")
    if shop_id is not None:
        given = parameters if many else [parameters]
        reach = foreign_reach(connection.dialect.name, statement, given, shop_id)
        if reach:
            REFUSED.append(reach)
            raise AssertionError(reach)


@pytest.fixture(autouse=True)
def no_statement_forgot_its_shop() -> Iterator[None]:
    """What was refused fails the test, even where somebody caught the refusal."""
    REFUSED.clear()
    yield
    assert REFUSED == []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    grouping.order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return grouping.scheduling(config, log)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser, kept warm; a test asks it for a page or a context of its own."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    with postgresql() as url:
        yield f"{url}/postgres"


@pytest.fixture(scope="session")
def redis_session_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def redis_url(redis_session_url: str) -> str:
    Redis.from_url(redis_session_url).flushall()
    return redis_session_url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "danke.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_url: str) -> str:
    migrate(postgresql_url)
    return postgresql_url


@pytest.fixture(scope="session")
def broom(migrated_postgresql: str) -> Iterator[Callable[[], None]]:
    """Empties the session's PostgreSQL database, over a connection that stays open."""
    names = [table.name for table in reversed(METADATA.sorted_tables)]
    which = " UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in names)

    def sweep() -> None:
        # a test leaves rows in few tables, and deleting few rows is quicker than truncating
        filled = {name for (name,) in connection.execute(which)}
        for name in names:
            if name in filled:
                connection.execute(f"DELETE FROM {name}")

    with psycopg.connect(migrated_postgresql, autocommit=True) as connection:
        yield sweep


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty, migrated database; every test that asks for one runs on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "danke.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite:///{path}"
    request.getfixturevalue("broom")()
    url: str = request.getfixturevalue("migrated_postgresql")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with the product's own reactions and no doorbell."""
    database = Database(database_url, reactions=REACTIONS)
    yield database
    database.dispose()


@pytest.fixture
def cipher() -> Cipher:
    return Cipher([Fernet.generate_key().decode()])


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    return Settings(
        environment="test",
        shopify_api_key=CLIENT_ID,
        shopify_api_secrets=(CLIENT_SECRET,),
        shopify_app_url="https://danke.example.com",
        shopify_base_url=SHOPIFY_BASE_URL_DEFAULT,
        app_bridge_url="https://cdn.shopify.com/shopifycloud/app-bridge.js",
        polaris_url="https://cdn.shopify.com/shopifycloud/polaris-1.js",
        database_url=database_url,
        redis_url=redis_url,
        data_dir=tmp_path,
        encryption_keys=(Fernet.generate_key().decode(),),
        smtp_url="",
        mail_from="danke@shop.example.com",
        twilio_account_sid="",
        twilio_auth_token="",
        twilio_from="",
        twilio_base_url="https://api.twilio.com",
        whatsapp_token="",
        whatsapp_phone_id="",
        whatsapp_app_secret="",
        whatsapp_verify_token="",
        whatsapp_base_url="https://graph.facebook.com",
        base_urls={},
        metrics_token="metrics-token-of-the-test",
        host="127.0.0.1",
        port=0,
        web_workers=1,
        web_threads=1,
        sender_threads=4,
        proxy_hops=0,
        log_level="info",
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    current().database.dispose()
    use_runtime(None)
    clock.use_clock(clock.Clock())


@pytest.fixture
def runtime(app: Flask) -> Runtime:
    """The runtime of `app`, on the same database as the fixture `database`."""
    return current()


@pytest.fixture
def shop(database: Database) -> Shop:
    return add_shop(database, "lindenholz.myshopify.com")


@pytest.fixture
def other_shop(database: Database) -> Shop:
    """A second shop, so that a query that forgets its tenant gets caught."""
    return add_shop(database, "bergzeit.myshopify.com")


def add_shop(database: Database, domain: str) -> Shop:
    """An installed shop with all required scopes, the whole history and no tokens."""
    with database.across_shops("a shop of the test", writing=True) as unit:
        shop = Shop(
            domain=domain,
            name=domain.partition(".")[0].capitalize(),
            currency="EUR",
            time_zone="Europe/Berlin",
            locale="de",
            installed_at=datetime(2026, 1, 1, tzinfo=UTC),
            scopes=sorted(REQUIRED_SCOPES | {"read_all_orders"}),
            refresh_lease_until=0.0,
            needs_reauthorization=False,
            brand={},
            proxy_path="/apps/danke",
        )
        unit.session.add(shop)
        unit.session.flush()
    return shop


def real_data(name: str) -> Path:
    """A file of the folder DANKE_DATA; skips the test, and says so, where it is not set."""
    folder = os.environ.get("DANKE_DATA")
    if not folder:
        pytest.skip("DANKE_DATA is not set: no real purchases to test with")
    return Path(folder) / name
