"""Rows on their way in, on both databases: cleansed, then held against the rules, all faults at once."""

from decimal import Decimal

import pytest
from contracts.operations import (
    And,
    Assign,
    Compare,
    Conflict,
    Create,
    Document,
    FieldOutput,
    FieldRef,
    Member,
    Node,
    Param,
    Read,
    Update,
)
from contracts.problems import Problem

P = Param
CONFIG = """\
version: 1
resources:
  customers:
    fields:
      name:
        cleanse: [trim, collapse]
        validate: {minLength: 2, maxLength: 20}
      email:
        cleanse: [trim, email, empty_to_null]
        validate: {format: email, message: this is no address}
      balance:
        cleanse: [{round: 2}]
        validate: {minimum: 0, multipleOf: 0.01}
      profile:
        cleanse: [trim]
        validate: {type: object, properties: {age: {type: integer, minimum: 0}}, required: [age]}
  products:
    fields:
      price:
        validate: {minimum: 0}
"""
NAMES = ("id", "name", "email", "balance")


@pytest.fixture
def fresh(ruled_store):
    """The store, put back as it was afterwards."""
    yield ruled_store
    ruled_store.restore()


def refusal(store, operation, values):
    with pytest.raises(Problem) as caught:
        store.run(operation, values)
    return caught.value


def told(problem):
    assert (problem.code, problem.status) == ("TRV300", 400)
    return [(tuple(fault["path"]), fault["message"], fault["rule"]) for fault in problem.details]


def shown(*names):
    return Node(tuple(FieldOutput(name, FieldRef(name)) for name in names))


def customer(store, number, *names):
    where = Compare(FieldRef("id"), "eq", P(0))
    (row,) = store.ask(Read("customers", Node(shown(*names).outputs, where)), [number])
    return row


def test_a_create_is_cleansed_and_read_back_so(fresh):
    create = Create("customers", NAMES, P(0), returning=shown(*NAMES))
    rows = [
        {"id": 7, "name": "  Grace   Hopper ", "email": " Grace@EXAMPLE.com", "balance": Decimal("3.14159")},
        {"id": 8, "name": "Al Khwarizmi", "email": "   ", "balance": "2.005"},
    ]
    assert fresh.ask(create, [rows]) == [
        {"id": 7, "name": "Grace Hopper", "email": "grace@example.com", "balance": Decimal("3.14")},
        {"id": 8, "name": "Al Khwarizmi", "email": None, "balance": Decimal("2.01")},
    ]
    assert rows[0]["name"] == "  Grace   Hopper "  # what the caller holds is the caller's


def test_faults_of_all_rows_and_fields_come_at_once(fresh):
    create = Create("customers", NAMES, P(0), ragged=True)
    rows = [
        {"id": 7, "name": " x ", "email": "nobody", "balance": 1},
        {"id": 8, "name": "Fine", "email": "fine@example.com", "balance": -5},
        {"id": 9, "name": "y" * 21},
    ]
    assert told(refusal(fresh, create, [rows])) == [
        ((0, "name"), "must have at least 2 characters", "customers.name.minLength"),
        ((2, "name"), "must have at most 20 characters", "customers.name.maxLength"),
        ((0, "email"), "this is no address", "customers.email.format"),
        ((1, "balance"), "must be at least 0", "customers.balance.minimum"),
    ]
    assert len(fresh.ask(Read("customers"), [])) == 3


def test_a_fault_shows_no_value(fresh):
    problem = refusal(
        fresh, Create("customers", NAMES, P(0)), [[{"id": 7, "name": "x", "email": "s3cret", "balance": 0}]]
    )
    assert "s3cret" not in f"{problem.message} {problem.details} {problem.hint}"


def test_an_update_is_cleansed_and_checked(fresh):
    where = Compare(FieldRef("id"), "eq", P(1))
    update = Update("customers", (Assign("email", P(0)),), where, returning=shown("email"))
    assert fresh.ask(update, [" ADA@Example.com ", 1]) == [{"email": "ada@example.com"}]
    assert told(refusal(fresh, update, ["ada", 1])) == [(("email",), "this is no address", "customers.email.format")]
    assert fresh.ask(update, [None, 1]) == [{"email": None}]
    defaulted = Update("customers", (Assign("email", P(0), "default"),), where)
    assert fresh.run(defaulted, [None, 1]).affected == 1


def test_values_inside_json_are_cleansed_and_named_by_their_place(fresh):
    where = Compare(FieldRef("id"), "eq", P(1))
    update = Update("customers", (Assign("profile", P(0)),), where, returning=shown("profile"))
    assert fresh.ask(update, [{"age": 3, "tags": [" a ", "b"]}, 1]) == [{"profile": {"age": 3, "tags": ["a", "b"]}}]
    assert told(refusal(fresh, update, [{"age": -1}, 1])) == [
        (("profile",), ".age must be at least 0", "customers.profile.minimum")
    ]
    assert told(refusal(fresh, update, [{"tags": []}, 1])) == [
        (("profile",), "must have age", "customers.profile.required")
    ]


def test_a_key_of_an_upsert_is_cleansed(fresh):
    conflict = Conflict(fields=("email",), update=("name",))
    create = Create("customers", NAMES, P(0), conflict=conflict)
    rows = [{"id": 7, "name": " New   Ada ", "email": "ADA@example.com ", "balance": 1}]
    result = fresh.run(create, [rows])
    assert (result.affected, result.inserted) == (1, 0)
    assert customer(fresh, 1, "name") == {"name": "New Ada"}


def test_filters_are_not_cleansed(ruled_store):
    read = Read("customers", Node(shown("id").outputs, Compare(FieldRef("email"), "eq", P(0))))
    assert ruled_store.ask(read, [" ADA@example.com"]) == []


def test_writes_of_a_document_tell_their_faults_together(fresh):
    bad = Create("customers", NAMES, P(0), returning=Node((), shape="summary"))
    worse = Update("products", (Assign("price", P(1)),), And(), returning=Node((), shape="summary"))
    document = Document((Member("one", bad), Member("two", worse)))
    problem = refusal(fresh, document, [[{"id": 7, "name": "x", "email": None, "balance": 0}], -1])
    assert [fault[0] for fault in told(problem)] == [("one", 0, "name"), ("two", "price")]


def test_rows_that_are_no_objects_are_refused(ruled_store):
    assert refusal(ruled_store, Create("customers", NAMES, P(0)), [[7]]).code == "PGRST102"


def test_a_field_with_rules_for_its_whole_value_is_not_changed_in_place(fresh):
    where = Compare(FieldRef("id"), "eq", P(1))
    update = Update("customers", (Assign("profile", P(0), "delete_key"),), where)
    assert refusal(fresh, update, ["age", 1]).code == "PGRST127"
