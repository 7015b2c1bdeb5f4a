"""`trivet import`: what another server was told of a database, as a configuration of Trivet's."""

import click

from trivet_cli.lazy import LazyGroup

_COMMANDS = {
    "hasura": ("trivet_cli.hasura_import", "hasura"),
    "postgrest": ("trivet_cli.postgrest_import", "postgrest"),
}


@click.group("import", cls=LazyGroup, places=_COMMANDS)
def import_() -> None:
    """Write trivet.yaml from another server's configuration."""
