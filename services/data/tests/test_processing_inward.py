"""Rows on their way in, on both databases: cleansed, then held against the rules, all faults at once."""

from decimal import Decimal

import pytest
from contracts.filters import And, Compare, FieldRef, Param
from contracts.operations import Assign, Conflict, Create, Document, FieldOutput, Member, Node, Read, Update
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
    checks:
      - {expression: {_or: [{vip: {_eq: false}}, {email: {_is_null: false}}]}, message: a VIP has an address}
      - {expression: {balance: {_lt: 1000000}}, message: that is too much}
  products:
    fields:
      price:
        validate: {minimum: 0, exclusiveMaximum: 1000}
      weight:
        validate: {multipleOf: 0.5}
  order_items:
    checks:
      - {expression: {product: {price: {_gt: 1}}}, message: it is not for sale}
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
    assert fresh.ask(update, [None, 2]) == [{"email": None}]
    defaulted = Update("customers", (Assign("email", P(0), "default"),), where)
    assert fresh.run(defaulted, [None, 2]).affected == 1


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


def test_checks_are_held_against_rows_as_they_are_written(fresh):
    create = Create("customers", (*NAMES, "vip"), P(0), ragged=True)
    rows = [
        {"id": 7, "name": "Ann", "email": "ann@example.com", "vip": True},
        {"id": 8, "name": "Ben", "vip": True, "balance": 1000000},
        {"id": 9, "name": "Cid", "vip": True},
    ]
    assert told(refusal(fresh, create, [rows])) == [
        ((1,), "a VIP has an address", "customers.checks.0"),
        ((1,), "that is too much", "customers.checks.1"),
        ((2,), "a VIP has an address", "customers.checks.0"),
    ]
    assert len(fresh.ask(Read("customers"), [])) == 3
    assert fresh.run(create, [rows[:1]]).affected == 1  # a check that is unknown, for the balance is null, holds


def test_a_check_sees_what_an_update_leaves_alone(fresh):
    where = Compare(FieldRef("id"), "eq", P(1))
    update = Update("customers", (Assign("vip", P(0)),), where, returning=shown("vip"))
    assert fresh.ask(update, [True, 2]) == [{"vip": True}]
    assert fresh.ask(update, [False, 3]) == [{"vip": False}]
    assert told(refusal(fresh, update, [True, 3])) == [((), "a VIP has an address", "customers.checks.0")]


def test_a_check_may_look_at_related_rows(fresh):
    create = Create("order_items", ("order_id", "line_no", "product_id", "quantity"), P(0))
    rows = [{"order_id": 4, "line_no": n, "product_id": n, "quantity": 1} for n in (1, 4)]
    assert told(refusal(fresh, create, [rows])) == [((1,), "it is not for sale", "order_items.checks.0")]
    assert fresh.run(create, [rows[:1]]).affected == 1


def test_an_upsert_is_checked_whatever_comes_of_each_row(fresh):
    conflict = Conflict(update=("name", "email"))
    create = Create("customers", (*NAMES, "vip"), P(0), conflict=conflict)
    rows = [{"id": 1, "name": "Ada", "email": None, "balance": 1, "vip": True}]
    assert told(refusal(fresh, create, [rows])) == [((), "a VIP has an address", "customers.checks.0")]
    assert customer(fresh, 1, "email") == {"email": "ada@example.com"}


def test_what_an_increment_comes_to_lies_within_the_bounds(fresh):
    where = Compare(FieldRef("id"), "eq", P(1))
    update = Update("products", (Assign("price", P(0), "increment"),), where, returning=shown("price"))
    assert fresh.ask(update, [Decimal("-0.50"), 4]) == [{"price": Decimal("0.50")}]
    assert told(refusal(fresh, update, [-1, 4])) == [(("price",), "must be at least 0", "products.price.minimum")]
    assert told(refusal(fresh, update, [Decimal("999.5"), 4])) == [
        (("price",), "must be less than 1000", "products.price.exclusiveMaximum")
    ]
    moved = Update("products", (Assign("weight", P(0), "increment"),), where)
    assert refusal(fresh, moved, [1, 4]).code == "PGRST127"


def test_checks_of_a_document_name_their_member(fresh):
    where = Compare(FieldRef("id"), "eq", P(1))
    update = Update("customers", (Assign("vip", P(0)),), where, returning=Node((), shape="summary"))
    problem = refusal(fresh, Document((Member("it", update),)), [True, 3])
    assert told(problem) == [(("it",), "a VIP has an address", "customers.checks.0")]


BOTH = [
    ((1, "name"), "must have at least 2 characters", "customers.name.minLength"),
    ((0,), "a VIP has an address", "customers.checks.0"),
    ((1,), "that is too much", "customers.checks.1"),
]


