"""What an engine does about a database or a configuration that has changed behind its back."""

import os
from contextlib import closing

import apsw
import psycopg
import pytest
from contracts.filters import Compare, FieldRef, Param
from contracts.identity import Caller
from contracts.operations import Create, FieldOutput, Node, Read
from contracts.problems import Problem
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase

from tests.fixtures.guarded_store import ADMIN, exact

SCHEMA = """
create table things (id integer primary key, name text);
create table others (id integer primary key);
insert into things values (1, 'one');
"""
CONFIG = """
version: 1
resources:
  things:
    permissions:
      anonymous: {{select: {{columns: [id, name], filter: {filter}}}}}
"""


class Place:
    """A database, ways to change it from outside, and a configuration."""

    def __init__(self, database, change, config):
        self.change = change
        self.config = config
        self.say("{}")
        self.engine = Engine(database, config=config)
        self.engine.refresh()

    def say(self, condition):
        self.config.write_text(CONFIG.format(filter=condition))

    def ask(self, operation, *values, caller=ADMIN.caller):
        return exact(self.engine.execute(operation, list(values), caller).body)

    def refusal(self, operation, *values, caller=ADMIN.caller):
        with pytest.raises(Problem) as refused:
            self.engine.execute(operation, list(values), caller)
        return refused.value


def sqlite_change(path):
    """Changes by the engine's own copy of SQLite.

    Locks are a process's: what Python's own copy has begun, the engine's would take for the leavings of a crash, and
    roll back.
    """

    def change(script):
        with closing(apsw.Connection(str(path))) as connection:
            connection.set_busy_timeout(5000)
            connection.execute(script)

    return change


def postgres_change(url):
    def change(script):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(script)

    return change


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    if request.param == "sqlite":
        path = tmp_path / "things.db"
        sqlite_change(path)(SCHEMA)
        made = Place(SqliteDatabase(path, size=2, limit=5.0), sqlite_change(path), tmp_path / "trivet.yaml")
    else:
        url = request.getfixturevalue("postgres_server").create_database("noticed", SCHEMA)
        made = Place(PostgresDatabase(url, size=2, limit=5.0), postgres_change(url), tmp_path / "trivet.yaml")
    yield made
    made.engine.close()


NAME = Read("things", Node(outputs=(FieldOutput("name", FieldRef("name")),)))


def test_a_read_of_all_fields_outlives_a_dropped_one(place):
    assert place.ask(Read("things")) == [{"id": 1, "name": "one"}]
    place.change("alter table things drop column name")
    assert place.ask(Read("things")) == [{"id": 1}]


def test_a_field_that_is_gone_is_told_as_unknown(place):
    assert place.ask(NAME) == [{"name": "one"}]
    place.change("alter table things rename column name to title")
    problem = place.refusal(NAME)
    assert (problem.code, problem.status) == ("42703", 400)
    assert "name" in problem.message
    assert place.ask(Read("things")) == [{"id": 1, "title": "one"}]


def test_a_write_to_a_field_that_is_gone_is_told_as_unknown(place):
    create = Create("things", ("id", "name"), Param(0))
    place.engine.execute(create, [[{"id": 2, "name": "two"}]], ADMIN.caller)
    place.change("alter table things drop column name")
    assert place.refusal(create, [{"id": 3, "name": "three"}]).code == "PGRST204"
    assert place.ask(Read("things", Node(filter=Compare(FieldRef("id"), "eq", Param(0)))), 3) == []


def test_a_table_that_is_gone_is_told_as_unknown(place):
    assert place.ask(Read("others")) == []
    place.change("drop table others")
    problem = place.refusal(Read("others"))
    assert (problem.code, problem.status) == ("PGRST205", 404)
    assert place.ask(NAME) == [{"name": "one"}]


def test_changes_are_found_by_watching(place, until):
    place.engine.watch(0.1)
    place.change("alter table things add colour text; create table more (id integer primary key)")
    until(lambda: {"more"} <= {r.name for r in place.engine.catalog(ADMIN.caller).resources}, "no new table")
    assert place.ask(Read("things")) == [{"id": 1, "name": "one", "colour": None}]


