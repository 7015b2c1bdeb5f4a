"""What a problem of the database may tell a role, and what a database must not be asked since its error would tell."""

import pytest
from contracts.catalog import Catalog, Resource, Writable
from contracts.fields import Field
from contracts.filters import Compare, FieldRef, Param
from contracts.operations import Aggregate, Assign, Create, FieldOutput, Node, Read, Update
from contracts.problems import Problem
from data_service.discretion import scrub

F, P = FieldRef, Param


def field(name):
    return Field(name=name, type="text", db_type="text")


ORDERS = Resource(name="orders", schema="public", table="orders", kind="table", fields=(field("id"), field("day")))
SEEN = Catalog(
    engine="postgresql", version="v", schemas=("public",), resources=(ORDERS,),
    writable={"orders": Writable(create=frozenset({"id", "mail"}))}, hidden={"orders": (field("mail"),)},
)  # fmt: skip


def told(code, message, details=None, hint=None, table=("public", "orders"), given=()):
    found = scrub(Problem(code, message, details=details, hint=hint, table=table), SEEN, given)
    return found.message, found.details, found.hint


@pytest.mark.parametrize(
    "given, message",
    [
        (["x", "Ada"], 'invalid input syntax for type integer: "Ada"'),
        ([[{"name": "Ada"}]], 'invalid input syntax for type integer: "Ada"'),
        ([["x", "an Ada"]], 'invalid input syntax for type integer: "Ada"'),
        (["x", 7, None], "invalid input syntax for type integer"),
    ],
)
def test_a_value_is_told_to_whom_it_came_from(given, message):
    assert told("22P02", 'invalid input syntax for type integer: "Ada"', given=given)[0] == message


def test_a_message_without_a_value_stays():
    text = 'invalid byte sequence for encoding "UTF8": 0x00'
    assert told("22021", text)[0] == text
    assert told("22003", "integer out of range")[0] == "integer out of range"


def test_a_key_s_values_are_told_where_its_fields_are_seen():
    unique = 'duplicate key value violates unique constraint "orders_pkey"'
    assert told("23505", unique, "Key (id)=(1) already exists.") == (unique, "Key (id)=(1) already exists.", None)
    assert told("23505", unique, 'Key (id, "day")=(1, 2) already exists.')[1] is not None
    assert told("23505", unique, "Key (id, mail)=(1, x) already exists.") == (unique, None, None)


def test_a_constraint_s_name_is_told_where_its_fields_are_known():
    unique = 'duplicate key value violates unique constraint "orders_secret_key"'
    message = "duplicate key value violates unique constraint"
    assert told("23505", unique, "Key (secret)=(1) already exists.") == (message, None, None)


def test_a_missing_value_s_field_is_told_where_it_is_known():
    def message(name):
        return f'null value in column "{name}" of relation "orders" violates not-null constraint'

    assert told("23502", message("mail"))[0] == message("mail")
    assert told("23502", message("secret"))[0] == "null value violates not-null constraint"
    assert told("23502", message("id"), table=("public", "other"))[0] == "null value violates not-null constraint"


def test_another_table_s_name_is_told_where_it_is_seen():
    own = 'insert or update on table "orders" violates foreign key constraint "orders_day_fkey"'
    other = 'update or delete on table "orders" violates foreign key constraint "x_fkey" on table "lines"'
    assert told("23503", own, 'Key (day)=(1) is not present in table "days".') == (own, None, None)
    assert told("23503", own, 'Key (day)=(1) is not present in table "orders".')[1] is not None
    assert told("23503", other) == ("insert, update or delete violates a foreign key constraint", None, None)


def test_an_exclusion_tells_nothing_of_the_other_row():
    details = "Key (day)=([1,3)) conflicts with existing key (day)=([2,5))."
    assert told("23P01", 'conflicting key value violates exclusion constraint "x"', details)[1] is None


def test_the_server_s_suggestions_are_not_passed_on():
    hint = 'Perhaps you meant to reference the column "t1.secret".'
    assert told("42703", "column t1.secre does not exist", hint=hint)[2] is None


@pytest.mark.parametrize("operator", ["like", "ilike"])
@pytest.mark.parametrize(
    "pattern, fine", [("a\\", False), ("\\", False), ("a\\\\", True), ("a\\\\\\", False), ("a", True)]
)
def test_a_pattern_that_ends_with_an_escape_is_refused_beforehand(store, operator, pattern, fine):
    """Whichever rows there are: PostgreSQL complains only where one fits up to there, and SQLite never."""
    read = Read("tags", Node(filter=Compare(F("name"), operator, P(0))))
    anyone = Read("tags", Node(filter=Compare(F("name"), operator, P(0), quantifier="any")))
    if fine:
        assert store.ask(read, [pattern]) == store.ask(anyone, [["x", pattern]]) == []
        return
    for operation, value in ((read, pattern), (anyone, ["x", pattern])):
        with pytest.raises(Problem) as caught:
            store.ask(operation, [value])
        assert caught.value.code == "22025"


@pytest.mark.parametrize(
    "operation",
    [
        Read("tags", Node(outputs=(FieldOutput("a\0b", F("id")),))),
        Read("customers", Node(outputs=(FieldOutput("x", F("profile", ("a\0b",))),))),
        Read("tags", Node(filter=Compare(F("name"), "fts", P(0), config="a\0b"))),
    ],
)
def test_a_nul_in_what_becomes_sql(store, operation):
    with pytest.raises(Problem) as caught:
        store.ask(operation, ["x"])
    assert caught.value.code == "22021"


@pytest.mark.parametrize("key", ["a\\", "a\\b", '"', '\\"', "a\nb", "", "日本", "a.b", "[0]", "'", "\\u0041", "#", "*"])
def test_any_key_in_json(store, key):
    """A path leads to the key of that name, whatever letters it has."""
    try:
        store.run(Update("customers", (Assign("profile", P(0)),), Compare(F("id"), "eq", P(1))), [{key: "hit"}, 1])
        path = F("profile", (key,), text=True)
        read = Read("customers", Node(outputs=(FieldOutput("x", path),), filter=Compare(path, "eq", P(0))))
        assert store.ask(read, ["hit"]) == [{"x": "hit"}]
    finally:
        store.restore()


def test_a_sum_beyond_64_bits_is_no_fault_of_ours(store, kind):
    """SQLite's sum stops at 64 bits: it is refused there, and added up in PostgreSQL."""
    large = 2**62 if kind == "sqlite" else 2**30
    try:
        store.run(Create("tags", ("id", "name"), P(0)), [[{"id": large + n, "name": "x"} for n in range(2)]])
        read = Read("tags", Node(outputs=(Aggregate("s", "sum", (F("id"),)),)))
        if kind == "postgresql":
            assert store.ask(read, []) == [{"s": 2 * large + 1 + 6}]
            return
        with pytest.raises(Problem) as caught:
            store.ask(read, [])
        assert caught.value.code == "22003"
    finally:
        store.restore()
