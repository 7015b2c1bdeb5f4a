"""What `trivet check` prints: lines that survive a pipe, and a table of who may see what."""

from collections.abc import Iterable

from contracts.catalog import Catalog, Resource
from data_service.policies import Policies, Rules
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

_LEGEND = "R read, C create, U update, D delete; * some rows only, - some columns only, # aggregates too"


def print_lines(console: Console, mark: str, lines: Iterable[str], style: str) -> None:
    """Each line as it is, whatever brackets are in it, never wrapped."""
    for line in lines:
        text = Text(f"{mark}: " if mark else "", style=style).append(line, style="" if mark else style)
        console.print(text, soft_wrap=True)


def print_exposed(console: Console, policies: Policies, catalog: Catalog) -> None:
    """A table of the resources that roles may reach, a column a role, and how many only admin sees."""
    roles = policies.roles()
    open_ = [r for r in catalog.resources if any(policies.rules(role, r.name) != Rules() for role in roles)]
    if open_:
        table = Table("resource", *map(escape, roles), box=box.SIMPLE_HEAD, safe_box=True)
        for resource in open_:
            table.add_row(
                Text(resource.name), *(rights(policies.rules(role, resource.name), resource) for role in roles)
            )
        console.print(table)
        print_lines(console, "", [_LEGEND], "dim")
    print_functions(console, policies, catalog)
    closed = len(catalog.resources) - len(open_)
    schemas = ", ".join(catalog.schemas)
    lines = [f"{len(catalog.resources)} resources of {schemas} ({catalog.engine}); {closed} of them only admin sees"]
    print_lines(console, "", lines, "")


def print_functions(console: Console, policies: Policies, catalog: Catalog) -> None:
    """A line for each function that some role may call, and how many only admin may."""
    names = list(catalog.functions_by_name)
    callers = {name: [role for role in policies.roles() if policies.call(role, name)] for name in names}
    lines = [f"function {name}: {', '.join(roles)}" for name, roles in callers.items() if roles]
    closed = sum(not roles for roles in callers.values())
    if names:
        lines.append(f"{len(names)} functions; {closed} of them only admin may call")
    print_lines(console, "", lines, "")


def rights(rules: Rules, resource: Resource) -> str:
    """What a role may do with a resource, in few letters."""
    return " ".join(word for word in (_read(rules, resource), *_writes(rules, resource)) if word)


def _read(rules: Rules, resource: Resource) -> str:
    rule = rules.select
    if rule is None:
        return ""
    part = rule.columns is not None and not rule.columns.issuperset(resource.by_name)
    return "R" + "*" * (rule.filter is not None) + "-" * part + "#" * rule.aggregations


def _writes(rules: Rules, resource: Resource) -> Iterable[str]:
    writable = {field.name for field in resource.fields if field.writable}
    if rules.insert is not None and resource.insertable:
        part = rules.insert.columns is not None and not rules.insert.columns.issuperset(writable)
        yield "C" + "*" * (rules.insert.check is not None) + "-" * part
    if rules.update is not None and resource.updatable:
        part = rules.update.columns is not None and not rules.update.columns.issuperset(writable)
        yield "U" + "*" * (rules.update.filter is not None) + "-" * part
    if rules.delete is not None and resource.deletable:
        yield "D" + "*" * (rules.delete.filter is not None)
