"""What a role may not see can't be reached: not by output, filter, sort, embed, aggregate, write or error text."""

from contextlib import nullcontext

import pytest
from contracts.filters import And, Compare, CompareAggregate, Exists, FieldRef, Not, Param, RelationRef
from contracts.operations import (
    Affected,
    Aggregate,
    Assign,
    Create,
    Delete,
    Embed,
    FieldOutput,
    Group,
    Node,
    Read,
    Rows,
    Sort,
    Update,
)
from contracts.problems import Problem

from tests.fixtures.on_hub import EngineOnHub, TurningHub

CONFIG = """
version: 1
resources:
  customers:
    permissions:
      customer:
        select: {columns: [id, name, email, vip], filter: {id: {_eq: X-Hasura-Customer-Id}}}
        update: {columns: [name, vip], filter: {id: {_eq: X-Hasura-Customer-Id}}, check: {vip: {_eq: false}}}
      clerk:
        select: {columns: [id, name, email], filter: {}, allow_aggregations: true}
      archivist: {select: {columns: [id], filter: {id: {_neq: 2}}}}
  orders:
    permissions:
      customer:
        select: {columns: '*', filter: {customer: {id: {_eq: X-Hasura-Customer-Id}}}, limit: 1}
        insert: {columns: [note, status], check: {status: {_in: [new, paid]}}, set: {customer_id: X-Hasura-Customer-Id}}
        delete: {filter: {_and: [{customer_id: {_eq: X-Hasura-Customer-Id}}, {status: {_eq: new}}]}}
      clerk:
        select: {columns: '*', filter: {status: {_neq: cancelled}}, allow_aggregations: true}
        update: {columns: [note], filter: {}}
      dropbox:
        insert: {columns: [customer_id, note], check: {}}
      archivist:
        select: {columns: [id, status, customer_id], filter: {status: {_neq: cancelled}}}
        update: {columns: [status], filter: {}, check: {}}
        insert: {columns: [status, customer_id], check: {}}
  addresses:
    permissions:
      clerk: {select: {columns: [id, city], filter: {}}}
  order_items:
    permissions:
      clerk: {select: {columns: '*', filter: {product_id: {_neq: 1}}, allow_aggregations: true}}
  products:
    permissions:
      clerk: {select: {columns: [id, name], filter: {}}}
      lister: {select: {columns: [id], filter: {id: {_in: X-Hasura-Ids}}}}
      preset: {insert: {columns: [name], check: {}, set: {gone: 1}}}
      anonymous: {select: {columns: [id, name], filter: {_exists: {_table: order_items, _where: {product_id: {_gt: 0}}}}}}
  tags:
    permissions:
      clerk: {select: {columns: '*', filter: {}}}
"""

F, P, R = FieldRef, Param, RelationRef


def out(*names):
    return tuple(FieldOutput(name, F(name)) for name in names)


def eq(name, index, operator="eq"):
    return Compare(F(name), operator, P(index))


ID = (Sort(F("id")),)


@pytest.fixture(scope="module")
def guarded(place, kind, tmp_path_factory, request):
    conftest = request.config.pluginmanager
    fixtures = next(m for m in conftest.get_plugins() if hasattr(m, "sqlite_store"))
    folder = tmp_path_factory.mktemp("guarded")
    config = folder / "trivet.yaml"
    config.write_text(CONFIG)
    if kind == "sqlite":
        made, database = fixtures.sqlite_store(folder, config)
    else:
        server = request.getfixturevalue("postgres_server")
        made, database = fixtures.postgres_store(server.create_database("guarded"), config)
    made.caller = fixtures.caller
    with TurningHub() if place.endswith("hub") else nullcontext() as turning:
        if turning is not None:
            made.engine = EngineOnHub(made.engine, turning)
        yield made
        database.close()


@pytest.fixture
def ask(guarded):
    def asked(operation, values=(), role="clerk", **session):
        return guarded.ask(operation, list(values), guarded.caller(role, **session))

    yield asked
    guarded.restore()


def refused(ask, operation, values=(), role="clerk", **session):
    with pytest.raises(Problem) as caught:
        ask(operation, values, role, **session)
    return caught.value


def test_rows_and_fields_at_the_root(ask):
    assert ask(Read("customers", Node()), role="customer", customer_id="1") == [
        {"id": 1, "name": "Ada", "email": "ada@example.com", "vip": True}
    ]
    assert ask(Read("customers", Node(filter=eq("id", 0))), [2], role="customer", customer_id="1") == []


def test_rows_of_a_nested_node(ask):
    read = Read(
        "customers", Node(outputs=(*out("id"), Embed("orders", R("orders"), Node(outputs=out("id"), sort=ID))), sort=ID)
    )
    assert ask(read) == [
        {"id": 1, "orders": [{"id": 1}, {"id": 2}]},
        {"id": 2, "orders": [{"id": 3}]},
        {"id": 3, "orders": []},
    ]


