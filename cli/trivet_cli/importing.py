"""`trivet import`: what another server was told of a database, as a configuration of Trivet's."""

import importlib

import click

_COMMANDS = {
    "hasura": ("trivet_cli.hasura_import", "hasura"),
    "postgrest": ("trivet_cli.postgrest_import", "postgrest"),
}


class _Lazy(click.Group):
    """Commands that are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group("import", cls=_Lazy)
def import_() -> None:
    """Write trivet.yaml from another server's configuration."""
