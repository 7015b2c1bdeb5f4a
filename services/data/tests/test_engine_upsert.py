"""Creates with a conflict rule, on both databases: what is new, what is changed, what is left alone, and who may."""

import json
from decimal import Decimal

import pytest
from contracts.filters import And, Compare, FieldRef, Param
from contracts.identity import Caller, Principal
from contracts.operations import Conflict, Create, FieldOutput, Node, Read, Sort
from contracts.problems import Problem
from data_service.engine import Engine

P = Param
BACK = Node()
TAGS = ("id", "name")
MERGE = Conflict(update=TAGS)
SKIP = Conflict()


@pytest.fixture
def fresh(store):
    """The store, put back as it was afterwards."""
    yield store
    store.restore()


def who(role):
    return Caller(principal=Principal(role=role, subject="s"))


def tags(store):
    return {row["id"]: row["name"] for row in store.ask(Read("tags"), [])}


def test_merge(fresh):
    create = Create("tags", TAGS, P(0), conflict=MERGE, returning=BACK)
    rows = [{"id": 9, "name": "new one"}, {"id": 1, "name": "changed"}]
    result = fresh.run(create, [rows])
    assert json.loads(result.body) == rows
    assert (result.affected, result.inserted) == (2, 1)
    assert tags(fresh) == {1: "changed", 2: "new", 3: "unused", 9: "new one"}


def test_merge_without_rows_back(fresh):
    create = Create("tags", TAGS, P(0), conflict=MERGE)
    result = fresh.run(create, [[{"id": 1, "name": "x"}, {"id": 2, "name": "y"}]])
    assert (result.affected, result.inserted, result.body) == (2, 0, b"")
    assert fresh.run(create, [[]]).inserted == 0
    assert fresh.run(create, [[{"id": 8, "name": "x"}]]).location == {"id": "8"}


def test_only_what_is_given_is_changed(fresh):
    create = Create(
        "orders",
        ("id", "customer_id", "note"),
        P(0),
        conflict=Conflict(update=("id", "customer_id", "note")),
        returning=BACK,
    )
    (row,) = fresh.ask(create, [[{"id": 1, "customer_id": 1, "note": "merged"}]])
    assert (row["note"], row["status"], row["ordered_at"]) == ("merged", "paid", "2024-03-01T08:00:00")


def test_skip(fresh):
    create = Create("tags", TAGS, P(0), conflict=SKIP, returning=BACK)
    result = fresh.run(create, [[{"id": 1, "name": "ignored"}, {"id": 9, "name": "kept"}, {"id": 9, "name": "again"}]])
    assert json.loads(result.body) == [{"id": 9, "name": "kept"}]
    assert (result.affected, result.inserted) == (1, 1)
    assert tags(fresh)[1] == "heavy"


def test_a_key_with_nothing_to_change_still_comes_back(fresh):
    create = Create(
        "product_tags",
        ("product_id", "tag_id"),
        P(0),
        conflict=Conflict(update=("product_id", "tag_id")),
        returning=BACK,
    )
    rows = [{"product_id": 1, "tag_id": 1}, {"product_id": 1, "tag_id": 3}]
    result = fresh.run(create, [rows])
    assert (json.loads(result.body), result.inserted) == (rows, 1)


def test_a_key_of_other_fields(fresh):
    fields = ("id", "name", "email")
    create = Create(
        "customers",
        fields,
        P(0),
        conflict=Conflict(("email",), update=("name", "email")),
        returning=Node(tuple(FieldOutput(f, FieldRef(f)) for f in fields)),
    )
    assert fresh.ask(create, [[{"id": 77, "name": "Ada L.", "email": "ada@example.com"}]]) == [
        {"id": 1, "name": "Ada L.", "email": "ada@example.com"}
    ]


def test_a_key_by_its_constraint(fresh):
    uniques = fresh.engine.catalog(who("admin")).by_name["customers"].uniques
    (name,) = [unique.name for unique in uniques if unique.fields == ("email",)]
    conflict = Conflict(constraint=name, update=("name",))
    create = Create("customers", ("id", "name", "email"), P(0), conflict=conflict, returning=BACK)
    (row,) = fresh.ask(create, [[{"id": 78, "name": "A.", "email": "ada@example.com"}]])
    assert (row["id"], row["name"]) == (1, "A.")


def test_a_filter_on_what_is_changed(fresh):
    conflict = Conflict(update=("name",), filter=Compare(FieldRef("name"), "eq", P(1)))
    create = Create("tags", TAGS, P(0), conflict=conflict, returning=BACK)
    assert fresh.ask(create, [[{"id": 1, "name": "x"}, {"id": 2, "name": "y"}], "new"]) == [{"id": 2, "name": "y"}]
    assert tags(fresh)[1] == "heavy"


def test_defaults_and_decimals(fresh):
    create = Create(
        "products",
        ("id", "name", "price"),
        P(0),
        ragged=True,
        missing="default",
        conflict=Conflict(update=("name", "price")),
        returning=Node((FieldOutput("price", FieldRef("price")),)),
    )
    rows = [{"id": 4, "name": "Sold", "price": "1.005"}, {"id": 50, "name": "Made", "price": 2}]
    assert fresh.ask(create, [rows]) == [{"price": Decimal("1.01")}, {"price": Decimal("2.00")}]


