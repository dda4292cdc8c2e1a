"""The command `danke`: every process of the Procfile, and what a host does by hand."""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from service.commands.command_errors import errors_as_sentences
from service.commands.recommend_commands import recommend
from service.commands.tracking_commands import tracking
from service.settings import Settings, SettingsError

# imported late: a command loads only what it needs, so that `danke --help` answers at once

_DURATION_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Duration(click.ParamType[timedelta]):
    """A length of time such as 90m, 12h or 30d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        number, unit = str(value)[:-1], str(value)[-1:]
        if unit not in _DURATION_UNITS or not number.isdigit():
            self.fail(f"{value!r} is not a duration like 90m, 12h or 30d", param, ctx)
        return timedelta(**{_DURATION_UNITS[unit]: int(number)})


@click.group()
def main() -> None:
    """Danke turns one-time buyers into regulars."""


main.add_command(recommend)
main.add_command(tracking)


@main.command()
@click.option(
    "--processes-are-stopped",
    is_flag=True,
    help="Nothing else of Danke runs; only needed where release asks for it.",
)
def release(processes_are_stopped: bool) -> None:
    """Bring the database to the newest schema."""
    from service.commands.migrating import migrate

    settings = _settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with errors_as_sentences():
        migrate(settings.database_url, processes_are_stopped=processes_are_stopped)


@main.command()
def web() -> None:
    """Serve requests."""
    from granian import Granian
    from granian.constants import Interfaces

    settings = _settings()
    _collect_metrics_of_all_processes(settings)
    Granian(
        "service.wsgi:app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_workers,
        blocking_threads=settings.web_threads,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()


@main.command()
@click.argument("queue")
def worker(queue: str) -> None:
    """Work on one QUEUE: handlers, senders, rebuilds or carriers."""
    from service.kit.logs import configure_logs
    from service.worker import run_worker

    settings = _settings()
    configure_logs(settings.log_level)
    run_worker(settings, queue)


@main.group()
def clock() -> None:
    """The clock process, and moving business time in the demo."""


@clock.command("run")
def clock_run() -> None:
    """Run the schedule."""
    from service.kit.logs import configure_logs
    from service.kit.scheduling import tick_until_stopped
    from service.schedule import SCHEDULE
    from service.starting import create_runtime

    settings = _settings()
    configure_logs(settings.log_level)
    tick_until_stopped(create_runtime(settings), SCHEDULE)


@clock.command("advance")
@click.argument("by", type=Duration())
def clock_advance(by: timedelta) -> None:
    """Move business time forward BY, e.g. 30d (refused in production)."""
    from service.kit import clock as business_clock
    from service.starting import create_runtime

    create_runtime(_settings())
    with errors_as_sentences():
        click.echo(business_clock.advance(by).isoformat(timespec="seconds"))


@main.group()
def keys() -> None:
    """Encryption keys."""


@keys.command("new")
def keys_new() -> None:
    """Print a fresh key for ENCRYPTION_KEYS."""
    from service.kit.crypto import new_key

    click.echo(new_key())


@main.group("import")
def import_() -> None:
    """Bring in purchase history."""


@import_.command("orders")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--shop", "domain", required=True, help="The shop's myshopify.com domain.")
def import_orders(file: Path, domain: str) -> None:
    """Import Shopify's own order export FILE (.csv or .csv.gz) for a shop that has Danke installed."""
    from service.purchases.importing.file_import import import_order_file
    from service.shops.queries import installed_shop
    from service.starting import create_runtime

    runtime = create_runtime(_settings())
    with errors_as_sentences():
        shop = installed_shop(runtime.database, domain)
        counts = import_order_file(runtime.database, runtime.cipher, shop.id, file)
    click.echo(counts)


@main.command()
@click.option("--shop", "domain", required=True, help="The shop's myshopify.com domain.")
def status(domain: str) -> None:
    """Print how import, computation and publication of a shop stand, as JSON."""
    from service.commands.standing import standing_of
    from service.kit.database import Database

    with errors_as_sentences():
        click.echo(standing_of(Database(_settings().database_url), domain))


def _settings() -> Settings:
    try:
        return Settings.from_environment()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def _collect_metrics_of_all_processes(settings: Settings) -> None:
    folder = settings.data_dir / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


if __name__ == "__main__":
    main()
