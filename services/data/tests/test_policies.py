"""The configuration file read: rules by role and resource, filters as data, and every fault with its line."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from contracts.filters import (
    And,
    Claim,
    Compare,
    CompareAggregate,
    Exists,
    ExistsIn,
    FieldRef,
    Filter,
    Is,
    Literally,
    Not,
    Or,
    RelationRef,
)
from data_service.policies import (
    NOTHING_OPEN,
    CacheRule,
    ConfigurationError,
    DeleteRule,
    InsertRule,
    Rules,
    SelectRule,
    UpdateRule,
    load,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st

STATUS = FieldRef("status")
NEW = Compare(STATUS, "eq", Literally("new"))


def filter_of(text: str) -> Filter | None:
    """The filter that a flow mapping says."""
    lines = (
        "version: 1",
        "resources:",
        "  orders:",
        "    permissions:",
        f"      clerk: {{select: {{columns: '*', filter: {text}}}}}",
    )
    select = parse("\n".join(lines)).rules("clerk", "orders").select
    assert select is not None
    return select.filter


def faults_of(text: str) -> list[tuple[int, str]]:
    """Lines and messages of the faults in a text that has some."""
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "x.yaml")
    assert {fault.file for fault in caught.value.faults} == {"x.yaml"}
    return [(fault.line, fault.message) for fault in caught.value.faults]


def permission(text: str) -> str:
    """A file with one permission of the clerk on orders, on line 5."""
    return f"version: 1\nresources:\n  orders:\n    permissions:\n      clerk: {{{text}}}"


WHOLE = """
version: 1
schemas: [shop, public]
anonymous_role: guest
resources:
  purchases:
    table: shop.orders
    relations: {customers_by_customer_id: buyer}
    permissions:
      clerk:
        select: {columns: [id, status], filter: {}, limit: 100, allow_aggregations: true}
        insert: {columns: [status], check: {status: {_eq: new}}, set: {customer_id: X-Hasura-Customer-Id, total: 0.10}}
        update: {columns: '*', filter: {status: {_eq: new}}, check: {}}
        delete: {filter: {status: {_eq: new}}}
      guest:
        select: {columns: '*', filter: {status: {_eq: new}}}
row_security:
  acknowledge: [shop.orders]
