"""`trivet cleanse`: stored rows held against the rules of cleansing, and changed by them where that is asked for."""

import hashlib
import logging
import sys
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from chassis.settings import SettingsError, load
from chassis.versions import Crowded, Unfit, Writer
from contracts.problems import Problem
from data_service import policies as configuration
from data_service.app import open_database, open_secrets
from data_service.engine import Engine
from data_service.policies import ConfigurationError
from data_service.processing.setting import ELSEWHERE, Means
from data_service.reflect.options import ExposureError
from data_service.settings import DataSettings
from data_service.stored_rows import ADMIN, Batch, Target, batches, count, targets
from data_service.versioning import Versioning
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from trivet_cli.choices import settle
from trivet_cli.cleanse_report import Report, print_report
from trivet_cli.cleanse_state import Places
from trivet_cli.faults import CannotStart
from trivet_cli.layout import Layout, layout_of
from trivet_cli.served import home, served, with_state
from trivet_cli.settings import load_up


@click.command()
@click.argument("resources", nargs=-1)
@click.option("--apply/--dry-run", "apply", default=False, help="Write the changes; otherwise they are only told.")
@click.option("--batch", "size", type=click.IntRange(1, 10_000), default=1000, show_default=True, help="Rows at once.")
@click.option("--samples", type=click.IntRange(0, 100), default=3, show_default=True, help="Changes shown a field.")
@click.option("--restart", is_flag=True, help="Begin anew where an earlier run was stopped.")
def cleanse(resources: tuple[str, ...], apply: bool, size: int, samples: int, restart: bool) -> None:
    """Hold stored rows of RESOURCES (all that have rules) against the rules of cleansing.

    DATABASE_URL and CONFIG say what is served, as for `trivet up`, which may go on running. With --apply rows are
    changed in batches, each a transaction; a run that was stopped goes on where it was.
    """
    try:
        up = load_up()
        layout = layout_of(up.state)
        choices = settle(up)
        told = served(choices, layout)
        data = replace(
            load(DataSettings), database_url=told["DATABASE_URL"], config=told["TRIVET_CONFIG"], pool_max=2, workers=1
        )
        if not data.config:
            raise CannotStart("there is no configuration, so there are no rules")
        report = Report(samples)
        data = with_state(data, home(choices, layout))
        with closing(open_engine(data, layout, apply)) as engine:
            refused = _all(engine, data, layout, resources, report, apply=apply, size=size, restart=restart)
    except (SettingsError, CannotStart) as fault:
        raise click.ClickException(str(fault)) from None
    except Problem as fault:
        raise click.ClickException(f"the database can't be used: {fault}") from None
    print_report(report, apply=apply)
    sys.exit(1 if refused else 0)


def open_engine(data: DataSettings, layout: Layout, apply: bool) -> Engine:
    """The engine; where the suite counts what is written, what we write is counted too. Raises `CannotStart`."""
    database = open_database(data if apply else replace(data, read_only=True))
    path = Path(data.versions) if data.versions else layout.versions
    versioning = None
    if apply and path.exists():
        try:
            versioning = Versioning(path, Writer.claim(path), database)
        except (Crowded, Unfit, OSError) as fault:
            raise CannotStart(f"the suite can't be told what is written: {fault}") from None
    logging.getLogger("trivet.engine").setLevel(logging.ERROR)  # what else is in the file is for `trivet check` to say
    means = Means(secrets=open_secrets(data), computers=ELSEWHERE)
    engine = Engine(database, config=Path(data.config), versioning=versioning, means=means)
    try:
        engine.refresh()
    except (ConfigurationError, ExposureError) as fault:
        engine.close()
        raise CannotStart(f"the configuration can't be used: {fault}") from None
    return engine


def _all(
    engine: Engine,
    data: DataSettings,
    layout: Layout,
    resources: tuple[str, ...],
    report: Report,
    *,
    apply: bool,
    size: int,
    restart: bool,
) -> int:
    """Every resource in turn; the number of rows that were refused. Raises `CannotStart`, `Problem`."""
    policies = configuration.load(Path(data.config))
    found, report.left = targets(policies.processing, engine.catalog(ADMIN))
    known = [target.resource.name for target in found]
    for name in resources:
        if name not in known:
            raise CannotStart(f"{name} has nothing to cleanse; what has: {', '.join(known) or 'nothing'}")
    digest = hashlib.sha256(f"{data.database_url} {policies.version}".encode()).hexdigest()[:16]
    places = Places(layout.state / "cleanse.json", digest) if apply else None
    for target in found:
        if not resources or target.resource.name in resources:
            _one(engine, target, report, places, apply=apply, size=size, restart=restart)
    return sum(counts.refused for counts in report.counts.values())


def _one(
    engine: Engine, target: Target, report: Report, places: Places | None, *, apply: bool, size: int, restart: bool
) -> None:
    name = target.resource.name
    after = None if places is None or restart else places.get(name)
    if after is not None:
        click.echo(f"{name}: going on where an earlier run was stopped", err=True)
    with _progress(name, count(engine, target)) as progress:
        try:
            for batch in batches(engine, target, size=size, after=after, apply=apply):
                report.add(name, batch)
                if places is not None:
                    places.put(name, batch.last)
                progress(batch)
        except KeyboardInterrupt:
            print_report(report, apply=apply)
            raise click.ClickException("stopped; the same command goes on from here" if apply else "stopped") from None
    if places is not None:
        places.drop(name)


def _progress(name: str, total: int) -> Any:
    """A bar where somebody looks on; called with each batch."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return nullcontext(lambda batch: None)
    return _Bar(console, name, total)


class _Bar:
    """A bar of the rows that were seen."""

    def __init__(self, console: Console, name: str, total: int) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task(name, total=total)

    def __enter__(self) -> Any:
        self._progress.start()
        return self._seen

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _seen(self, batch: Batch) -> None:
        self._progress.advance(self._task, batch.seen)
