"""`trivet import postgrest`: a postgrest.conf becomes our settings, and what can't be carried over is told."""

from pathlib import Path

import click

from trivet_cli import postgrest_conf, settings
from trivet_cli.archive import open_new
from trivet_cli.postgrest_conf import Unreadable
from trivet_cli.postgrest_settings import SECRET_FILE, Carried, carry


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), show_default="this folder",
    help="The folder to write trivet.yaml, trivet.env and issuers.toml into; nothing there is overwritten.",
)  # fmt: skip
def postgrest(file: Path | None, folder: Path) -> None:
    """Turn FILE, a postgrest.conf, into our settings; without it the PGRST_… variables of the environment.

    The variables count more than the file, as they do for PostgREST. What can't be carried over is named.
    """
    try:
        variables = settings.environment()
        given = postgrest_conf.read(file.read_text(encoding="utf-8"), variables) if file is not None else {}
        given |= postgrest_conf.of_environment(variables)
        if not given:
            raise Unreadable("there is nothing to import: no FILE, and no PGRST_… variable")
        found = carry(given, file.parent if file is not None else Path())
        _write(found, folder)
    except (Unreadable, UnicodeDecodeError) as fault:
        raise click.ClickException(f"{file or 'the environment'}: {fault}") from None
    except OSError as fault:
        raise click.ClickException(f"{fault.filename or folder}: {fault.strerror}") from None
    for name, why in found.left:
        click.echo(f"not carried over: {name}: {why}")
    click.echo(f"Run it: set -a; . {folder / 'trivet.env'}; set +a; make run")


def _write(found: Carried, folder: Path) -> None:
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    variables = found.variables
    variables["CONFIG"] = str(folder / "trivet.yaml")
    files = {"trivet.yaml": found.configuration}
    if found.secret:
        variables["TRIVET_ISSUERS"] = str(folder / "issuers.toml")
        files |= {"issuers.toml": found.issuers, SECRET_FILE: found.secret}
    files["trivet.env"] = found.environment
    taken = [name for name in files if (folder / name).exists()]
    if taken:
        raise Unreadable(f"{folder / taken[0]} is there already")
    for name, text in files.items():  # the database's password and the secret are in them
        with open_new(folder / name, mode=0o600) as target:
            target.write(text.encode())
        click.echo(f"wrote {folder / name}")
