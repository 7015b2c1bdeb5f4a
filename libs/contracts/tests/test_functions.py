"""Functions in the catalog and calls of them: what is said arrives, and which overload takes which arguments."""

import msgspec
import pytest
from contracts import catalog as catalogs
from contracts import operations
from contracts.catalog import Argument, Catalog, Function, Returns
from contracts.fields import Field
from contracts.filters import Compare, FieldRef, Given, Param
from contracts.operations import Call, Document, FieldOutput, Member, Node

NUMBER = Argument(name="a", type="int4", db_type="integer")
OPTIONAL = Argument(name="b", type="int4", db_type="integer", required=False)
ADD = Function(
    name="add",
    schema="public",
    function="add",
    arguments=(NUMBER, OPTIONAL),
    returns=Returns(kind="scalar", type="int4", db_type="integer"),
    volatility="immutable",
    comment="The sum.",
)
LOUD = Function(
    name="add",
    schema="public",
    function="add",
    arguments=(Argument(name="", type="json", db_type="jsonb"),),
    returns=Returns(
        kind="rows",
        many=True,
        fields=(Field(name="total", type="numeric", db_type="numeric"),),
        schema={"type": "array"},
    ),
    source="python",
)


def test_a_catalog_with_functions_arrives_as_it_was_sent() -> None:
    catalog = Catalog(engine="postgresql", version="1", schemas=("public",), resources=(), functions=(ADD, LOUD))
    assert catalogs.decode(catalogs.encode(catalog)) == catalog
    assert catalog.functions_by_name == {"add": (ADD, LOUD)}


@pytest.mark.parametrize(
    ("function", "names", "fits"),
    [
        (ADD, {"a"}, True),
        (ADD, {"a", "b"}, True),
        (ADD, {"b"}, False),
        (ADD, {"a", "c"}, False),
        (ADD, set(), False),
        (LOUD, set(), False),
        (LOUD, {""}, False),
    ],
)
def test_a_function_takes_what_it_knows_and_needs(function: Function, names: set[str], fits: bool) -> None:
    assert function.takes(frozenset(names)) is fits


def test_the_argument_without_a_name_takes_the_whole_body() -> None:
    assert LOUD.whole_body is LOUD.arguments[0]
    assert ADD.whole_body is None


def test_only_a_volatile_function_may_write() -> None:
    assert ADD.reads_only
    assert not LOUD.reads_only


def test_a_call_has_one_canonical_text() -> None:
    call = Call(
        "add",
        (Given("a", Param(0)), Given("b", Param(1), "text")),
        Node(outputs=(FieldOutput("t", FieldRef("total")),), filter=Compare(FieldRef("total"), "gt", Param(2))),
        count="exact",
        reads_only=True,
        at_most=Param(3),
    )
    assert operations.decode(operations.encode(call)) == call
    document = Document((Member("x", call), Member("y", Call("ping"))))
    assert operations.decode(operations.encode(document)) == document


def test_a_call_with_an_unknown_form_is_refused() -> None:
    text = operations.encode(Call("f", (Given("a", Param(0), "text"),))).replace(b'"text"', b'"yaml"')
    with pytest.raises(msgspec.ValidationError):
        operations.decode(text)
