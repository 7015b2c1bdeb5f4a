"""Computed fields with arguments: the operations that documents become, and that values are no part of their shape."""

import pytest
from contracts.catalog import Argument, Catalog, Relation, Resource, RowFunction
from contracts.fields import Field
from contracts.filters import FieldRef, Given, Param, RelationRef
from contracts.operations import Embed, FieldOutput, Node, Read
from graphql_service.errors import Refusal
from graphql_service.limits import Limits
from graphql_service.request import choose, compile_operation, prepare
from graphql_service.schema import build
from graphql_service.shapes import Shapes

WORD = Argument(name="word", type="text", db_type="text")
TIMES = Argument(name="times", type="int4", db_type="integer", required=False)
MADE = Field(name="shout", type="json", db_type="jsonb", origin="expression", filterable=False)
FOUND = Relation(name="found", target="writer", cardinality="many", pairs=(), constraint="found")
FIRST = Relation(name="first", target="writer", cardinality="one", pairs=(), constraint="first")
WRITER = Resource(
    name="writer", schema="public", table="writer", kind="table", key=("id",),
    fields=(Field(name="id", type="int4", db_type="integer", nullable=False), Field(name="name", type="text", db_type="text")),
    row_functions=(
        RowFunction(function="shout", field=MADE, arguments=(WORD, TIMES)),
        RowFunction(function="found", relation=FOUND, arguments=(WORD,)),
        RowFunction(function="first", relation=FIRST, arguments=(TIMES,)),
    ),
)  # fmt: skip
CATALOG = Catalog(engine="postgresql", version="v1", schemas=("public",), resources=(WRITER,), role="admin")
SCHEMA = build(CATALOG)


def translated(text, **variables):
    prepared = prepare(SCHEMA, text, Limits())
    compiled = compile_operation(SCHEMA, prepared, choose(prepared, None), variables)
    return compiled.document.members[0].operation, compiled.values


def word(index):
    return Given("word", Param(index))


def test_operations():
    asked, values = translated("""{ writer {
        a: shout(args: {word: "x"}) b: shout(args: {times: 2, word: "y"}, path: "k[0]")
        found(args: {word: "z"}, limit: 3) { id } first { id } } }""")
    only_id = Node((FieldOutput("id", FieldRef("id")),))
    assert asked == Read("writer", Node((
        FieldOutput("a", FieldRef("shout", arguments=(word(0),))),
        FieldOutput("b", FieldRef("shout", ("k", 0), arguments=(word(1), Given("times", Param(2))))),
        Embed("found", RelationRef("found", arguments=(word(3),)), Node(only_id.outputs, limit=Param(4))),
        Embed("first", RelationRef("first", arguments=()), only_id),
    )))  # fmt: skip
    assert values == ["x", "y", 2, "z", 3]


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("query($w: String!) { writer { shout(args: {word: $w}) } }", {"w": "a"}, {"w": "b"}),
        ("query($a: shout_writer_args!) { writer { shout(args: $a) } }", {"a": {"word": "a"}}, {"a": {"word": None, }}),
        ("query($a: found_writer_args!) { writer { found(args: $a) { id } } }", {"a": {"word": "a"}}, {"a": {"word": "b"}}),
    ],
)  # fmt: skip
def test_one_shape_is_translated_once(text, first, second):
    shapes, prepared = Shapes(), prepare(SCHEMA, text, Limits())
    found = [shapes.translate(SCHEMA, prepared, choose(prepared, None), given) for given in (first, second, first)]
    assert found[0][0] is found[2][0]
    for (compiled, values), given in zip(found, (first, second, first), strict=True):
        assert (compiled.document.members[0].operation, values) == translated(text, **given)


def test_an_argument_that_is_left_out():
    with pytest.raises(Refusal) as caught:
        translated("query($w: String) { writer { shout(args: {word: $w}) } }")
    [error] = caught.value.errors
    assert (error.message, error.code) == ("Non default arguments cannot be omitted", "not-supported")
    assert error.path == ("selectionSet", "writer", "selectionSet", "shout", "args", "args")
