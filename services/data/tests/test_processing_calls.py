"""Rows that a function of PostgreSQL returns have the fields that rules make, as the rows of their table have."""

import json
from decimal import Decimal

import pytest
from contracts.filters import Compare, FieldRef, Given, Param
from contracts.identity import Caller, Principal
from contracts.operations import Call, FieldOutput, Node, Sort
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.processing.setting import Means

ADMIN = Caller(principal=Principal(role="admin", subject="s"))
SCRIPT = """
create table products (id integer primary key, name text, price numeric(10,2));
insert into products values (1, 'Anvil', 100), (2, 'Rope', 9.90), (3, 'Paint', 5);
create function cheap(most numeric) returns setof products language sql stable as
  'select * from products where price < most';
create function added(a integer, b integer) returns integer language sql immutable as 'select a + b';
"""
CONFIG = """
version: 1
resources:
  products:
    fields:
      doubled: {compute: {sql: price * 2, type: 'numeric(12,2)'}}
      label: {compute: {python: label, needs: [name, doubled], type: text}}
"""


class Here:
    """The function that computes a field, run in this process."""

    functions = ("label",)

    def compute(self, function, rows, types, occasion):
        return [f"{row['name']}: {row['doubled']}" for row in rows]


@pytest.fixture(scope="module")
def engine(postgres_server, tmp_path_factory):
    config = tmp_path_factory.mktemp("calls") / "trivet.yaml"
    config.write_text(CONFIG)
    database = PostgresDatabase(postgres_server.create_database("processing_calls", SCRIPT), size=2, limit=5.0)
    engine = Engine(database, config=config, means=Means(computers=Here()))
    engine.refresh()
    yield engine
    engine.close()


def ask(engine, call, values):
    return json.loads(engine.execute(call, values, ADMIN).body, parse_float=Decimal)


def test_rows_of_a_table_have_its_made_fields(engine):
    outputs = tuple(FieldOutput(name, FieldRef(name)) for name in ("id", "doubled", "label"))
    node = Node(outputs, Compare(FieldRef("doubled"), "gt", Param(1)), (Sort(FieldRef("doubled")),))
    assert ask(engine, Call("cheap", (Given("most", Param(0)),), node), [50, 1]) == [
        {"id": 3, "doubled": Decimal("10.00"), "label": "Paint: 10.00"},
        {"id": 2, "doubled": Decimal("19.80"), "label": "Rope: 19.80"},
    ]


def test_a_function_of_other_things_is_called_as_ever(engine):
    assert ask(engine, Call("added", (Given("a", Param(0)), Given("b", Param(1))), Node()), [1, 2]) == 3