def test_faults_across_fields_come_with_those_of_fields(fresh):
    create = Create("customers", (*NAMES, "vip"), P(0), ragged=True)
    rows = [
        {"id": 7, "name": "Vera", "vip": True},
        {"id": 8, "name": "x", "email": "x@example.com", "balance": 2_000_000, "vip": False},
        {"id": 9, "name": "Nine", "email": "nobody", "vip": True, "balance": 3},
    ]
    found = told(refusal(fresh, create, [rows]))
    # the address that is none says nothing of whether there is one
    assert found == [*BOTH[:1], ((2, "email"), "this is no address", "customers.email.format"), *BOTH[1:]]
    assert len(fresh.ask(Read("customers"), [])) == 3


def test_a_check_on_a_field_that_has_a_fault_is_left_out(fresh):
    create = Create("customers", (*NAMES, "vip"), P(0))
    row = {"id": 7, "name": "Vera", "email": "nobody", "balance": -1, "vip": True}
    assert [rule for _, _, rule in told(refusal(fresh, create, [[row]]))] == [
        "customers.email.format", "customers.balance.minimum",
    ]  # fmt: skip
    where = Compare(FieldRef("id"), "eq", P(2))
    update = Update("customers", (Assign("name", P(0)), Assign("vip", P(1))), where)
    assert [rule for _, _, rule in told(refusal(fresh, update, ["x", True, 3]))] == [
        "customers.name.minLength", "customers.checks.0",
    ]  # fmt: skip
    named = Update("customers", (Assign("email", P(0)), Assign("vip", P(1))), where)
    assert [rule for _, _, rule in told(refusal(fresh, named, ["x", True, 3]))] == ["customers.email.format"]


def test_rows_without_faults_are_tried_alone_where_the_database_refuses_the_others(fresh):
    create = Create("customers", (*NAMES, "vip"), P(0), ragged=True)
    rows = [
        {"id": 1, "name": "x"},  # there is one already
        {"id": 8, "name": "Vera", "vip": True},
    ]
    assert told(refusal(fresh, create, [rows])) == [
        ((0, "name"), "must have at least 2 characters", "customers.name.minLength"),
        ((1,), "a VIP has an address", "customers.checks.0"),
    ]
    assert [fault for fault, _, _ in told(refusal(fresh, create, [rows[:1]]))] == [(0, "name")]
    assert len(fresh.ask(Read("customers"), [])) == 3


def test_an_upsert_with_faults_is_held_against_what_it_would_change(fresh):
    create = Create("customers", ("id", "name", "vip"), P(0), conflict=Conflict(update=("name", "vip")))
    before = customer(fresh, 3, "name", "vip")
    rows = [{"id": 3, "name": "Cleo", "vip": True}, {"id": 7, "name": "x", "vip": False}]
    assert [(path, rule) for path, _, rule in told(refusal(fresh, create, [rows]))] == [
        ((1, "name"), "customers.name.minLength"), ((), "customers.checks.0"),
    ]  # fmt: skip
    assert customer(fresh, 3, "name", "vip") == before != {"name": "Cleo", "vip": True}


def test_checks_of_all_writes_of_a_document_come_together(fresh):
    nothing = Node((), shape="summary")
    one = Create("customers", ("id", "name", "vip"), P(0), returning=nothing)
    where = Compare(FieldRef("id"), "eq", P(2))
    two = Update("customers", (Assign("vip", P(1)),), where, returning=nothing)
    document = Document((Member("one", one), Member("two", two)))
    rows = [{"id": 7, "name": "Vera", "vip": True}]
    assert [path for path, _, _ in told(refusal(fresh, document, [rows, True, 3]))] == [("one", 0), ("two",)]
    rows[0]["name"] = "x"
    assert [path for path, _, _ in told(refusal(fresh, document, [rows, True, 3]))] == [
        ("one", 0, "name"), ("one", 0), ("two",),
    ]  # fmt: skip
    assert len(fresh.ask(Read("customers"), [])) == 3


def test_many_rows_are_cleansed_and_told_of_like_few(fresh):
    create = Create("customers", ("id", "name"), P(0))
    rows = [{"id": n, "name": f"  Number   {n} "} for n in range(1000, 1500)]
    assert fresh.run(create, [rows]).affected == 500
    assert customer(fresh, 1234, "name") == {"name": "Number 1234"}
    found = told(refusal(fresh, create, [[{"id": n, "name": "x"} for n in range(2000, 2300)]]))
    assert [path for path, _, _ in found] == [(n, "name") for n in range(300)]
