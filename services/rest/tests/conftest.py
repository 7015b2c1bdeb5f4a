"""What the tests of rest share: a way to ask, a small catalog, and a `Data` of a few rows in memory."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from contracts.catalog import Catalog, Relation, Resource
from contracts.fields import Field
from contracts.filters import And, Compare, Filter, Is
from contracts.identity import Caller, Principal
from contracts.operations import Call, Create, Delete, Operation, Read, Update, Value
from contracts.problems import Problem
from contracts.results import Result, Stream
from flask import Flask
from rest_service.app import create_app
from rest_service.request import Asked, Incoming, profile_header, translate
from rest_service.settings import Settings

from tests.fixtures.streams import stream_of

FILM = Resource(
    name="film",
    schema="public",
    table="film",
    kind="table",
    key=("id",),
    comment="Films",
    fields=(
        Field(name="id", type="int8", db_type="bigint", nullable=False, identity="default", has_default=True),
        Field(name="title", type="text", db_type="text", nullable=False, length=80),
        Field(name="rating", type="enum", db_type="rating", values=("G", "PG")),
        Field(name="rate", type="numeric", db_type="numeric(4,2)"),
        Field(name="slug", type="text", db_type="text", generated=True),
    ),
    relations=(
        Relation(name="actors", target="actor", cardinality="many", pairs=(("id", "film_id"),), constraint="f"),
    ),
    insertable=True,
    updatable=True,
    deletable=True,
)
ACTOR = Resource(
    name="actor",
    schema="public",
    table="actor",
    kind="view",
    fields=(Field(name="name", type="text", db_type="text"),),
)
CATALOG = Catalog(engine="postgresql", version="v1", schemas=("public",), resources=(FILM, ACTOR), role="clerk")


@pytest.fixture
def film_catalog() -> Catalog:
    """A catalog of two resources."""
    return CATALOG


@pytest.fixture
def ask() -> Callable[..., Asked]:
    """Translate a request given by its parts."""

    def make(method: str, query: str = "", body: Any = b"", resource: str = "film", **headers: str) -> Asked:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return translate(Incoming(method, resource, query, named, raw, named.get(profile_header(method))))

    return make


class MemoryData:
    """Films in a list: enough of `Data` to see requests go in and answers come out."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Value]] = [
            {"id": n, "title": f"Film {n}", "rating": None if n == 2 else "G"} for n in range(1, 16)
        ]
        self.seen: list[tuple[Operation, list[Value], Caller]] = []
        self.catalog_of: Catalog = CATALOG
        self.problem: Exception | None = None

    def execute(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Result:
        """Answer reads by filter and page, and writes."""
        self.seen.append((operation, list(values), caller))
        if self.problem is not None:
            raise self.problem
        if isinstance(operation, Call):
            raise Problem("PGRST202", f"Could not find the function public.{operation.function} in the schema cache")
        if isinstance(operation, Read):
            return self._read(operation, values)
        if isinstance(operation, Create):
            return self._create(operation, values)
        assert isinstance(operation, Update | Delete)
        return self._change(operation, values)

    def stream(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Stream:
        """The rows of a read."""
        return stream_of(self.execute(operation, values, caller))

    def catalog(self, caller: Caller) -> Catalog:
        """The one catalog there is."""
        return self.catalog_of

    def _read(self, read: Read, values: Sequence[Value]) -> Result:
        if read.resource != "film":
            raise Problem("PGRST205", f"Could not find the table 'public.{read.resource}' in the schema cache")
        found = [row for row in self.rows if holds(read.node.filter, row, values)]
        total = len(found) if read.count else None
        start = values[read.node.offset.index] if read.node.offset else 0
        stop = start + values[read.node.limit.index] if read.node.limit else None
        return self._answer(found[start:stop], read.node.shape, total=total)

    def _create(self, create: Create, values: Sequence[Value]) -> Result:
        made = [{name: row.get(name) for name in create.columns} for row in values[create.rows.index]]
        made = [{"id": len(self.rows) + n, **row} for n, row in enumerate(made, 1)]
        result = self._answer(made, create.returning.shape, affected=len(made))
        self.rows += made
        if create.returning.shape == "none" and len(made) == 1:
            return msgspec.structs.replace(result, location={"id": str(made[0]["id"])})
        return result

    def _change(self, change: Update | Delete, values: Sequence[Value]) -> Result:
        if change.filter is None:
            raise Problem("21000", f"{type(change).__name__.upper()} requires a WHERE clause")
        matched = [row for row in self.rows if holds(change.filter, row, values)]
        if change.at_most is not None and len(matched) > values[change.at_most.index]:
            raise Problem("PGRST124", "Query result exceeds max-affected preference constraint")
        new = {a.field: values[a.value.index] for a in change.assigns} if isinstance(change, Update) else {}
        result = self._answer([{**row, **new} for row in matched], change.returning.shape, affected=len(matched))
        if isinstance(change, Delete):
            self.rows = [row for row in self.rows if row not in matched]
        for row in matched:
            row.update(new)
        return result

    @staticmethod
    def _answer(
        rows: list[dict[str, Value]], shape: str, total: int | None = None, affected: int | None = None
    ) -> Result:
        if shape == "none":
            return Result(rows=len(rows), total=total, affected=affected)
        if shape == "one":
            if len(rows) != 1:
                message = "Cannot coerce the result to a single JSON object"
                raise Problem("PGRST116", message, details=f"The result contains {len(rows)} rows")
            return Result(body=msgspec.json.encode(rows[0]), rows=1, total=total, affected=affected)
        return Result(body=msgspec.json.encode(rows), rows=len(rows), total=total, affected=affected)


def holds(condition: Filter | None, row: dict[str, Value], values: Sequence[Value]) -> bool:
    """Whether a row passes the few conditions that these tests use."""
    if condition is None:
        return True
    if isinstance(condition, And):
        return all(holds(item, row, values) for item in condition.items)
    if isinstance(condition, Is):
        return (row[condition.left.name] is None) == (condition.value == "null")
    if isinstance(condition, Compare):
        value = values[condition.right.index]  # type: ignore[union-attr]  # facades give params only
        left = str(row[condition.left.name])
        return left in value if condition.operator == "in" else (left == value) == (condition.operator == "eq")
    return False


class Door:
    """Lets everybody in as one caller."""

    def __init__(self) -> None:
        self.who = Caller(principal=Principal(role="clerk", subject="7"))

    def caller(self) -> Caller:
        """The caller set beforehand."""
        return self.who


@pytest.fixture
def memory() -> MemoryData:
    """A fresh `Data`."""
    return MemoryData()


@pytest.fixture
def door() -> Door:
    """Who is let in, to be changed by a test."""
    return Door()


@pytest.fixture
def app(memory: MemoryData, door: Door, tmp_path: Any) -> Flask:
    """The rest service over ``memory``."""
    return create_app(Settings(state_dir=str(tmp_path), public_url="http://api.example"), memory, door)


@pytest.fixture
def client(app: Flask) -> Any:
    """A client of the service."""
    return app.test_client()
