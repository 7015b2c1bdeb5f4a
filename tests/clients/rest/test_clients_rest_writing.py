"""postgrest-js writes, unmodified, through the gateway: what it is told, and what the database holds afterwards."""

import pytest

REFUSED = {
    "insert several, one back": (406, "PGRST116"),
    "insert with nulls": (400, "23502"),
    "insert what is there": (409, "23505"),
    "insert an unknown column": (400, "PGRST204"),
    "insert for nobody": (409, "23503"),
    "insert against a rule": (400, "23514"),
    "update beyond a limit": (400, "PGRST124"),
    "update not single": (406, "PGRST116"),
    "update all": (400, "21000"),
    "upsert on no key": (400, "42P10"),
    "delete what is held": (409, "23503"),
    "delete beyond a limit": (400, "PGRST124"),
    "delete all": (400, "21000"),
}

DONE = {
    "insert": (201, None, None),
    "insert, back": (201, [{"id": 900001, "note": "back"}], None),
    "insert, one back": (201, {"note": "one"}, None),
    "insert several": (201, [{"id": 900003}, {"id": 900004}], 2),
    "insert with embeds": (201, [{"quantity": 2, "orders": {"note": "plain"}, "products": {"id": 1}}], None),
    "insert with defaults": (201, [{"customer_id": 1, "status": "new"}, {"customer_id": 2, "status": "paid"}], None),
    "update": (204, None, None),
    "update, back": (200, [{"id": 900001, "note": "changed too"}], None),
    "update, one back": (200, {"id": 900002, "note": "single"}, None),
    "update, maybe one back": (200, None, None),
    "update, counted": (204, None, 2),
    "update within a limit": (200, [{"id": 900003}, {"id": 900004}], None),
    "update or": (200, [{"id": 900007}, {"id": 900008}], None),
    "update with embeds": (200, [{"note": "seen", "customers": {"id": 2}}], None),
    "update nobody": (200, [], None),
    "upsert": (201, [{"id": 900001, "note": "merged"}, {"id": 900020, "note": "new"}], None),
    "upsert of known ones": (200, None, None),
    "upsert, ignored": (201, [{"id": 900021, "note": "newer"}], None),
    "upsert on a key": (200, [{"quantity": 5}], None),
    "delete": (204, None, None),
    "delete, back": (200, [{"id": 900001, "note": "merged again"}], None),
    "delete, one back": (200, {"id": 900002}, None),
    "delete, counted": (204, None, 2),
    "delete nobody": (200, [], None),
    "delete within a limit": (200, [{"id": n} for n in (900007, 900008, 900020, 900021)], None),
}


def order(number, note, customer=1):
    return {"id": 900000 + number, "customer_id": customer, "note": note}


AS_IT_STOOD = {
    "inserted": [
        order(0, "plain"), order(1, "back"), order(2, "one"), order(3, "a"), order(4, "b"), order(7, None),
        order(8, None, 2),
    ],
    "updated": [
        order(0, "changed"), order(1, "changed too"), order(2, "single"), order(3, "two"), order(4, "two"),
        order(7, "either"), order(8, "seen", 2),
    ],
    "upserted": [
        order(0, "changed"), order(1, "merged again"), order(2, "single"), order(3, "two"), order(4, "two"),
        order(7, "either"), order(8, "seen", 2), order(20, "new"), order(21, "newer"),
    ],
    "left": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def seen(store, run_script):
    """What postgrest-js made of each answer."""
    return run_script("writing", store.environment)


@pytest.mark.parametrize("name", DONE)
def test_done(seen, name):
    answer = seen[name]
    assert answer["error"] is None
    assert (answer["status"], answer["data"], answer["count"]) == DONE[name]


@pytest.mark.parametrize("name", REFUSED)
def test_refused(seen, name):
    status, code = REFUSED[name]
    assert (seen[name]["status"], seen[name]["error"]["code"], seen[name]["data"]) == (status, code, None)


@pytest.mark.parametrize("name", AS_IT_STOOD)
def test_as_it_stood(seen, name):
    assert seen[name]["data"] == AS_IT_STOOD[name]


def test_nothing_is_left(store, seen):
    assert seen.keys() == DONE.keys() | REFUSED.keys() | AS_IT_STOOD.keys()
    assert store.rows("select id from orders where id >= 900000") == []
    assert store.rows("select order_id from order_items where order_id >= 900000") == []