def test_a_policy_over_a_relation(ask):
    assert ask(Read("orders", Node(outputs=out("id"), sort=ID)), role="customer", customer_id="2") == [
        {"id": 3}
    ]  # limit: 1


def test_a_role_s_limit_caps_the_client_s(ask):
    assert len(ask(Read("orders", Node(limit=P(0))), [10], role="customer", customer_id="1")) == 1


@pytest.mark.parametrize(
    "node",
    [
        Node(outputs=out("secret")),
        Node(filter=eq("secret", 0)),
        Node(sort=(Sort(F("secret")),)),
        Node(outputs=(Aggregate("m", "max", (F("secret"),)),)),
        Node(outputs=out("id"), distinct_on=("secret",)),
    ],
)
def test_a_hidden_field_is_unknown(ask, node):
    problem = refused(ask, Read("customers", node), ["s1"])
    assert problem.code == "42703"
    assert problem.hint is None


def test_hidden_field_through_relations(ask):
    assert refused(ask, Read("orders", Node(filter=Exists(R("customer"), eq("secret", 0)))), ["s1"]).code == "42703"
    assert refused(ask, Read("orders", Node(sort=(Sort(F("secret"), via=(R("customer"),)),)))).code == "42703"


def test_hidden_rows_through_filters(ask):
    """Filters over related rows see the rows that the role sees: no oracle."""
    cancelled = Exists(R("orders"), eq("status", 0))
    assert ask(Read("customers", Node(outputs=out("id"), filter=cancelled)), ["cancelled"]) == []
    assert len(ask(Read("customers", Node(outputs=out("id"), filter=Not(cancelled))), ["cancelled"])) == 3
    counted = CompareAggregate(R("orders"), "count", "gte", P(0))
    assert ask(Read("customers", Node(outputs=out("id"), filter=counted)), [2]) == [{"id": 1}]


def test_hidden_rows_through_aggregates(ask):
    node = Node(
        outputs=(Group("aggregate", (Aggregate("count", "count"),)), Rows("nodes", out("id"))), shape="summary", sort=ID
    )
    assert ask(Read("orders", node))["aggregate"] == {"count": 3}
    items = Node(outputs=(Aggregate("n", "count"),), shape="summary")
    assert ask(Read("orders", Node(outputs=(Embed("i", R("order_items"), items),), filter=eq("id", 0))), [1]) == [
        {"i": {"n": 1}}
    ]


def test_hidden_rows_through_counts(ask, guarded):
    assert guarded.run(Read("orders", Node(shape="none"), count="exact"), [], guarded.caller("clerk")).total == 3


def test_hidden_rows_through_sort(ask):
    """The order by a hidden related row is the order by null."""
    term = Sort(None, True, None, (R("order_items"),), "count")
    found = ask(Read("orders", Node(outputs=out("id"), sort=(term, Sort(F("id"))))))
    assert found == [{"id": 1}, {"id": 2}, {"id": 3}]  # one visible item each


def test_aggregates_must_be_allowed(ask):
    node = Node(outputs=(Aggregate("n", "count"),), shape="summary")
    assert refused(ask, Read("orders", node), role="customer", customer_id="1").code == "PGRST123"
    assert refused(ask, Read("products", node)).code == "PGRST123"


def test_relations_to_what_is_hidden_do_not_exist(ask):
    for name in ("product_tags", "tags"):  # the junction is hidden, so the way over it is, too
        assert refused(ask, Read("products", Node(outputs=(Embed("x", R(name), Node()),)))).code == "PGRST200"
    assert refused(ask, Read("customers", Node(outputs=(Embed("x", R("addresses"), Node()),)))).code == "PGRST200"


def test_a_forbidden_table(ask):
    assert refused(ask, Read("files")).code == "42501"
    assert refused(ask, Read("orders"), role="anonymous").code == "42501"
    assert refused(ask, Read("orders"), role="dropbox").code == "42501"
    assert refused(ask, Read("fils")).hint is None
    assert refused(ask, Read("orders"), role="nobody-knows").code == "42501"


def test_a_missing_session_variable_closes(ask):
    problem = refused(ask, Read("customers"), role="customer")
    assert problem.code == "42501"
    assert "x-hasura-customer-id" in problem.message


def test_exists_in_another_table(ask):
    assert len(ask(Read("products"), role="anonymous")) == 4


def test_insert_preset_and_check(ask):
    node = Node(outputs=out("customer_id", "status"))
    create = Create("orders", ("note", "status"), P(0), returning=node)
    assert ask(create, [[{"note": "x", "status": "paid"}]], role="customer", customer_id="2") == [
        {"customer_id": 2, "status": "paid"}
    ]
    problem = refused(ask, create, [[{"note": "x", "status": "shipped"}]], role="customer", customer_id="2")
    assert problem.code == "42501"
    given = Create("orders", ("customer_id", "note"), P(0))
    assert refused(ask, given, [[{"customer_id": 1, "note": "x"}]], role="customer", customer_id="2").code == "42501"


