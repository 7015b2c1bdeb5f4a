"""The database's own plans: where rules of the configuration decide they are shown to admin alone."""

import psycopg
import pytest
from contracts.filters import FieldRef
from contracts.identity import Around, Caller, Principal, narrowed
from contracts.operations import FieldOutput, Node, Read
from contracts.problems import Problem
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase

CONFIG = """
version: 1
resources:
  papers: {permissions: {clerk: {select: {columns: [id], filter: {secret: {_neq: hush}}}}}}
"""
READ = Read("papers", Node((FieldOutput("id", FieldRef("id")),)))


@pytest.fixture(scope="module")
def engine(postgres_server, tmp_path_factory):
    url = postgres_server.create_database("planning")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "create table papers (id integer primary key, secret text); insert into papers values (1, 'hush')"
        )
    config = tmp_path_factory.mktemp("planning") / "trivet.yaml"
    config.write_text(CONFIG)
    database = PostgresDatabase(url, size=1, limit=5.0)
    made = Engine(database, config=config, plans=True)
    made.refresh()
    yield made
    database.close()


def plan(engine, role, options=""):
    who = Caller(principal=Principal(role=role, subject="s"), around=Around(plan=f"text{options}"))
    return engine.execute(READ, (), who).body


def test_admin_sees_the_plan(engine):
    assert b"Scan on papers" in plan(engine, "admin")


@pytest.mark.parametrize("role", ["clerk", narrowed("admin", ["papers"])])
@pytest.mark.parametrize("options", ["", " analyze verbose"])
def test_nobody_else_is_told_what_policies_hide(engine, role, options):
    with pytest.raises(Problem) as caught:
        plan(engine, role, options)
    assert (caught.value.code, caught.value.message) == ("42501", "permission denied for plans")
    assert "hush" not in str(caught.value.details)