cache: {only_writer: true, max_age: 2.5}
"""


def test_every_key_is_read() -> None:
    policies = parse(WHOLE)
    assert policies.schemas == ("shop", "public")
    assert policies.anonymous_role == "guest"
    assert policies.resource_names == {("shop", "orders"): "purchases"}
    assert policies.relation_names == {("purchases", "customers_by_customer_id"): "buyer"}
    assert policies.acknowledged == {"shop.orders"}
    assert policies.cache == CacheRule(only_writer=True, max_age=2.5)
    assert policies.roles() == ("clerk", "guest")
    assert policies.rules("clerk", "purchases") == Rules(
        select=SelectRule(frozenset({"id", "status"}), None, 100, True),
        insert=InsertRule(
            frozenset({"status"}),
            NEW,
            {"customer_id": Claim("x-hasura-customer-id"), "total": Literally(Decimal("0.10"))},
        ),
        update=UpdateRule(None, NEW, None, {}),
        delete=DeleteRule(NEW),
    )
    assert policies.rules("guest", "purchases") == Rules(select=SelectRule(None, NEW))


def test_what_is_not_written_is_closed() -> None:
    policies = parse(WHOLE)
    for role, resource in (("clerk", "orders"), ("nobody", "purchases"), ("", "purchases"), ("Clerk", "purchases")):
        assert policies.rules(role, resource) == Rules()


@pytest.mark.parametrize("resource", ["purchases", "anything"])
def test_admin_may_do_everything(resource: str) -> None:
    for policies in (parse(WHOLE), NOTHING_OPEN):
        rules = policies.rules("admin", resource)
        assert rules == Rules(SelectRule(None, None, None, True), InsertRule(None), UpdateRule(None), DeleteRule())


def test_without_a_file_nothing_is_open() -> None:
    assert load(None) is NOTHING_OPEN
    assert NOTHING_OPEN.roles() == ()
    assert NOTHING_OPEN.rules("anonymous", "orders") == Rules()


def test_the_version_changes_with_the_text_and_only_with_it(tmp_path: Path) -> None:
    file = tmp_path / "trivet.yaml"
    file.write_text(WHOLE)
    assert load(file).version == parse(WHOLE).version != parse(WHOLE + "#").version


def test_a_table_without_a_schema_is_of_the_first_or_of_a_usual_one() -> None:
    text = "version: 1\nresources: {a: {table: T}}"
    assert parse(text).resource_names == {("public", "T"): "a", ("main", "T"): "a"}
    assert parse(f"{text}\nschemas: [x, y]").resource_names == {("x", "T"): "a"}
    dotted = "version: 1\nresources: {a: {table: {schema: s, name: a.b}}}"
    assert parse(dotted).resource_names == {("s", "a.b"): "a"}


def test_an_update_without_a_check_keeps_rows_within_its_filter() -> None:
    rules = parse(permission("update: {columns: '*', filter: {status: {_eq: new}}}")).rules("clerk", "orders")
    assert rules.update is not None
    assert rules.update.check == rules.update.filter == NEW


def test_a_servers_role_without_lines_is_that_of_its_users() -> None:
    text = permission("select: {columns: [id], filter: {}}")
    users = parse(text).rules("clerk", "orders")
    assert users.select is not None
    assert parse(text).rules("clerk_backend", "orders") == users
    assert parse(text).rules("admin_backend", "orders") == Rules()
    own = parse(text.replace("clerk:", "clerk_backend: {delete: {filter: {}}}\n      clerk:"))
    assert own.rules("clerk_backend", "orders") == Rules(delete=DeleteRule())
    assert own.rules("clerk", "orders") == users


@pytest.mark.parametrize(
    ("written", "ways"),
    [
        ("", None),
        (", query_root_fields: []", ()),
        (", query_root_fields: [select_by_pk, select, select_by_pk]", ("select_by_pk", "select")),
    ],
)
def test_the_ways_to_rows(written: str, ways: tuple[str, ...] | None) -> None:
    select = parse(permission(f"select: {{columns: [id], filter: {{}}{written}}}")).rules("clerk", "orders").select
    assert select is not None
    assert select.ways == ways


def test_a_way_that_there_is_not() -> None:
    with pytest.raises(ConfigurationError, match="query_root_fields has no selct; did you mean select"):
        parse(permission("select: {columns: [id], filter: {}, query_root_fields: [selct]}"))


def compared(operator: Any, value: Any) -> Compare:
    return Compare(STATUS, operator, Literally(value))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("{}", None),
        ("{status: {_eq: new}}", NEW),
        ("{status: {_neq: 'x'}}", compared("neq", "x")),
        ("{status: {_gt: 1, _lte: 2.50}}", And((compared("gt", 1), compared("lte", Decimal("2.50"))))),
        ("{status: {_gte: -3, _lt: 1e3}}", And((compared("gte", -3), compared("lt", Decimal("1e3"))))),
        ("{status: {_in: [1, 2]}}", compared("in", [1, 2])),
        ("{status: {_in: []}}", compared("in", [])),
        ("{status: {_nin: [a]}}", Not(compared("in", ["a"]))),
        ("{status: {_like: 'a%'}}", compared("like", "a%")),
        ("{status: {_nlike: a}}", Not(compared("like", "a"))),
        ("{status: {_ilike: a}}", compared("ilike", "a")),
        ("{status: {_nilike: a}}", Not(compared("ilike", "a"))),
        ("{status: {_similar: a}}", compared("similar", "a")),
        ("{status: {_nsimilar: a}}", Not(compared("similar", "a"))),
        ("{status: {_regex: a}}", compared("match", "a")),
        ("{status: {_nregex: a}}", Not(compared("match", "a"))),
        ("{status: {_iregex: a}}", compared("imatch", "a")),
        ("{status: {_niregex: a}}", Not(compared("imatch", "a"))),
        ("{status: {_contains: {a: [1, null]}}}", compared("contains", {"a": [1, None]})),
        ("{status: {_contained_in: [1]}}", compared("contained", [1])),
        ("{status: {_has_key: a}}", compared("has_key", "a")),
        ("{status: {_has_keys_any: [a, b]}}", compared("has_keys_any", ["a", "b"])),
        ("{status: {_has_keys_all: [a]}}", compared("has_keys_all", ["a"])),
        ("{status: {_is_null: true}}", Is(STATUS, "null")),
        ("{status: {_is_null: false}}", Is(STATUS, "not_null")),
        ("{status: {_ceq: other}}", Compare(STATUS, "eq", FieldRef("other"))),
        ("{status: {_cne: other}}", Compare(STATUS, "neq", FieldRef("other"))),
        ("{status: {_cgt: other}}", Compare(STATUS, "gt", FieldRef("other"))),
        ("{status: {_cgte: other}}", Compare(STATUS, "gte", FieldRef("other"))),
        ("{status: {_clt: other}}", Compare(STATUS, "lt", FieldRef("other"))),
        ("{status: {_clte: other}}", Compare(STATUS, "lte", FieldRef("other"))),
        ("{_and: []}", And()),
        ("{_or: []}", Or()),
        ("{_or: [{status: {_eq: new}}, {}]}", Or((NEW, And()))),
        ("{_or: {status: {_eq: new}}}", Or((NEW,))),
        ("{_not: {status: {_eq: new}}}", Not(NEW)),
        ("{_not: {}}", Not(And())),
        ("{status: {_eq: new}, customer: {}}", And((NEW, Exists(RelationRef("customer"))))),
        ("{customer: {status: {_eq: new}}}", Exists(RelationRef("customer"), NEW)),
        ("{customer: {_not: {status: {_eq: new}}}}", Exists(RelationRef("customer"), Not(NEW))),
        (
            "{customer: {_hidden: {_eq: new}}}",
            Exists(RelationRef("customer"), Compare(FieldRef("_hidden"), "eq", Literally("new"))),
        ),
        ("{_exists: {_table: staff, _where: {status: {_eq: new}}}}", ExistsIn("staff", NEW)),
        ("{_exists: {_table: staff}}", ExistsIn("staff")),
        (
            "{items_aggregate: {count: {predicate: {_gt: 3}}}}",
            CompareAggregate(RelationRef("items"), "count", "gt", Literally(3)),
        ),
        (
            "{items_aggregate: {count: {arguments: [a], distinct: true, filter: {status: {_eq: new}}, predicate: {_nin: [1]}}}}",
            Not(CompareAggregate(RelationRef("items"), "count", "in", Literally([1]), ("a",), True, NEW)),
        ),
    ],
)
def test_filters(text: str, expected: Filter | None) -> None:
    assert filter_of(text) == expected


@pytest.mark.parametrize("written", ["X-Hasura-User-Id", "x-hasura-user-id", "'X-HASURA-USER-ID'"])
def test_session_variables_in_any_case(written: str) -> None:
    assert filter_of(f"{{status: {{_eq: {written}}}}}") == Compare(STATUS, "eq", Claim("x-hasura-user-id"))
    assert filter_of(f"{{status: {{_in: {written}}}}}") == Compare(STATUS, "in", Claim("x-hasura-user-id"))
    assert filter_of(f"{{status: {{_in: [1, {written}]}}}}") == Or(
        (compared("eq", 1), Compare(STATUS, "eq", Claim("x-hasura-user-id")))
    )


@pytest.mark.parametrize(
    "written, value",
    [
        ("no", "no"),
        ("ON", "ON"),
        ("1:30", "1:30"),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("2024-02-29", "2024-02-29"),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("TRUE", True),
        ("-0.10", Decimal("-0.10")),
        ("12345678901234567890", 12345678901234567890),
        ("not X-Hasura-User-Id", "not X-Hasura-User-Id"),
    ],
)
def test_values_are_what_they_look_like(written: str, value: Any) -> None:
    found = filter_of(f"{{status: {{_eq: {written}}}}}")
    assert found == compared("eq", value)
    assert type(found.right.value) is type(value)


def test_anchors_and_merges() -> None:
    text = """
