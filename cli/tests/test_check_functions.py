"""What `trivet check` prints of functions."""

import io

from contracts.catalog import Catalog, Function, Returns
from data_service.policies import parse
from rich.console import Console
from trivet_cli.check_report import print_exposed


def told(names: tuple[str, ...], text: str) -> list[str]:
    functions = tuple(
        Function(name=name, schema="public", function=name, returns=Returns(kind="void")) for name in names
    )
    catalog = Catalog(engine="postgresql", version="1", schemas=("public",), resources=(), functions=functions)
    console = Console(file=io.StringIO(), width=200)
    print_exposed(console, parse(text), catalog)
    return console.file.getvalue().splitlines()


def test_who_may_call_what() -> None:
    lines = told(("add", "note", "add"), "version: 1\nfunctions: {add: {permissions: {clerk: {}, guest: {}}}}\n")
    assert "function add: clerk, guest" in lines
    assert "2 functions; 1 of them only admin may call" in lines


def test_nothing_is_said_where_there_are_none() -> None:
    assert not any("function" in line for line in told((), "version: 1\n"))
