"""What is behind an answer: told truly, and only to those who may know."""

import base64
import json

import msgspec
import pytest
from chassis import express, frames
from chassis.inner_problems import decode_problem
from contracts.filters import Compare, FieldRef, Param, RelationRef
from contracts.identity import Caller, Principal
from contracts.operations import Create, Delete, Document, Embed, FieldOutput, Member, Node, Operation, Read, encode
from data_service.door import FramesDoor
from flask import Flask

CONFIG = """version: 1
resources:
  products:
    permissions:
      clerk: &all
        select: {columns: '*', filter: {}}
        insert: {columns: '*', check: {}}
      guest: *all
      anonymous:
        select:
          columns: [id, name]
          filter: {name: {_neq: teapot-in-the-rule}}
  orders:
    permissions:
      clerk: {select: {columns: [id, customer_id], filter: {}}}
"""


def field(name: str) -> FieldOutput:
    return FieldOutput(name, FieldRef(name))


READ = Read("products", Node(outputs=(field("id"), field("name")), filter=Compare(FieldRef("name"), "eq", Param(0))))


@pytest.fixture
def store(tmp_path, request):
    """The small store in SQLite under `CONFIG`."""
    config = tmp_path / "trivet.yaml"
    config.write_text(CONFIG)
    conftest = request.getfixturevalue("sqlite_maker")
    store, database = conftest(tmp_path, config)
    yield store
    database.close()


def who(role: str) -> Caller:
    return Caller(principal=Principal(role=role, subject=None if role == "anonymous" else "7"), explain=True)


def explain(store, operation: Operation, role: str):
    return store.engine.explain(operation, who(role))


def test_the_statement_is_told_without_values(store) -> None:
    found = explain(store, READ, "anonymous")
    assert found.statement.startswith("select ")
    assert '"products"' in found.statement
    assert "teapot" not in found.statement


def test_the_rule_is_told_with_its_line(store) -> None:
    (rule,) = explain(store, READ, "anonymous").rules
    file, line = rule.place.split(":")
    assert file == "trivet.yaml"  # and not where it lies
    assert CONFIG.splitlines()[int(line) - 1].strip() == "select:"
    assert (rule.resource, rule.role, rule.verb) == ("products", "anonymous", "select")
    assert json.loads(rule.text) == {"columns": ["id", "name"], "filter": {"name": {"_neq": "teapot-in-the-rule"}}}


def test_a_rule_behind_an_anchor_is_where_the_role_is_named(store) -> None:
    (rule,) = explain(store, READ, "guest").rules
    assert CONFIG.splitlines()[int(rule.place.split(":")[1]) - 1].strip() == "guest: *all"


def test_each_resource_of_a_tree_has_its_rule(store) -> None:
    inner = Node(outputs=(field("id"),))
    embed = Embed("orders", RelationRef("orders"), inner)
    tree = Read("customers", Node(outputs=(field("id"), embed)))
    assert [(r.resource, r.place) for r in explain(store, tree, "admin").rules] == [
        ("customers", None),
        ("orders", None),
    ]


def test_what_no_line_opens_is_told_so(store) -> None:
    found = explain(store, Read("orders", Node(outputs=(field("id"),))), "anonymous")
    assert found.statement is None
    assert [(rule.resource, rule.role, rule.place) for rule in found.rules] == [("orders", "anonymous", None)]


def test_writes_and_documents(store) -> None:
    create = Create("products", ("name",), Param(0), returning=Node(outputs=(field("id"),)))
    found = explain(store, Document((Member("made", create), Member("read", READ))), "clerk")
    assert {(rule.resource, rule.verb) for rule in found.rules} == {("products", "insert"), ("products", "select")}
    assert found.statement.count(";\n") >= 1
    assert "insert into" in found.statement
    denied = explain(store, Delete("products", None), "clerk")
    assert [(rule.verb, rule.place) for rule in denied.rules] == [("delete", None)]


class _Edge:
    """Finds the caller whose role the token names."""

    def prove(self, token, role, *, request_id, timeout, explain=False) -> Caller:
        return msgspec.structs.replace(who(token), explain=explain)


@pytest.fixture(params=[False, True], ids=["closed", "shown"])
def client(store, request):
    """Data's door; ``shown``: everybody may know what is behind an answer."""
    app = Flask("data")
    express.install(app, "data", FramesDoor(store.engine, _Edge(), body_limit=1_000_000, show_statements=request.param))
    client = app.test_client()
    client.shown = request.param
    return client


def ask(client, role: str, operation: Operation = READ, *, explain: bool = False):
    frame = frames.asked(encode(operation), b'["a"]', Caller(token=role, explain=explain), 30.0)
    [answered] = frames.AnswerReader().feed(client.post("/batch", data=frame).data)
    status = decode_problem(answered.body).status if answered.problem else 200
    told = answered.head.explanation
    return status, json.loads(base64.b64decode(told)) if told else None


@pytest.mark.parametrize("role", ["admin", "clerk", "anonymous"])
def test_only_those_who_may_are_told_and_only_when_they_ask(client, role) -> None:
    assert ask(client, role) == (200, None)
    status, told = ask(client, role, explain=True)
    assert status == 200
    assert (told is not None) == (client.shown or role == "admin")


def test_a_refusal_is_explained_to_the_same(client) -> None:
    status, told = ask(client, "anonymous", Read("orders", Node(outputs=(field("id"),))), explain=True)
    assert status == 403
    assert (told is not None) == client.shown
    assert told is None or told["rules"][0]["resource"] == "orders"


def test_a_statement_fits_into_a_header(client) -> None:
    many = Read("products", Node(outputs=tuple(FieldOutput(f"key{i}", FieldRef("id")) for i in range(400))))
    status, told = ask(client, "admin", many, explain=True)
    assert status == 200
    assert len(told["statement"]) <= 6001
    assert told["statement"].endswith("…")