def test_a_check_that_fails_leaves_nothing(ask, guarded):
    create = Create("orders", ("status",), P(0))
    refused(ask, create, [[{"status": "paid"}, {"status": "shipped"}]], role="customer", customer_id="1")
    assert guarded.run(Read("orders", Node(shape="none"), count="exact"), []).total == 4


def test_update_within_filter_and_check(ask):
    node = Node(outputs=(Affected("n"), Rows("rows", out("id", "name"))), shape="summary")
    update = Update("customers", (Assign("name", P(0)), Assign("vip", P(1))), And(), returning=node)
    assert ask(update, ["New", False], role="customer", customer_id="2") == {"n": 1, "rows": [{"id": 2, "name": "New"}]}
    assert refused(ask, update, ["New", True], role="customer", customer_id="2").code == "42501"
    hidden = Update("customers", (Assign("secret", P(0)),), And())
    assert refused(ask, hidden, ["x"], role="customer", customer_id="2").code == "PGRST204"


def test_update_can_t_reach_rows_that_can_t_be_seen(ask):
    """A write's count is an oracle unless what may be changed lies within what may be seen."""
    update = Update(
        "orders", (Assign("note", P(0)),), eq("id", 1), returning=Node(outputs=(Affected("n"),), shape="summary")
    )
    assert ask(update, ["x", 4]) == {"n": 0}
    assert ask(update, ["x", 3]) == {"n": 1}


def test_a_write_gives_back_what_it_wrote_also_out_of_sight(ask):
    """What is read beside it is filtered as ever."""
    node = Node(outputs=(*out("status"), Embed("whose", RelationRef("customer"), Node(outputs=out("id")))))
    update = Update("orders", (Assign("status", P(0)),), eq("id", 1), returning=node)
    assert ask(update, ["cancelled", 1], role="archivist") == [{"status": "cancelled", "whose": {"id": 1}}]
    assert ask(update, ["new", 1], role="archivist") == []
    create = Create("orders", ("customer_id", "status"), P(0), returning=node)
    row = {"customer_id": 2, "status": "cancelled"}
    assert ask(create, [[row]], role="archivist") == [{"status": "cancelled", "whose": None}]


def test_delete_within_filter(ask):
    node = Node(outputs=out("id"))
    assert ask(Delete("orders", And(), returning=node), role="customer", customer_id="1") == [{"id": 2}]
    assert refused(ask, Delete("orders", And())).code == "42501"


def test_a_role_that_may_only_insert(ask, guarded):
    create = Create("orders", ("customer_id", "note"), P(0))
    assert guarded.run(create, [[{"customer_id": 1, "note": "x"}]], guarded.caller("dropbox")).affected == 1
    back = Create("orders", ("customer_id", "note"), P(0), returning=Node())
    assert refused(ask, back, [[{"customer_id": 1, "note": "x"}]], role="dropbox").code == "42501"


def test_error_text_tells_nothing_of_other_rows(ask):
    """A unique key's value is told only to one who may see its field."""
    as_admin = refused(
        ask,
        Create("customers", ("id", "name", "email"), P(0)),
        [[{"id": 9, "name": "x", "email": "bob@example.com"}]],
        role="admin",
    )
    assert as_admin.code == "23505"
    assert "email" in as_admin.details
    null = refused(ask, Create("customers", ("id", "secret"), P(0)), [[{"id": 9, "secret": "top"}]], role="admin")
    assert null.code == "23502"
    assert "top" not in f"{null.message}{null.details}"


def test_limited_catalog(guarded):
    catalog = guarded.engine.catalog(guarded.caller("clerk"))
    assert [f.name for f in catalog.by_name["customers"].fields] == ["id", "name", "email"]
    assert "files" not in catalog.by_name
    assert not catalog.by_name["customers"].updatable
    assert catalog.by_name["orders"].updatable
    assert catalog.writable["orders"].update == {"note"}
    relations = {r.name for r in catalog.by_name["orders"].relations}
    assert {"customer", "order_items"} <= relations
    anonymous = guarded.engine.catalog(guarded.caller("anonymous"))
    assert [r.name for r in anonymous.resources] == ["products"]


def test_a_session_variable_may_hold_a_list(ask):
    assert ask(Read("products", Node(sort=ID)), role="lister", ids="{1,3}") == [{"id": 1}, {"id": 3}]
    assert ask(Read("products", Node(sort=ID)), role="lister", ids='{"2"}') == [{"id": 2}]
    assert ask(Read("products", Node(sort=ID)), role="lister", ids="{}") == []


def test_a_rule_about_a_field_that_is_gone_closes(ask):
    assert refused(ask, Create("products", ("name",), P(0)), [[{"name": "x"}]], role="preset").code == "42501"
