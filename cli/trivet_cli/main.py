"""The command `trivet`."""

import click

from trivet_cli.lazy import LazyGroup

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


@click.group(cls=LazyGroup, places=_COMMANDS)
@click.version_option(package_name="trivet-cli", prog_name="trivet")
def main() -> None:
    """Every table and view of a database as REST, GraphQL and SOAP."""
