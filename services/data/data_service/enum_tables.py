"""Enum tables: tables whose rows are an enum's values in GraphQL (``graphql: {enum: true}``), read with the catalog."""

import json
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec
from contracts.catalog import Catalog, Resource
from contracts.fields import Field
from contracts.filters import FieldRef, Param
from contracts.graphql import EnumValue, GraphqlNaming
from contracts.identity import ADMIN_ROLE, Caller, Principal
from contracts.operations import FieldOutput, Node, Read, Sort
from contracts.problems import Problem

from data_service.beneath import Beneath
from data_service.execute.database import Database
from data_service.policy_names import enum_misfit

_MOST = 1000  # values of one enum
_NAME = re.compile(r"(?!__|true$|false$|null$)[_A-Za-z][_0-9A-Za-z]*")
_FORBIDDEN = "42501"
_READER = Caller(principal=Principal(role=ADMIN_ROLE, subject="trivet", roles=(ADMIN_ROLE,)))


@dataclass(frozen=True)
class EnumTables:
    """The values by resource name; ``tales`` say which tables that were declared as enums are none, and why."""

    values: Mapping[str, tuple[EnumValue, ...]] = field(default_factory=dict)
    tales: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """A text that is another one when anything of it is; empty where nothing was declared."""
        rows = {name: [(value.name, value.comment) for value in values] for name, values in self.values.items()}
        return json.dumps([rows, self.tales]) if rows or self.tales else ""


NO_ENUM_TABLES = EnumTables()


def read_enum_tables(
    database: Database, naming: GraphqlNaming | None, catalog: Catalog, protected: Container[tuple[str, str]]
) -> EnumTables:
    """The rows of all tables that were declared as enums. Raises `Problem` where they can't be read now.

    ``catalog`` is the full one, ``protected`` are fields by resource and name. What is protected, what our login may
    not read, and what has other rows than an enum's, is no enum.
    """
    declared = [name for name, own in naming.resources.items() if own.enum] if naming is not None else []
    if not declared:
        return NO_ENUM_TABLES
    found: dict[str, tuple[EnumValue, ...]] = {}
    tales: list[str] = []
    for resource in (catalog.by_name[name] for name in declared if name in catalog.by_name):
        tale = enum_misfit(resource) or _protected(resource, protected)
        values = None if tale else _rows(database, resource, catalog)
        tale = tale or _oddity(resource, values)
        if tale is None and values is not None:
            found[resource.name] = values
        elif tale is not None:
            tales.append(tale)
    return EnumTables(found, tuple(tales))


def _protected(resource: Resource, protected: Container[tuple[str, str]]) -> str | None:
    if any((resource.name, column.name) in protected for column in resource.columns):
        return f"{resource.name} can't be an enum: it is protected"
    return None


def _rows(database: Database, resource: Resource, catalog: Catalog) -> tuple[EnumValue, ...] | None:
    """The rows by key, one more than an enum may have at most; None where none may be read."""
    (key,) = resource.key
    others = [column.name for column in resource.columns if column.name != key]
    outputs = tuple(FieldOutput(f"c{number}", FieldRef(name)) for number, name in enumerate((key, *others)))
    read = Read(resource.name, Node(outputs=outputs, sort=(Sort(FieldRef(key)),), limit=Param(0)), resource.schema)
    try:
        body = Beneath(database, catalog).execute(read, [_MOST + 1], _READER).body
    except Problem as problem:
        if problem.code == _FORBIDDEN:
            return None
        raise
    return tuple(EnumValue(name=row["c0"], comment=row.get("c1") or None) for row in json.loads(body))


def _oddity(resource: Resource, values: tuple[EnumValue, ...] | None) -> str | None:
    """Why these rows can't be an enum's values."""
    if values is None:
        return f"{resource.name} can't be an enum: our login may not read it"
    if not values:
        return f"{resource.name} can't be an enum: it has no rows"
    if len(values) > _MOST:
        return f"{resource.name} can't be an enum: it has more than {_MOST} rows"
    odd = [value.name for value in values if not _NAME.fullmatch(value.name or "")]
    if odd:
        return f"{resource.name} can't be an enum: {odd[0]!r} is no name in GraphQL: letters, digits and _ only"
    return None


def with_enums(catalog: Catalog, tables: EnumTables) -> Catalog:
    """The full catalog with the values, and with the columns marked that refer to them by a foreign key."""
    if not tables.values:
        return catalog
    resources = tuple(_marked(resource, catalog, tables.values) for resource in catalog.resources)
    return msgspec.structs.replace(catalog, resources=resources, enums=dict(tables.values))


def _marked(resource: Resource, catalog: Catalog, enums: Mapping[str, tuple[EnumValue, ...]]) -> Resource:
    refers = dict(_references(resource, catalog, enums))
    if not refers:
        return resource
    fields = tuple(_referring(column, refers) for column in resource.fields)
    return msgspec.structs.replace(resource, fields=fields)


def _referring(column: Field, refers: Mapping[str, str]) -> Field:
    if column.name not in refers or column.guard is not None or column.type != "text":
        return column
    return msgspec.structs.replace(column, enum=refers[column.name])


def _references(
    resource: Resource, catalog: Catalog, enums: Mapping[str, tuple[EnumValue, ...]]
) -> Iterator[tuple[str, str]]:
    """The columns with a foreign key to an enum table, and that table."""
    for relation in resource.relations:
        if relation.target in enums and relation.owning and relation.junction is None and len(relation.pairs) == 1:
            own, theirs = relation.pairs[0]
            if (theirs,) == catalog.by_name[relation.target].key:
                yield own, relation.target