def test_a_rule_about_a_field_that_is_gone_lets_nothing_through(place):
    place.say("{name: {_eq: one}}")
    place.engine.refresh()
    assert place.ask(Read("things"), caller=Caller()) == [{"id": 1, "name": "one"}]
    place.change("alter table things rename column name to title")
    place.engine.refresh()
    problem = place.refusal(Read("things"), caller=Caller())
    assert problem.status in (401, 403, 404)
    assert place.ask(Read("things")) == [{"id": 1, "title": "one"}]


def test_a_configuration_that_is_wrong_changes_nothing_until_it_is_right(place):
    version = place.engine.version
    for broken in ("resources: [", "version: 1\nresources: {things: {permisions: {}}}"):
        place.config.write_text(broken)
        assert not place.engine.refresh()
        assert place.ask(Read("things"), caller=Caller()) == [{"id": 1, "name": "one"}]
    place.config.unlink()
    assert not place.engine.refresh()
    place.say("{id: {_gt: 1}}")
    assert place.engine.refresh()
    assert place.engine.version != version
    assert place.ask(Read("things"), caller=Caller()) == []


def test_those_without_a_credential_may_have_another_role(place):
    text = place.config.read_text().replace("anonymous:", "visitor:")
    place.config.write_text(text + "anonymous_role: visitor\n")
    assert place.engine.refresh()
    assert place.ask(Read("things"), caller=Caller()) == [{"id": 1, "name": "one"}]
    assert [resource.name for resource in place.engine.catalog(Caller()).resources] == ["things"]


def test_another_file_in_its_place_is_served(tmp_path, until):
    path, other = tmp_path / "things.db", tmp_path / "other.db"
    sqlite_change(path)(SCHEMA)
    sqlite_change(other)(SCHEMA + "insert into things values (2, 'two'); create table more (id integer primary key)")
    engine = Engine(SqliteDatabase(path, size=2, limit=5.0))
    engine.watch(0.1)
    until(lambda: engine.ready, "no first catalog")
    assert len(exact(engine.execute(Read("things"), [], ADMIN.caller).body)) == 1
    engine.execute(Create("others", ("id",), Param(0)), [[{"id": 1}]], ADMIN.caller)
    os.replace(other, path)
    until(lambda: len(engine.catalog(ADMIN.caller).resources) == 3, "the new file's table is not there")
    assert len(exact(engine.execute(Read("things"), [], ADMIN.caller).body)) == 2
    engine.execute(Create("things", ("id",), Param(0)), [[{"id": 3}]], ADMIN.caller)
    with closing(apsw.Connection(str(path))) as connection:
        assert connection.execute("select count(*) from things").fetchone() == (3,)
    engine.close()


def test_while_a_migration_holds_its_locks_the_last_catalog_serves(postgres_server, tmp_path):
    url = postgres_server.create_database("locked", SCHEMA)
    place = Place(PostgresDatabase(url, size=2, limit=5.0), postgres_change(url), tmp_path / "trivet.yaml")
    with psycopg.connect(url) as migration:
        migration.execute("create view seen as select id from others; alter table others add colour text")
        assert not place.engine.refresh()
        assert place.ask(NAME) == [{"name": "one"}]
    assert place.engine.refresh()
    assert {"seen"} <= {resource.name for resource in place.engine.catalog(ADMIN.caller).resources}
    place.engine.close()


@pytest.mark.parametrize("channel", ["trivet", "pgrst"])
def test_a_notification_is_heard_even_after_the_connection_was_lost(postgres_server, tmp_path, until, channel):
    url = postgres_server.create_database("heard", SCHEMA)
    place = Place(PostgresDatabase(url, size=2, limit=5.0), postgres_change(url), tmp_path / "trivet.yaml")
    place.engine.watch(3600.0)
    for number in range(2):
        place.change(f"alter table things add extra_{number} text; notify {channel}")
        name = f"extra_{number}"
        until(lambda name=name: name in place.engine.catalog(ADMIN.caller).by_name["things"].by_name, "not heard")
        place.change("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'trivet catalog'")
    place.engine.close()
