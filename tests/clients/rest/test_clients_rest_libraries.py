"""supabase-js, ra-data-postgrest, postgrest-py and supabase-py, unmodified, through the gateway."""

import pytest
from postgrest import SyncPostgrestClient
from postgrest.exceptions import APIError
from supabase import AuthApiError, create_client

# --- ra-data-postgrest ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def admin_pages(store, run_script):
    """What react-admin's data provider made of each answer."""
    return run_script("react_admin", store.environment)


LISTS = {
    "list": "select id from orders order by id limit 5",
    "list, second page": "select id from orders order by id limit 2 offset 2",
    "list, filtered": "select id from orders where status = 'paid' and id > 1 order by id limit 5",
    "list, any of": "select id from orders where status = 'new' or id = 1 order by id limit 5",
    "list, columns": "select id from orders order by id limit 5",
    "many": "select id from tags where id in (1, 3)",
    "references": "select id from orders where customer_id = 1 order by id limit 5",
}
TOTALS = {
    "list": "orders",
    "list, filtered": "orders where status = 'paid' and id > 1",
    "references": "orders where customer_id = 1",
    "list of a composite key": "order_items",
}


@pytest.mark.parametrize("name", LISTS)
def test_lists(store, admin_pages, name):
    assert [row["id"] for row in admin_pages[name]["data"]] == [row["id"] for row in store.rows(LISTS[name])]


@pytest.mark.parametrize("name", TOTALS)
def test_totals(store, admin_pages, name):
    (row,) = store.rows(f"select count(*) as n from {TOTALS[name]}")
    assert admin_pages[name]["total"] == row["n"]


def test_searched(store, admin_pages):
    found = store.rows(
        "select id from products where replace(lower(name), 'an', '') <> lower(name) order by id limit 5"
    )
    assert [row["id"] for row in admin_pages["list, searched"]["data"]] == [row["id"] for row in found]


def test_searched_by_two_words(store, admin_pages):
    found = store.rows(
        "select id from products where replace(lower(name), 'a', '') <> lower(name)"
        " and replace(lower(name), 'e', '') <> lower(name) order by id"
    )
    listed = admin_pages["list, searched by two words"]
    assert found
    assert [row["id"] for row in listed["data"]] == [row["id"] for row in found[:5]]
    assert listed["total"] == len(found)


def test_composite_keys(admin_pages):
    assert admin_pages["one of a composite key"]["data"]["id"] == "[1,1]"
    assert [row["id"] for row in admin_pages["many of a composite key"]["data"]] == ["[1,1]", "[2,1]"]
    assert admin_pages["create of a composite key"]["data"]["id"] == "[3,9100]"
    assert admin_pages["delete of a composite key"]["data"]["tag_id"] == 9100


def test_forms(store, admin_pages):
    assert admin_pages["create"] == {"data": {"id": 9100, "name": "admin"}}
    assert admin_pages["update"] == {"data": {"id": 9100, "name": "renamed"}}
    assert admin_pages["updateMany"] == {"data": [9100]}
    assert admin_pages["updated"] == {"data": {"id": 9100, "name": "renamed again"}}
    assert admin_pages["delete"] == {"data": {"id": 9100, "name": "renamed again"}}
    assert admin_pages["deleteMany"] == {"data": []}
    assert (admin_pages["one that is not"]["status"], admin_pages["one that is not"]["code"]) == (406, "PGRST116")
    assert store.rows("select id from tags where id >= 9000") == []


# --- supabase-js ---------------------------------------------------------------------------------------------------


def test_supabase_js(demo, run_script):
    customer = {"EMAIL": "customer@example.com", "PASSWORD": "trivet-demo", "SUITE_URL": demo.suite.base_url}
    seen = run_script("supabase", customer)
    products = demo.rows("select id from products where not discontinued order by id limit 3")
    assert seen["nobody reads"]["data"] == seen["nobody again"]["data"] == products
    assert seen["nobody reads what is closed"]["status"] == 401
    assert seen["a forged token as the key"]["error"]["code"] == "PGRST301"
    assert seen["wrong password"]["status"] == 401
    assert seen["sign in"]["email"] == seen["user"]["email"] == "customer@example.com"
    own = demo.rows("select id, customer_id from orders where customer_id = 1 order by id")
    assert (seen["own orders"]["data"], seen["own orders"]["count"]) == (own[:5], len(own))
    assert [order["id"] for order in seen["own orders with items"]["data"]] == [order["id"] for order in own[:2]]
    assert seen["own orders with items"]["data"][0]["order_items"][0]["products"]["name"]
    assert (seen["hidden table"]["status"], seen["hidden table"]["error"]["code"]) == (403, "42501")
    assert (seen["hidden column"]["status"], seen["hidden column"]["error"]["code"]) == (400, "42703")
    assert seen["write for oneself"]["data"] == {"customer_id": 1, "city": "Oslo"}
    assert (seen["write for another"]["status"], seen["write for another"]["error"]["code"]) == (403, "42501")
    assert seen["take it back"]["count"] == 1
    assert seen["sign out"] == {"error": None}


