"""`trivet prepare`: what must be there before the services start, for a run in containers."""

import shutil
from pathlib import Path

import click
from auth_service.settings import AuthSettings
from chassis.settings import SettingsError, load
from data_service.settings import DataSettings

from trivet_cli import demo_store
from trivet_cli.accounts import make_admin, make_demo
from trivet_cli.choices import settle
from trivet_cli.faults import CannotStart
from trivet_cli.login import PASSWORD_FILE
from trivet_cli.migrate import prepare_accounts
from trivet_cli.settings import load_up


@click.command()
@click.option("--served", type=click.Path(path_type=Path), help="The folder for what data reads (the state folder).")
def prepare(served: Path | None) -> None:
    """Make the demo store, the configuration and the first accounts; start nothing.

    Accounts are made in the state folder. The demo store and the configuration go there too, or into a folder of
    their own, so that data and auth need not see each other's files.
    """
    try:
        _prepare(served)
    except (SettingsError, CannotStart) as fault:
        raise click.ClickException(str(fault)) from None


def _prepare(served: Path | None) -> None:
    choices = settle(load_up())
    settings = load(AuthSettings)
    if choices.demo and settings.accounts_url:
        raise CannotStart("TRIVET_ACCOUNTS_URL is set: the demo's accounts, whose password is known, stay out of there")
    state = Path(settings.state_dir)
    served = served or state
    for folder in (state, served):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    prepare_accounts(settings)
    if choices.demo:
        demo_store.make(served / "demo", load(DataSettings))
        login = make_demo(settings.store_url, demo_store.accounts())
    else:
        login = make_admin(settings.store_url, state / PASSWORD_FILE)
    _configure(served / "trivet.yaml", choices.config, demo=choices.demo)
    click.echo(f"Prepared; log in as {login.email}" + (f", the password is in {login.file}" if login.file else ""))


def _configure(target: Path, chosen: Path | None, *, demo: bool) -> None:
    """Put the configuration beside the rest of the state: the chosen one, the demo's, or one that opens nothing.

    The demo's operations in Python go with it.
    """
    source = chosen or (demo_store.configuration() if demo else None)
    operations = target.parent / "operations"
    shutil.rmtree(operations, ignore_errors=True)
    if demo and chosen is None:
        origin = demo_store.configuration().parent / "operations"
        shutil.copytree(origin, operations, ignore=shutil.ignore_patterns("__pycache__"))
    if source is None:
        target.write_text("version: 1\n", encoding="utf-8")
    else:
        shutil.copyfile(source, target)
