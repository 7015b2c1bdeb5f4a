"""The configuration's bounds of GraphQL documents: read, refused where wrong, and told to the facades by role."""

import apsw
import pytest
from contracts.graphql import Bounds
from contracts.identity import Caller, Principal
from data_service.engine import Engine
from data_service.execute.sqlite import SqliteDatabase
from data_service.policies import ConfigurationError, parse
from data_service.reflect.assemble import magnitude

TEXT = """
version: 1
graphql:
  report_only: true
  limits: {depth: 8, seconds: 2.5}
  roles:
    guest: {depth: 4, cost: 1000, introspection: false}
resources:
  thing:
    permissions:
      guest: {select: {columns: '*', filter: {}, limit: 20}}
      counter: {select: {columns: '*', filter: {}, allow_aggregations: true}}
"""


def test_a_roles_bounds_come_before_everybodys():
    documents = parse(TEXT).documents
    assert documents.of("clerk") == Bounds(depth=8, seconds=2.5, report_only=True)
    assert documents.of("guest") == Bounds(depth=4, cost=1000, seconds=2.5, introspection=False, report_only=True)
    assert parse("version: 1").documents.of("guest") is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("limits: {depth: 0}", "depth must be a whole number above 0, not `0`"),
        ("limits: {cost: many}", "cost must be a whole number above 0, not `many`"),
        ("limits: {seconds: -1}", "seconds must be a number above 0, not `-1`"),
        ("limits: {introspection: 1}", "introspection must be true or false, not `1`"),
        ("report_only: [true]", "report_only must be true or false, not a list"),
        ("roles: {guest: {width: 4}}", "width"),
    ],
)
def test_what_is_wrong(line, message):
    with pytest.raises(ConfigurationError) as caught:
        parse(f"version: 1\ngraphql:\n  {line}\n")
    (fault,) = caught.value.faults
    assert fault.line == 3
    assert message in fault.message


@pytest.mark.parametrize(
    ("rows", "power"), [(-1, None), (None, None), (0, 1), (1, 1), (2, 10), (10, 10), (11, 100), (12_345, 100_000)]
)
def test_numbers_of_rows_are_rough(rows, power):
    assert magnitude(rows) == power


@pytest.fixture
def things(tmp_path):
    path = tmp_path / "things.db"
    connection = apsw.Connection(str(path))
    connection.execute("create table thing (id integer primary key, name text)")
    connection.execute("insert into thing (name) select value from json_each('[" + "1," * 41 + "1]')")
    connection.close()
    config = tmp_path / "trivet.yaml"
    config.write_text(TEXT)
    engine = Engine(SqliteDatabase(path, size=1, limit=5.0), config=config)
    engine.refresh()
    yield engine
    engine.close()


def test_facades_are_told_by_role(things):
    def seen(role):
        return things.catalog(Caller(principal=Principal(role=role, subject="x", roles=(role,))))

    assert seen("guest").bounds.depth == 4
    # how many there are is known to those who may count them
    assert [seen(role).by_name["thing"].rows for role in ("guest", "counter", "admin")] == [20, 100, 100]