version: 1
resources:
  orders:
    permissions:
      clerk: &all {select: &see {columns: '*', filter: {}}}
      driver: *all
      buyer: {select: {<<: *see, limit: 5}}
"""
    policies = parse(text)
    assert policies.rules("driver", "orders") == policies.rules("clerk", "orders")
    assert policies.rules("buyer", "orders").select == SelectRule(None, None, 5)


def test_all_faults_at_once_each_with_its_line() -> None:
    text = """version: 2
resurces: {}
resources:
  orders:
    permissions:
      clerk:
        select:
          columns: all
          filter:
            status: paid
            total: {_gr: 5}
          limit: -1
        inzert: {}
      admin:
        delete: {filter: {}}
"""
    assert faults_of(text) == [
        (1, "version must be 1, not `2`"),
        (2, "the file has no key resurces; did you mean resources?"),
        (8, "columns must be a list or '*', not `all`"),
        (10, "status must hold a mapping, such as {_eq: …}, not `paid`"),
        (11, "there is no operator _gr; did you mean _gt?"),
        (12, "limit must be a whole number from 0, not `-1`"),
        (13, "the permissions of clerk has no key inzert; did you mean insert?"),
        (14, "admin may do everything already; leave it out"),
    ]


@pytest.mark.parametrize(
    "text, message",
    [
        ("select: {filter: {}}", "select needs columns: a list of names, or '*' for all"),
        ("select: {columns: []}", "select needs filter: which rows; {} is every row"),
        ("select: ", "select must be a mapping, not nothing"),
        (
            "select: {columns: '*', filter: {}, allow_aggregations: yes}",
            "allow_aggregations must be true or false, not `yes`",
        ),
        ("select: {columns: '*', filter: {}, limit: true}", "limit must be a whole number from 0, not true"),
        ("select: {columns: [1], filter: {}}", "columns must be a name, not `1`"),
        ("insert: {columns: [a]}", "insert needs check: what a new row must satisfy; {} is anything"),
        ("insert: {columns: [a], check: {}, set: {a: 1}}", "a is preset, so it can't be in columns too"),
        (
            "insert: {columns: [a], check: {}, set: {b: X-Hasura-User Id}}",
            "`X-Hasura-User Id` is no session variable's name",
        ),
        ("delete: {}", "delete needs filter: which rows; {} is every row"),
        ("delete: {filter: {_eq: 1}}", "_eq must stand below a column: {column: {_eq: …}}"),
        ("delete: {filter: [a]}", "a filter must be a mapping, not a list"),
        ("delete: {filter: {_adn: [a]}}", "_adn must hold a mapping, such as {_eq: …}, not a list; did you mean _and?"),
        ("delete: {filter: {a: null}}", "a must hold a mapping, such as {_eq: …}, not nothing"),
        ("delete: {filter: {a: {_eq: null}}}", "_eq compares with nothing; use _is_null"),
        ("delete: {filter: {a: {_in: 1}}}", "_in needs a list, not `1`"),
        ("delete: {filter: {a: {_nin: [1, null]}}}", "_nin has null in its list, which nothing equals"),
        ("delete: {filter: {a: {_like: 1}}}", "_like needs a text, not `1`"),
        ("delete: {filter: {a: {_is_null: 1}}}", "_is_null must be true or false, not `1`"),
        ("delete: {filter: {a: {_ceq: [$, b]}}}", "the other column must be a name, not a list"),
        ("delete: {filter: {_or: 1}}", "_and and _or take a list of filters, not `1`"),
        ("delete: {filter: {_exists: {_where: {}}}}", "_exists needs _table, the name of a resource"),
        ("delete: {filter: {a_aggregate: {count: {}}}}", "count needs a predicate, such as {_gt: 3}"),
        ("delete: {filter: {a: {_eq: 1}, a: {_eq: 2}}}", "a stands here twice, first on line 5"),
        ("delete: {filter: {[a]: 1}}", "a key must be a plain name"),
        ("delete: {filter: &x {a: *x}}", "an anchor holds a reference to itself"),
        ("delete: {filter: !env X}", "the tag !env is not known here"),
        ("delete: {filter: {<<: 5}}", "`<<` takes in mappings only"),
    ],
)
def test_faults_of_a_permission(text: str, message: str) -> None:
    assert (5, message) in faults_of(permission(text))


@pytest.mark.parametrize(
    "text, fault",
    [
        ("", (1, "the file is empty; it begins with `version: 1`")),
        ("resources: {}", (1, "version is missing; write `version: 1`")),
        ("- a", (1, "the file must be a mapping, not a list")),
        ("version: 1\nanonymous_role: admin", (2, "anonymous_role can't be admin: everybody might do everything")),
        ("version: 1\nschemas: public", (2, "schemas must be a list of names, not `public`")),
        (
            "version: 1\nrow_security: {acknowledge: [orders]}",
            (2, "acknowledge takes tables as schema.table, not `orders`"),
        ),
        ("version: 1\ncache: {only_writer: maybe}", (2, "only_writer must be true or false, not `maybe`")),
        ("version: 1\ncache: {max_age: 0}", (2, "max_age must be a number of seconds above 0, not `0`")),
        ("version: 1\ncache: {max_age: true}", (2, "max_age must be a number of seconds above 0, not true")),
        ("version: 1\ncache: {maxage: 1}", (2, "cache has no key maxage; did you mean max_age?")),
        ("version: 1\nresources:\n a: {table: s.t}\n b: {table: s.t}", (4, "s.t is named a already")),
        ("version: 1\nresources:\n a: {table: ''}", (3, "table must be a name, not an empty text")),
        ("version: 1\nresources:\n a: {relations: {x: z, y: z}}", (3, "a has two relations named z")),
        (
            "version: 1\nresources: {a: {\n",
            (3, "this is not YAML: expected the node content, but found '<stream end>'"),
        ),
        ("version: 1\na: \x07", (2, "this is not YAML: special characters are not allowed")),
    ],
)
def test_faults_of_the_file(text: str, fault: tuple[int, str]) -> None:
    assert fault in faults_of(text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"version: 1\nx: \xe9\n")
    for path, text in (
        (tmp_path / "none.yaml", "none.yaml:1: can't be read"),
        (latin, "latin.yaml:2: is not UTF-8 text"),
    ):
        with pytest.raises(ConfigurationError, match=text):
            load(path)


def test_nesting_without_end_is_a_fault() -> None:
    assert "nested too deeply" in faults_of("version: 1\na: " + "[" * 5_000)[0][1]


SCALARS = st.none() | st.booleans() | st.integers() | st.sampled_from(["*", "x", "X-Hasura-Id", "_eq", ""])
KEYS = st.sampled_from(
    [
        "version",
        "resources",
        "permissions",
        "select",
        "insert",
        "update",
        "delete",
        "columns",
        "filter",
        "check",
        "set",
        "_and",
        "_or",
        "_not",
        "_exists",
        "_table",
        "_where",
        "_eq",
        "_in",
        "a",
        "a_aggregate",
        "count",
        "predicate",
    ]
)
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


def lines_of_faults(text: str) -> list[int]:
    """The lines of a text's faults, none where it has no fault."""
    try:
        parse(text)
    except ConfigurationError as error:
        return [fault.line for fault in error.faults]
    return []


@settings(max_examples=150, deadline=None)
@given(TREES)
def test_anything_is_read_or_refused_with_lines(tree: Any) -> None:
    whole = yaml.safe_dump(tree)
    within = permission(f"select: {{columns: '*', filter: {json.dumps(tree)}}}")
    for text in (whole, within):
        assert all(0 < line <= text.count("\n") + 1 for line in lines_of_faults(text))
