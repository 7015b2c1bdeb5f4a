"""A small catalog, a stand-in for data that answers by shape alone, and ways to ask."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from contracts.catalog import Catalog, Relation, Resource, Unique, Writable
from contracts.fields import Field
from contracts.identity import ANONYMOUS_ROLE, Caller, Principal
from contracts.operations import (
    Affected,
    Aggregate,
    Constant,
    Delete,
    Document,
    Embed,
    FieldOutput,
    Group,
    Node,
    Read,
    Rows,
    Update,
)
from contracts.problems import Problem
from contracts.results import Result
from graphql_service.app import create_app
from graphql_service.limits import Limits
from graphql_service.request import choose, compile_operation, prepare
from graphql_service.schema import RoleSchema, build
from graphql_service.settings import GraphqlSettings


def _field(name: str, type_: str, db_type: str, **more: Any) -> Field:
    return Field(name=name, type=type_, db_type=db_type, **more)  # type: ignore[arg-type]


def _relation(
    name: str, target: str, cardinality: str, pair: tuple[str, str], constraint: str, **more: Any
) -> Relation:
    return Relation(
        name=name,
        target=target,
        cardinality=cardinality,
        pairs=(pair,),
        constraint=constraint,
        **more,  # type: ignore[arg-type]
    )


ARTIST = Resource(
    name="artist",
    schema="public",
    table="artist",
    kind="table",
    fields=(
        _field("id", "int4", "integer", nullable=False, identity="default"),
        _field("name", "text", "text"),
    ),
    key=("id",),
    uniques=(Unique(name="artist_pkey", fields=("id",), primary=True),),
    relations=(_relation("albums", "album", "many", ("id", "artist_id"), "album_artist_id_fkey"),),
    insertable=True,
    updatable=True,
    deletable=True,
)
ALBUM = Resource(
    name="album",
    schema="public",
    table="album",
    kind="table",
    fields=(
        _field("id", "int4", "integer", nullable=False),
        _field("title", "text", "text", nullable=False),
        _field("artist_id", "int4", "integer", nullable=False),
        _field("plays", "int8", "bigint"),
        _field("price", "numeric", "numeric(10,2)"),
        _field("released", "date", "date"),
        _field("live", "bool", "boolean"),
        _field("ref", "uuid", "uuid"),
        _field("extra", "json", "jsonb"),
        _field("tags", "array", "text[]", element="text"),
        _field("mood", "enum", "public.mood", values=("calm", "wild")),
        _field("slug", "text", "text", generated=True),
    ),
    key=("id",),
    uniques=(Unique(name="album_pkey", fields=("id",), primary=True),),
    relations=(
        _relation("artist", "artist", "one", ("artist_id", "id"), "album_artist_id_fkey", owning=True, optional=False),
        _relation("tracks", "track", "many", ("id", "album_id"), "track_album_id_fkey"),
    ),
    insertable=True,
    updatable=True,
    deletable=True,
)
TRACK = Resource(
    name="track",
    schema="public",
    table="track",
    kind="table",
    fields=(
        _field("album_id", "int4", "integer", nullable=False),
        _field("number", "int2", "smallint", nullable=False),
        _field("seconds", "float8", "double precision"),
    ),
    key=("album_id", "number"),
    relations=(_relation("album", "album", "one", ("album_id", "id"), "track_album_id_fkey", owning=True),),
    insertable=True,
    updatable=True,
    deletable=True,
)
STATS = Resource(name="stats", schema="public", table="stats", kind="view", fields=(_field("total", "int8", "bigint"),))
CATALOG = Catalog(
    engine="postgresql", version="v1", schemas=("public",), resources=(ARTIST, ALBUM, TRACK, STATS), role="admin"
)
CLERK = Catalog(
    engine="postgresql",
    version="v1",
    schemas=("public",),
    role="clerk",
    resources=(
        msgspec.structs.replace(ALBUM, fields=ALBUM.fields[:3], updatable=False, deletable=False, aggregates=False),
        msgspec.structs.replace(TRACK, fields=(), key=(), updatable=False, deletable=False),
    ),
    writable={"album": Writable(create=frozenset({"title"})), "track": Writable(create=frozenset({"number"}))},
    hidden={"track": TRACK.fields},
)
NOTHING = Catalog(engine="postgresql", version="v1", schemas=("public",), resources=(), role=ANONYMOUS_ROLE)


def _value(output: Any) -> Any:
    match output:
        case Constant(value=value):
            return value
        case Group(outputs=outputs):
            return _object(outputs)
        case Rows(outputs=outputs):
            return [_object(outputs)]
        case Affected() | Aggregate():
            return 1
        case Embed(node=node):
            return _shaped(node)
        case FieldOutput(field=field):
            return field.name
    raise AssertionError(output)


def _object(outputs: Sequence[Any]) -> dict[str, Any]:
    return {output.key: _value(output) for output in outputs}


def _shaped(node: Node) -> Any:
    return [_object(node.outputs)] if node.shape == "many" else _object(node.outputs)


class FakeData:
    """Answers every operation with one row whose values are the fields' names; ``problem`` is raised instead."""

    def __init__(self) -> None:
        self.catalogs = {"admin": CATALOG, "clerk": CLERK}
        self.problem: Problem | None = None
        self.asked: list[tuple[Document, list[Any]]] = []

    def catalog(self, caller: Caller) -> Catalog:
        return self.catalogs.get(caller.principal.role, NOTHING)

    def execute(self, operation: Any, values: Sequence[Any], caller: Caller) -> Result:
        assert isinstance(operation, Document)
        if self.problem is not None:
            raise self.problem
        self.asked.append((operation, list(values)))
        answer = {member.key: self._member(member.operation) for member in operation.members}
        return Result(body=msgspec.json.encode(answer), catalog_version="v1")

    def _member(self, operation: Any) -> Any:
        match operation:
            case Constant(value=value):
                return value
            case Read(node=node):
                return _shaped(node)
        if isinstance(operation, Update | Delete):
            assert operation.filter is not None
        return _shaped(operation.returning)