def test_a_table_without_key_has_no_conflicts(fresh):
    result = fresh.run(Create("log_lines", ("line",), P(0), conflict=Conflict(update=("line",))), [[{"line": "one"}]])
    assert (result.affected, result.inserted) == (1, None)


REFUSED = [
    ("no such key", Create("tags", TAGS, P(0), conflict=Conflict(("name",), update=TAGS)), "42P10"),
    ("no such field", Create("tags", TAGS, P(0), conflict=Conflict(("colour",), update=TAGS)), "42703"),
    ("no such constraint", Create("tags", TAGS, P(0), conflict=Conflict(constraint="nope", update=TAGS)), "42704"),
    ("an unknown field to change", Create("tags", TAGS, P(0), conflict=Conflict(update=("colour",))), "PGRST204"),
]


@pytest.mark.parametrize("name, create, code", REFUSED, ids=[case[0] for case in REFUSED])
def test_refused(fresh, name, create, code):
    with pytest.raises(Problem) as caught:
        fresh.ask(create, [[{"id": 1, "name": "x"}]])
    assert caught.value.code == code
    assert tags(fresh)[1] == "heavy"


def test_a_row_that_comes_twice_changes_nothing(fresh):
    with pytest.raises(Problem) as caught:
        fresh.ask(Create("tags", TAGS, P(0), conflict=MERGE), [[{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]])
    assert caught.value.code == "21000"
    assert tags(fresh)[1] == "heavy"


def test_another_unique_key_still_counts(fresh):
    rows = [{"id": 77, "name": "x", "email": "ada@example.com"}]
    with pytest.raises(Problem) as caught:
        fresh.ask(Create("customers", ("id", "name", "email"), P(0), conflict=Conflict(update=("name",))), [rows])
    assert caught.value.code == "23505"


POLICIES = """
version: 1
resources:
  tags:
    permissions:
      keeper:
        select: {columns: '*', filter: {id: {_lt: 100}}}
        insert: {columns: '*', check: {id: {_gt: 5}}}
        update: {columns: [name], filter: {id: {_neq: 2}}, check: {name: {_neq: forbidden}}}
      maker:
        select: {columns: '*', filter: {}}
        insert: {columns: '*', check: {}}
      author:
        select: {columns: '*', filter: {}}
        insert: {columns: [id], check: {}, set: {name: made}}
        update: {columns: [], filter: {}, set: {name: touched}}
"""


@pytest.fixture
def guarded(fresh, tmp_path):
    """The store's database under policies."""
    config = tmp_path / "trivet.yaml"
    config.write_text(POLICIES)
    engine = Engine(fresh.engine._database, config=config)
    engine.refresh()
    return engine


def merge(engine, role, *rows, columns=TAGS, update=("name",)):
    create = Create(
        "tags",
        columns,
        P(0),
        conflict=Conflict(update=update),
        returning=Node(sort=(Sort(FieldRef("id")),), filter=And()),
    )
    result = engine.execute(create, [list(rows)], who(role))
    return json.loads(result.body), result.inserted


def test_each_row_is_held_to_the_rule_of_what_was_done_to_it(guarded, fresh):
    # the old row fails the insert's check, the new one the update's filter: neither is the other's affair
    assert merge(guarded, "keeper", {"id": 1, "name": "mine"}, {"id": 9, "name": "forbidden"}) == (
        [{"id": 1, "name": "mine"}, {"id": 9, "name": "forbidden"}], 1,
    )  # fmt: skip
    for row in ({"id": 4, "name": "too low"}, {"id": 1, "name": "forbidden"}):
        with pytest.raises(Problem) as caught:
            merge(guarded, "keeper", row)
        assert caught.value.code == "42501"
    assert tags(fresh) == {1: "mine", 2: "new", 3: "unused", 9: "forbidden"}


def test_what_may_not_be_changed_is_left_alone(guarded, fresh):
    fresh.run(Create("tags", TAGS, P(0)), [[{"id": 200, "name": "hidden"}]])
    assert merge(guarded, "keeper", {"id": 2, "name": "x"}, {"id": 200, "name": "x"}, {"id": 3, "name": "y"}) == (
        [{"id": 3, "name": "y"}], 0,
    )  # fmt: skip
    assert tags(fresh) == {1: "heavy", 2: "new", 3: "y", 200: "hidden"}


def test_a_merge_needs_the_right_to_update(guarded):
    with pytest.raises(Problem) as caught:
        merge(guarded, "maker", {"id": 9, "name": "x"})
    assert caught.value.code == "42501"
    skip = Create("tags", TAGS, P(0), conflict=SKIP, returning=BACK)
    assert json.loads(guarded.execute(skip, [[{"id": 1, "name": "x"}, {"id": 9, "name": "y"}]], who("maker")).body) == [
        {"id": 9, "name": "y"}
    ]


def test_presets_of_both_rules(guarded):
    made, inserted = merge(guarded, "author", {"id": 1}, {"id": 9}, columns=("id",), update=("id",))
    assert (made, inserted) == ([{"id": 1, "name": "touched"}, {"id": 9, "name": "made"}], 1)
    with pytest.raises(Problem) as caught:
        merge(guarded, "author", {"id": 1}, columns=("id",), update=("name",))
    assert caught.value.code == "42501"
