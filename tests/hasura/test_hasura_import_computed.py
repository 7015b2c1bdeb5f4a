"""Hasura's computed fields imported: names, arguments, sessions and permissions, and what they answer afterwards."""

import json

import psycopg
import pytest
import yaml
from click.testing import CliRunner
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from trivet_cli.main import main

from tests.fixtures.guarded_store import ADMIN, Suite, Who, exact

DDL = """
create schema shop;
create table shop.buyers (id int primary key, name text not null);
create table shop.bills (id int primary key, buyer_id int references shop.buyers, total numeric(8,2), note text);
insert into shop.buyers values (1, 'Una'), (2, 'Vito');
insert into shop.bills values (1, 1, 10, 'late'), (2, 1, 99, 'paid'), (3, 2, 5, 'late');
create function shop.bills_noted(word text, b shop.buyers) returns setof shop.bills language sql stable begin atomic
  select * from shop.bills where buyer_id = b.id and note = word; end;
create function shop.buyer_greeting(b shop.buyers, words text default 'Hello') returns text language sql immutable
  return words || ' ' || b.name;
create function shop.rank(b shop.buyers, vars json) returns int language sql stable security definer
  return (vars ->> 'x-hasura-rank')::int + b.id;
create function shop.changing(b shop.buyers, n int) returns int language sql volatile return n;
create function shop.mine(vars json) returns setof shop.bills language sql stable begin atomic
  select * from shop.bills where buyer_id = (vars ->> 'x-hasura-buyer')::int; end;
create function shop.drawn() returns setof shop.bills language sql volatile
  as 'select * from shop.bills order by id limit 1';
"""
BUYERS, BILLS = {"schema": "shop", "name": "buyers"}, {"schema": "shop", "name": "bills"}


def _function(name):
    return {"schema": "shop", "name": name}


METADATA = {
    "version": 3,
    "sources": [{
        "name": "default", "kind": "postgres",
        "tables": [
            {"table": BUYERS, "computed_fields": [
                {"name": "noted", "definition": {"function": _function("bills_noted"), "table_argument": "b"},
                 "comment": "Bills with this note"},
                {"name": "greeting", "definition": {"function": _function("buyer_greeting")}},
                {"name": "rank", "definition": {"function": _function("rank"), "session_argument": "vars"}},
                {"name": "moving", "definition": {"function": _function("changing")}},
             ],
             "select_permissions": [
                {"role": "clerk", "permission": {"columns": ["id"], "filter": {}, "computed_fields": ["greeting", "rank"]}},
                {"role": "guest", "permission": {"columns": ["id"], "filter": {}}},
             ]},
            {"table": BILLS, "select_permissions": [
                {"role": "clerk", "permission": {"columns": ["id", "total"], "filter": {"total": {"_lt": 50}}}}]},
        ],
        "functions": [
            {"function": _function("mine"), "configuration": {"session_argument": "vars", "custom_name": "ownBills"}},
            {"function": _function("drawn"), "configuration": {
                "exposed_as": "query", "custom_root_fields": {"function": "lot", "function_aggregate": "lots"}}},
        ],
    }],
}  # fmt: skip
CLERK = Who("clerk", {"rank": "40"})


@pytest.fixture(scope="module")
def moved(postgres_server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("moved_computed")
    url, file = postgres_server.create_database("moved_computed"), folder / "trivet.yaml"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(DDL)
    (folder / "metadata.json").write_text(json.dumps(METADATA))
    arguments = ["import", "hasura", str(folder / "metadata.json"), "--database", url, "--out", str(file)]
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 0, ran.output
    engine = Engine(PostgresDatabase(url, size=2, limit=5.0), config=file)
    engine.refresh()
    made = Suite(engine, lambda: None)
    made.told, made.file, made.url = ran.output, file, url
    yield made
    engine.close()


def test_what_is_written(moved):
    document = yaml.safe_load(moved.file.read_text())
    assert document["resources"]["shop_buyers"]["computed_fields"] == {
        "noted": {"function": "shop_bills_noted", "table_argument": "b", "comment": "Bills with this note"},
        "greeting": {"function": "shop_buyer_greeting"},
    }
    assert document["functions"] == {
        "shop_rank": {"session_argument": "vars", "security_definer": True, "permissions": {"clerk": {}}},
        "shop_mine": {"session_argument": "vars", "graphql": {"name": "ownBills"}, "permissions": {"clerk": {}}},
        "shop_drawn": {
            "graphql": {"roots": {"function": "lot", "function_aggregate": "lots"}, "exposed_as": "query"},
            "permissions": {"clerk": {}},
        },
        "shop_bills_noted": {"permissions": {"clerk": {}}},
        "shop_buyer_greeting": {"permissions": {"clerk": {}}},
    }
    left_out = [line for line in moved.told.splitlines() if "computed field" in line or "session argument" in line]
    assert left_out == ["not carried over: the computed field shop_buyers.moving, which shop.changing makes"]


def test_what_is_answered(moved):
    query = """{ shop_buyers(order_by: {id: asc}, where: {rank: {_gt: 0}}) {
        greeting(args: {words: "Hi"}) rank noted(args: {word: "late"}) { id total } } }"""
    assert exact(moved.ask(query, CLERK).data) == {"data": {"shop_buyers": [
        {"greeting": "Hi Una", "rank": 41, "noted": [{"id": 1, "total": 10}]},
        {"greeting": "Hi Vito", "rank": 42, "noted": [{"id": 3, "total": 5}]},
    ]}}  # fmt: skip
    assert "greeting" in moved.ask("{ shop_buyers { greeting } }", Who("guest")).text
    assert "not found" in moved.ask('{ shop_buyers { noted(args: {word: "late"}) { id } } }', Who("guest")).text
    mine = exact(moved.ask("{ ownBills { id } lot { id } }", Who("clerk", {"buyer": "1"})).data)
    assert mine == {"data": {"ownBills": [{"id": 1}], "lot": [{"id": 1}]}}
    forged = '{ ownBills(args: {vars: "{}"}) { id } }'
    assert exact(moved.ask(forged, ADMIN).data)["errors"][0]["extensions"]["code"] == "validation-failed"


def test_check_finds_no_fault_in_what_was_written(moved):
    ran = CliRunner().invoke(main, ["check", "--config", str(moved.file), "--database", moved.url])
    assert (ran.exit_code, "no faults" in ran.output) == (0, True), ran.output


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("function: shop_bills_noted", "function: shop_bills_notes", "shop_bills_notes is no function over a row of shop_buyers"),
        ("table_argument: b", "table_argument: c", "shop_bills_noted is no function over a row of shop_buyers"),
        ("session_argument: vars", "session_argument: nobody", "has no argument nobody of the type json or jsonb"),
        ("function: shop_buyer_greeting", "functions: x", "functions"),
    ],
)  # fmt: skip
def test_check_finds_what_does_not_fit(moved, tmp_path, old, new, fault):
    text = moved.file.read_text()
    assert old in text
    path = tmp_path / "trivet.yaml"
    path.write_text(text.replace(old, new))
    ran = CliRunner().invoke(main, ["check", "--config", str(path), "--database", moved.url])
    assert ran.exit_code != 0
    assert fault in ran.output