# --- postgrest-py --------------------------------------------------------------------------------------------------


@pytest.fixture
def client(store):
    """A client of the suite, as one who may do all."""
    with SyncPostgrestClient(store.url, headers={"Authorization": f"Bearer {store.token}"}) as found:
        yield found


def test_python_reads(store, client):
    table = client.from_("orders")
    rows = store.rows
    assert table.select("id").eq("status", "paid").order("id").limit(9).execute().data == rows(
        "select id from orders where status = 'paid' order by id limit 9"
    )
    assert table.select("id").or_("id.eq.1,id.eq.3").not_.eq("id", 3).execute().data == [{"id": 1}]
    assert table.select("id").in_("id", [1, 2]).order("id", desc=True).execute().data == [{"id": 2}, {"id": 1}]
    assert table.select("id").match({"id": 1}).maybe_single().execute().data == {"id": 1}
    assert table.select("id").eq("id", -1).maybe_single().execute() is None
    assert table.select("id").eq("id", 1).single().execute().data == {"id": 1}
    found = table.select("id", count="exact").range(1, 2).order("id").execute()
    (total,) = rows("select count(*) as n from orders")
    assert (found.data, found.count) == (rows("select id from orders order by id limit 2 offset 1"), total["n"])
    head = table.select("*", count="exact", head=True).eq("id", 1).execute()
    assert head.count == 1
    assert table.select("id").eq("id", 1).csv().execute().data == "id\n1"
    embedded = table.select("id,customers(name)").eq("id", 1).execute().data
    (name,) = rows("select name from customers where id = (select customer_id from orders where id = 1)")
    assert embedded == [{"id": 1, "customers": name}]


def test_python_refusals(client):
    for code, build in {
        "PGRST116": client.from_("orders").select("id").single(),
        "42703": client.from_("orders").select("nope"),
        "PGRST205": client.from_("nope").select("*"),
        "22P02": client.from_("orders").select("id").eq("id", "x"),
    }.items():
        with pytest.raises(APIError) as caught:
            build.execute()
        assert caught.value.code == code


def test_python_writes(store, client):
    def mine():
        return store.rows("select id, note from orders where id >= 910000 order by id")

    table = client.from_("orders")
    made = table.insert(
        [{"id": 910000, "customer_id": 1, "note": "a"}, {"id": 910001, "customer_id": 1}], default_to_null=False
    )
    assert [row["id"] for row in made.execute().data] == [910000, 910001]
    assert mine() == [{"id": 910000, "note": "a"}, {"id": 910001, "note": None}]
    changed = table.update({"note": "b"}, count="exact").gte("id", 910000).execute()
    assert ({row["note"] for row in changed.data}, changed.count) == ({"b"}, 2)
    merged = table.upsert(
        [{"id": 910000, "customer_id": 1, "note": "c"}, {"id": 910002, "customer_id": 2, "note": "d"}]
    )
    assert [row["note"] for row in merged.execute().data] == ["c", "d"]
    skipped = table.upsert({"id": 910000, "customer_id": 1, "note": "e"}, ignore_duplicates=True, on_conflict="id")
    assert skipped.execute().data == []
    assert [row["note"] for row in mine()] == ["c", "b", "d"]
    with pytest.raises(APIError) as caught:
        table.delete().gte("id", 910000).max_affected(1).execute()
    assert caught.value.code == "PGRST124"
    assert len(table.delete().gte("id", 910000).execute().data) == 3
    assert mine() == []


# --- supabase-py ---------------------------------------------------------------------------------------------------


def test_supabase_py(demo):
    client = create_client(demo.suite.base_url, "sb_publishable_any_text")
    products = demo.rows("select id from products where not discontinued order by id limit 3")
    assert client.table("products").select("id").order("id").limit(3).execute().data == products
    with pytest.raises(APIError) as closed:
        client.table("orders").select("id").execute()
    assert closed.value.code == "42501"
    with pytest.raises(AuthApiError) as wrong:
        client.auth.sign_in_with_password({"email": "customer@example.com", "password": "wrong"})
    assert wrong.value.code == "invalid_credentials"
    signed_in = client.auth.sign_in_with_password({"email": "customer@example.com", "password": "trivet-demo"})
    assert signed_in.user is not None
    assert signed_in.user.email == "customer@example.com"
    own = demo.rows("select id, customer_id from orders where customer_id = 1 order by id")
    found = client.table("orders").select("id,customer_id", count="exact").order("id").limit(5).execute()
    assert (found.data, found.count) == (own[:5], len(own))
    written = {"street": "2 Quay", "city": "Oslo", "country": "NO"}
    assert client.table("addresses").insert(written).execute().data[0]["customer_id"] == 1
    assert len(client.table("addresses").delete().eq("street", "2 Quay").execute().data) == 1
    with pytest.raises(APIError) as unknown:
        client.rpc("nope").execute()
    assert unknown.value.code == "PGRST202"
    client.auth.sign_out()
    assert client.table("products").select("id").order("id").limit(3).execute().data == products
