"""Functions over a row that take arguments: planned and written for PostgreSQL, without a server."""

import pytest
from contracts.catalog import Argument, Catalog, Relation, Resource, RowFunction
from contracts.fields import Field
from contracts.filters import FieldRef, Given, Param, RelationRef
from contracts.operations import Embed, FieldOutput, Node, Read, Sort, decode, encode
from contracts.problems import Problem
from data_service.access import restrict
from data_service.plan.filters import Names
from data_service.plan.nodes import Source
from data_service.plan.reads import plan_read
from data_service.policy_rules import NOTHING_OPEN
from data_service.sql.emit import Emitter
from data_service.sql.postgres import PostgresDialect
from data_service.sql.statements import Arguments, Caps

ROW = 'row({0}."id", {0}."name")::"public"."writer"'
WORD = Argument(name="word", type="text", db_type="text")
TIMES = Argument(name="times", type="int4", db_type="integer", required=False)
SESSION = Argument(name="hasura_session", type="json", db_type="json")


def _expression(function, before=""):
    return (f'"public"."{function}"({before}row(', "id", ", ", "name", ')::"public"."writer")')


def _made(name, **more):
    field = Field(
        name=name, type="text", db_type="text", origin="expression", expression=_expression(name), filterable=not more.get("arguments")
    )  # fmt: skip
    return RowFunction(function=name, field=field, **more)


ID, NAME = Field(name="id", type="int4", db_type="integer"), Field(name="name", type="text", db_type="text")
FOUND = Relation(
    name="found", target="writer", cardinality="many", pairs=(), constraint="found", expression=_expression("found", '"of" := ')
)  # fmt: skip
WRITER = Resource(
    name="writer", schema="public", table="writer", kind="table", fields=(ID, NAME),
    row_functions=(
        _made("shout", arguments=(WORD, TIMES)),
        _made("seen", session=SESSION),
        _made("both", arguments=(TIMES,), session=SESSION),
        _made("plain"),
        RowFunction(function="found", relation=FOUND, arguments=(WORD,)),
    ),
)  # fmt: skip
CATALOG = Catalog(engine="postgresql", version="1", schemas=("public",), resources=(WRITER,))


def word(index):
    return (Given("word", Param(index)),)


def node(*outputs, **more):
    return Node(tuple(outputs), **more)


def output(key, name, arguments=None):
    return FieldOutput(key, FieldRef(name, arguments=arguments))


def planned(read):
    return restrict(plan_read(Names(CATALOG, CATALOG), read), CATALOG, NOTHING_OPEN, "admin")


def written(read):
    found = Emitter(PostgresDialect(), CATALOG, Caps()).read(planned(read))
    return found.statement


def test_arguments_are_bound_and_named_after_the_row():
    asked = Read(
        "writer", node(output("a", "shout", word(0)), output("b", "shout", (*word(1), Given("times", Param(2)))))
    )
    statement = written(asked)
    row = ROW.format("t1")
    assert f'cast(("public"."shout"({row}, "word" := $1::text)) as text)' in statement.sql
    assert f'cast(("public"."shout"({row}, "word" := $2::text, "times" := $3::integer)) as text)' in statement.sql
    assert statement.arguments(Arguments(["x", "y", 3], {})) == ["x", "y", "3"]


def test_the_row_may_be_passed_by_name():
    asked = Read("writer", node(Embed("f", RelationRef("found", arguments=word(0)), node(output("id", "id")))))
    statement = written(asked)
    call = f'"public"."found"("of" := {ROW.format("t1")}, "word" := $1::text) as t2'
    assert call in statement.sql
    assert statement.arguments(Arguments(["x"], {})) == ["x"]


def test_the_session_is_passed_by_whoever_asks():
    statement = written(Read("writer", node(output("s", "seen"), output("b", "both", ()))))
    assert [bind.source for bind in statement.binds] == [Source("session"), Source("session")]
    session = {"x-hasura-user-id": "7"}
    assert statement.arguments(Arguments([], session)) == ['{"x-hasura-user-id":"7"}'] * 2
    assert '"hasura_session" := $1::json' in statement.sql


def test_one_call_is_one_text_however_often_it_is_used():
    seen = FieldRef("seen")
    asked = Read("writer", Node((FieldOutput("s", seen), output("n", "name")), group_by=(seen, FieldRef("name"))))
    assert written(asked).sql.count("$2") == 0


def test_values_are_no_part_of_the_shape():
    one = Read("writer", node(output("a", "shout", word(0))))
    assert encode(one) == encode(Read("writer", node(output("a", "shout", word(0)))))
    assert decode(encode(one)) == one
    assert b"arguments" not in encode(Read("writer", node(output("id", "id"))))  # what it was before


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (output("a", "shout"), "42703"),  # REST's computed columns take no arguments
        (output("a", "shout", ()), "42883"),
        (output("a", "shout", (*word(0), Given("nope", Param(1)))), "42883"),
        (output("a", "shout", (*word(0), *word(1))), "42883"),
        (output("a", "plain", ()), "42703"),
        (output("a", "seen", (Given("hasura_session", Param(0)),)), "42883"),  # nobody says who one is
        (output("a", "name", word(0)), "42703"),
        (Embed("f", RelationRef("found"), node(output("id", "id"))), "PGRST200"),
        (Embed("f", RelationRef("found", arguments=()), node(output("id", "id"))), "42883"),
        (Embed("f", RelationRef("nope", arguments=()), node(output("id", "id"))), "PGRST200"),
    ],
)
def test_what_does_not_fit(asked, code):
    with pytest.raises(Problem) as caught:
        planned(Read("writer", node(asked)))
    assert caught.value.code == code


CALLED = FieldRef("shout", arguments=word(0))


@pytest.mark.parametrize("more", [{"sort": (Sort(CALLED),)}, {"distinct_on": ("shout",)}, {"group_by": (CALLED,)}])
def test_what_takes_arguments_can_only_be_read(more):
    with pytest.raises(Problem) as caught:
        planned(Read("writer", node(output("id", "id"), **more)))
    assert caught.value.code in ("PGRST100", "42703")
