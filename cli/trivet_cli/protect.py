"""`trivet protect`: stored values brought into the form in which protection keeps new ones, and keys made anew."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import click
from chassis.settings import SettingsError, load
from contracts.problems import Problem
from data_service.app import open_secrets
from data_service.engine import Engine
from data_service.processing.keyring import KeyringError
from data_service.processing.secrets import Secrets
from data_service.resealing import Resealed, reseal_vault
from data_service.settings import DataSettings
from data_service.stored_rows import batches, count
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from trivet_cli.choices import settle
from trivet_cli.cleanse import open_engine
from trivet_cli.faults import CannotStart
from trivet_cli.layout import layout_of
from trivet_cli.served import home, served, with_state
from trivet_cli.settings import load_up

_VAULT = "the vault"
_size = click.option(
    "--batch", "size", type=click.IntRange(1, 10_000), default=500, show_default=True, help="Rows at once."
)


@click.group()
def protect() -> None:
    """What is tokenised and encrypted: stored rows and keys.

    DATABASE_URL and CONFIG say what is served, as for `trivet up`, which may go on running.
    """


@protect.command()
@_size
def status(size: int) -> None:
    """Tell how many rows are not kept as new ones are; change nothing."""
    with _opened(apply=False) as (engine, secrets):
        left = _rows(engine, size, apply=False) + _entries(secrets, apply=False)
    sys.exit(1 if left else 0)


@protect.command()
@_size
def encrypt(size: int) -> None:
    """Encrypt and tokenise what is stored from before a rule, or was encrypted by an older key.

    It goes in batches, and may be stopped at any time: the same command goes on with what is left.
    """
    with _opened(apply=True) as (engine, secrets):
        _all(engine, secrets, size)


@protect.command()
@_size
def rotate(size: int) -> None:
    """Make a new key, which encrypts from now on, and bring all that is stored under it.

    Where it is stopped, `trivet protect encrypt` goes on. Keep the older keys as long as backups need them.
    """
    with _opened(apply=True) as (engine, secrets):
        click.echo(f"the key is {secrets.ring.add()} from now on")
        _all(engine, secrets, size)


@contextmanager
def _opened(*, apply: bool) -> Iterator[tuple[Engine, Secrets]]:
    """The engine and the keys of what is served."""
    try:
        up = load_up()
        layout = layout_of(up.state)
        choices = settle(up)
        told = served(choices, layout)
        data = replace(
            load(DataSettings), database_url=told["DATABASE_URL"], config=told["TRIVET_CONFIG"], pool_max=2, workers=1
        )
        if not data.config:
            raise CannotStart("there is no configuration, so nothing is protected")
        data = with_state(data, home(choices, layout))
        with closing(open_engine(data, layout, apply)) as engine, closing(open_secrets(data)) as secrets:
            yield engine, secrets
    except (SettingsError, CannotStart, KeyringError) as fault:
        raise click.ClickException(str(fault)) from None
    except Problem as fault:
        raise click.ClickException(fault.message) from None
    except KeyboardInterrupt:
        raise click.ClickException("stopped; `trivet protect encrypt` goes on from here") from None


def _all(engine: Engine, secrets: Secrets, size: int) -> None:
    left = _rows(engine, size, apply=True)
    _entries(secrets, apply=True)
    if left:
        raise click.ClickException(f"{left} rows could not be changed; run the command again")


def _rows(engine: Engine, size: int, *, apply: bool) -> int:
    """Every table in turn; how many rows are not kept as they shall be, in the end."""
    found, skipped = engine.resealed()
    for name in skipped:
        click.echo(f"{name}: left alone, for its rows have no key or can't be changed")
    return sum(_one(engine, target, size, apply=apply) for target in found)


def _one(engine: Engine, target: Resealed, size: int, *, apply: bool) -> int:
    name, beneath = target.resource.name, engine.beneath()
    seen = old = done = 0
    with _bar(name, count(beneath, target)) as advance:
        for batch in batches(beneath, target, size=size, after=None, apply=apply):
            seen += batch.seen
            old += len(batch.changes)
            done += batch.applied
            for _, reason in batch.refused[:1]:
                click.echo(f"{name}: {reason}", err=True)
            advance(batch.seen)
    told = f"{done} of {old} changed" if apply else f"{old} not as new ones are kept"
    click.echo(f"{name}: {seen} rows, {told}")
    return old - done


def _entries(secrets: Secrets, *, apply: bool) -> int:
    seen = old = 0
    if not secrets.has_vault:
        return 0
    with _bar(_VAULT, secrets.vault.count()) as advance:
        for some, outdated in reseal_vault(secrets, apply=apply):
            seen += some
            old += outdated
            advance(some)
    click.echo(f"{_VAULT}: {seen} tokens, {old} {'encrypted anew' if apply else 'under an older key'}")
    return 0 if apply else old


@contextmanager
def _bar(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar where somebody looks on."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(name, total=total)
        yield lambda some: progress.advance(task, some)