class FakeGate:
    """Every caller has the role in ``role``."""

    def __init__(self) -> None:
        self.role = "admin"
        self.problem: Problem | None = None

    def caller(self) -> Caller:
        if self.problem is not None:
            raise self.problem
        return Caller(principal=Principal(role=self.role, subject="someone"))


class Suite:
    """The service with its surroundings."""

    def __init__(self) -> None:
        self.data, self.gate = FakeData(), FakeGate()
        self.http = create_app(GraphqlSettings(graphql_batch=3), data=self.data, edge=self.gate).test_client()

    def ask(self, query: str, variables: Any = None, **headers: str) -> Any:
        response = self.http.post("/v1/graphql", json={"query": query, "variables": variables}, headers=headers)
        return response.get_json()

    def error(self, query: str, variables: Any = None) -> tuple[str, str, str]:
        """Message, code and path of the one error."""
        answer = self.ask(query, variables)
        assert list(answer) == ["errors"], answer
        (error,) = answer["errors"]
        return error["message"], error["extensions"]["code"], error["extensions"]["path"]


@pytest.fixture
def suite() -> Suite:
    return Suite()


@pytest.fixture(scope="session")
def role_schema() -> RoleSchema:
    return build(CATALOG)


@pytest.fixture
def translate(role_schema: RoleSchema) -> Callable[..., tuple[Any, list[Any]]]:
    """A document's operation: the only member's, or with several a dict by response key; and its values."""

    def run(text: str, **variables: Any) -> tuple[Any, list[Any]]:
        prepared = prepare(role_schema, text, Limits())
        compiled = compile_operation(role_schema, prepared, choose(prepared, None), variables)
        members = {member.key: member.operation for member in compiled.document.members}
        return (next(iter(members.values())) if len(members) == 1 else members), compiled.values

    return run
