"""Functions over a row, as they are reflected on a real server: which become computed fields, and with what."""

import psycopg
import pytest
from contracts.catalog import Catalog
from data_service.reflect.options import Computed, Exposure
from data_service.reflect.postgres import reflect

SCRIPT = r"""
create schema other;
create table writer (id int primary key, name text not null);
create table piece (id int primary key, writer_id int);
create function plain(writer) returns text language sql stable return $1.name;
create function moving(writer) returns text language sql volatile return $1.name;
create function shout(writer writer, mark text, times int default 1) returns text language sql immutable return writer.name;
comment on function shout is 'Loudly';
create function found(search text, of_writer writer) returns setof piece language sql stable
    begin atomic select * from piece where writer_id = of_writer.id; end;
create function longest(w writer, at_least int default 0) returns setof piece rows 1 language sql stable
    begin atomic select * from piece where writer_id = w.id limit 1; end;
create function seen(w writer, hasura_session json) returns text language sql stable return hasura_session ->> 'x';
create function seen_as(w writer, hasura_session jsonb, n int) returns text language sql stable return w.name;
create function who_is(w writer, who json) returns text language sql stable return who ->> 'x';
create function joined(w writer, p piece) returns text language sql stable return w.name;
create function overloaded(w writer) returns text language sql stable return w.name;
create function overloaded(w writer, a int) returns text language sql stable return w.name;
create function twin(w writer, a int) returns text language sql stable return w.name;
create function twin(w writer, a text) returns text language sql stable return w.name;
create function changing(w writer, a int) returns text language sql volatile return w.name;
create function nameless(writer, int) returns text language sql stable return $1.name;
create function half_named(int, w writer) returns text language sql stable return w.name;
create function unsaid(a int, writer) returns text language sql stable return $2.name;
create function many(w writer, variadic parts text[]) returns text language sql stable return w.name;
create function outs(w writer, a int, out b int) language sql stable return a;
create function any_of(w writer, a anyelement) returns text language sql stable as 'select w.name';
create function powerful(w writer, a int) returns text language sql stable security definer return w.name;
create function other.far(w writer, a int) returns text language sql stable return w.name;
"""


@pytest.fixture(scope="module")
def connection(postgres_server):
    url = postgres_server.create_database("reflect_row_functions", SCRIPT)
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def made(catalog: Catalog, resource: str) -> dict[str, str]:
    """The functions over rows of a resource, by name: what each takes beside the row."""
    return {
        one.name: ", ".join(f"{a.name}: {a.db_type}{'' if a.required else '?'}" for a in one.arguments)
        + (f" [{one.session.name}]" if one.session else "")
        for one in catalog.by_name[resource].row_functions
    }


def test_which_become_fields(connection) -> None:
    catalog = reflect(connection, Exposure(schemas=("public",)))
    assert made(catalog, "writer") == {
        "found": "search: text",
        "joined": "p: public.piece",
        "longest": "at_least: integer?",
        "moving": "",
        "overloaded": "",
        "plain": "",
        "seen": " [hasura_session]",
        "seen_as": "n: integer [hasura_session]",
        "shout": "mark: text, times: integer?",
        "who_is": "who: json",
    }
    assert made(catalog, "piece") == {}
    writer = catalog.by_name["writer"]
    assert set(writer.by_name) == {"id", "name", "moving", "overloaded", "plain", "seen"}
    assert writer.row_relations == {}
    shout = writer.row_calls["shout"]
    assert (shout.function, shout.field.comment, shout.field.filterable) == ("shout", "Loudly", False)
    assert writer.by_name["seen"].filterable
    found = writer.row_calls["found"].relation
    assert (found.target, found.cardinality) == ("piece", "many")
    assert found.expression[0] == '"public"."found"("of_writer" := row('
    assert writer.row_calls["longest"].relation.cardinality == "one"


def test_which_the_configuration_names(connection) -> None:
    computed = {
        ("writer", "found"): Computed("pieces", "of_writer", "What was found"),
        ("piece", "joined"): Computed("with_writer", "p"),
        ("writer", "shout"): Computed("plain", "writer"),  # in the place of another
        ("writer", "changing"): Computed("change", "w"),
    }
    exposure = Exposure(
        schemas=("public", "other"), computed=computed, sessions={"who_is": "who"}, definers=frozenset({"powerful"})
    )
    catalog = reflect(connection, exposure)
    found = made(catalog, "writer")
    assert found["pieces"] == "search: text"
    assert "found" not in found
    assert found["plain"] == "mark: text, times: integer?"
    assert found["who_is"] == " [who]"
    assert found["powerful"] == "a: integer"
    assert found["far"] == "a: integer"
    assert "change" not in found
    assert made(catalog, "piece") == {"with_writer": "w: public.writer"}
    assert {one.comment for one in catalog.by_name["writer"].row_functions if one.name == "pieces"} == {
        "What was found"
    }


def test_a_session_argument_is_no_clients_in_a_call_either(connection) -> None:
    catalog = reflect(connection, Exposure(schemas=("public",), sessions={"who_is": "who"}))
    [function] = catalog.functions_by_name["who_is"]
    assert ([argument.name for argument in function.arguments], function.session.name) == (["w"], "who")
