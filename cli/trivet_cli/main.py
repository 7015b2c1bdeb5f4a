"""The command `trivet`."""

import importlib

import click

_COMMANDS = {
    "up": ("trivet_cli.up", "up"),
    "check": ("trivet_cli.check", "check"),
    "prepare": ("trivet_cli.prepare", "prepare"),
    "user": ("trivet_cli.user", "user"),
    "apikey": ("trivet_cli.apikey", "apikey"),
    "keys": ("trivet_cli.keys", "keys"),
    "ldap": ("trivet_cli.ldap", "ldap"),
    "migrate": ("trivet_cli.migrate", "migrate"),
    "backup": ("trivet_cli.backup", "backup"),
    "restore": ("trivet_cli.restore", "restore"),
    "wsdl": ("trivet_cli.wsdl", "wsdl"),
    "contract": ("trivet_cli.contract", "contract"),
    "protect": ("trivet_cli.protect", "protect"),
    "cleanse": ("trivet_cli.cleanse", "cleanse"),
    "import": ("trivet_cli.importing", "import_"),
    "compare": ("trivet_cli.compare", "compare"),
}


class _Lazy(click.Group):
    """Commands that are imported when they are called: each needs much that the others don't."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=_Lazy)
@click.version_option(package_name="trivet-cli", prog_name="trivet")
def main() -> None:
    """Every table and view of a database as REST, GraphQL and SOAP."""
