"""Functions over rows of a table with protected fields: nobody calls them who does not see these as they are kept."""

import json

import pytest
from contracts.filters import FieldRef, Given, Param, RelationRef
from contracts.identity import Caller, Principal
from contracts.operations import Embed, FieldOutput, Node, Read
from contracts.problems import Problem
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase

from tests.fixtures.on_hub import EngineOnHub, TurningHub

SCHEMA = """
create table people (id int primary key, name text, mail text);
create table words (id int primary key, word text);
insert into people values (1, 'Ada', 'ada@example.org');
insert into words values (1, 'ada@example.org');
create function plain(people) returns text language sql stable as 'select $1.mail';
create function loud(people, tail text) returns text language sql stable as 'select $1.mail || tail';
create function found(people, tail text) returns setof words language sql stable as
    'select * from words where word = $1.mail || tail';
"""
CONFIG = """
version: 1
functions:
  plain: &called {permissions: {doctor: {}, clerk: {}, guest: {}}}
  loud: *called
  found: *called
resources:
  people:
    fields: {mail: {protect: {mask: hidden, roles: {doctor: clear, clerk: '***{last:4}'}}}}
    permissions:
      doctor: {select: {columns: '*', filter: {}}}
      clerk: {select: {columns: '*', filter: {}}}
      guest: {select: {columns: [id, name], filter: {}}}
  words: {permissions: {doctor: &all {select: {columns: '*', filter: {}}}, clerk: *all, guest: *all}}
"""
TAIL = (Given("tail", Param(0)),)
ASKED = {
    "plain": FieldOutput("made", FieldRef("plain")),
    "loud": FieldOutput("made", FieldRef("loud", arguments=TAIL)),
    "found": Embed("made", RelationRef("found", arguments=TAIL), Node((FieldOutput("word", FieldRef("word")),))),
}


@pytest.fixture(scope="module")
def engine(postgres_server, tmp_path_factory):
    config = tmp_path_factory.mktemp("protected") / "trivet.yaml"
    config.write_text(CONFIG)
    url = postgres_server.create_database("protected_row_functions", SCHEMA)
    with TurningHub() as turning:
        made = Engine(PostgresDatabase(url, size=2, limit=5.0), config=config)
        made.refresh()
        yield EngineOnHub(made, turning)
        turning.run(made.close)


def ask(engine, role, name):
    """What a function makes of the one row, for a role."""
    caller = Caller(principal=Principal(role=role, subject="s", session={}))
    return json.loads(engine.execute(Read("people", Node((ASKED[name],))), [""], caller).body)[0]["made"]


def test_who_sees_all_fields_may_call_them(engine):
    assert ask(engine, "doctor", "plain") == ask(engine, "doctor", "loud") == "ada@example.org"
    assert ask(engine, "doctor", "found") == [{"word": "ada@example.org"}]


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("role", ["clerk", "guest"])
def test_who_does_not_has_no_such_fields(engine, role, name):
    """Whether the protected field is masked for a role, or none of its columns at all."""
    with pytest.raises(Problem) as refused:
        ask(engine, role, name)
    assert refused.value.code == ("PGRST200" if name == "found" else "42703")
