"""The main job: one question, one write, through three protocols with one login."""

from decimal import Decimal

import pytest

ORDER = 17


def test_orders_with_customer_and_items_in_one_rest_call(clerk):
    answer = clerk.rest(
        f"orders?select=id,total,customer:customers(name),order_items(line_no,quantity,product:products(name))&id=eq.{ORDER}"
    )
    assert answer.status_code == 200
    (order,) = answer.json()
    assert order["id"] == ORDER
    assert order["customer"]["name"]
    assert order["order_items"]
    assert all(item["product"]["name"] for item in order["order_items"])


def test_the_same_in_one_graphql_query_and_by_zeep(clerk):
    (order,) = clerk.rest(
        f"orders?select=id,total,status,customer(name),order_items(line_no,quantity)&id=eq.{ORDER}&order_items.order=line_no"
    ).json()
    query = """query($id: Int!) { orders_by_pk(id: $id) { id total status customer { name }
      order_items(order_by: {line_no: asc}) { line_no quantity } } }"""
    assert clerk.graphql(query, id=ORDER) == {"data": {"orders_by_pk": order}}
    found = clerk.soap().ListOrders(filter={"id": {"eq": ORDER}}, include={"string": ["customer", "order_items"]})
    (same,) = found["items"]["Orders"]
    assert (same["id"], same["status"]) == (order["id"], order["status"])
    assert same["total"] == Decimal(str(order["total"]))
    assert same["customer"]["name"] == order["customer"]["name"]
    lines = sorted(same["order_items"]["OrderItems"], key=lambda item: item["line_no"])
    assert [(item["line_no"], item["quantity"]) for item in lines] == [
        (item["line_no"], item["quantity"]) for item in order["order_items"]
    ]


def test_each_protocol_writes_one_and_all_see_it(clerk):
    made = clerk.rest(
        "orders",
        "POST",
        json={"customer_id": 2, "total": 12.5, "note": "by rest"},
        headers={"Prefer": "return=representation"},
    )
    assert made.status_code == 201, made.text
    ids = [made.json()[0]["id"]]
    mutation = (
        """mutation { insert_orders_one(object: {customer_id: 2, total: "12.50", note: "by graphql"}) { id status } }"""
    )
    ids.append(clerk.graphql(mutation)["data"]["insert_orders_one"]["id"])
    service = clerk.soap()
    made = service.CreateOrders(orders={"customer_id": 2, "total": Decimal("12.50"), "note": "by soap"})
    ids.append(made["id"])
    notes = ["by rest", "by graphql", "by soap"]
    listed = ",".join(map(str, ids))
    assert [row["note"] for row in clerk.rest(f"orders?id=in.({listed})&select=note&order=id").json()] == notes
    found = clerk.graphql(
        "query($ids: [Int!]) { orders(where: {id: {_in: $ids}}, order_by: {id: asc}) { note } }", ids=ids
    )
    assert [row["note"] for row in found["data"]["orders"]] == notes
    for number, note in zip(ids, notes, strict=True):
        assert service.GetOrders(id=number)["note"] == note
        assert service.DeleteOrders(id=number) == 1
    assert clerk.rest(f"orders?id=in.({listed})").json() == []


def test_a_customer_sees_only_its_own(customer, clerk):
    own = customer.rest("orders?select=id,customer_id").json()
    assert own
    assert {row["customer_id"] for row in own} == {1}
    other = clerk.rest("orders?select=id&customer_id=neq.1&limit=1").json()[0]["id"]
    assert customer.rest(f"orders?id=eq.{other}").json() == []
    assert customer.graphql("query($id: Int!) { orders_by_pk(id: $id) { id } }", id=other) == {
        "data": {"orders_by_pk": None}
    }
    assert customer.soap().GetOrders(id=other) is None
    assert customer.graphql("{ orders_aggregate { aggregate { count } } }")["data"]["orders_aggregate"][
        "aggregate"
    ] == {"count": len(own)}


def test_what_is_not_open_to_anonymous_asks_for_a_login(anonymous, demo_suite):
    answer = anonymous.rest("orders")
    assert answer.status_code == 401
    assert answer.json()["code"] == "42501"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert anonymous.rest("products?select=id&limit=1").status_code == 200
    assert "cost" not in anonymous.rest("products?limit=1").json()[0]


def test_basic_credentials_work_on_every_protocol(demo_suite):
    import requests

    basic = ("clerk@example.com", "trivet-demo")
    url = demo_suite.base_url
    assert requests.get(f"{url}/rest/v1/orders?limit=1&select=id", auth=basic, timeout=30).status_code == 200
    answer = requests.post(f"{url}/graphql", auth=basic, json={"query": "{ orders(limit: 1) { id } }"}, timeout=30)
    assert "data" in answer.json()
    assert requests.get(f"{url}/soap/v1?wsdl", auth=basic, timeout=30).status_code == 200
    assert requests.get(f"{url}/rest/v1/orders", auth=("clerk@example.com", "wrong"), timeout=30).status_code == 401


def test_a_token_that_was_signed_out_is_refused_everywhere(demo_suite, post):
    import time

    body = {"email": "customer@example.com", "password": "trivet-demo"}
    session = post("/auth/v1/token?grant_type=password", json=body).json()
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    import requests

    url = f"{demo_suite.base_url}/rest/v1/orders?limit=1"
    assert requests.get(url, headers=headers, timeout=30).status_code == 200
    assert post("/auth/v1/logout?scope=local", headers=headers).status_code == 204
    deadline = time.monotonic() + 10
    while requests.get(url, headers=headers, timeout=30).status_code == 200:
        assert time.monotonic() < deadline, "the revocation did not arrive"
        time.sleep(0.02)
    answer = requests.get(url, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (401, "PGRST303")
    assert post("/graphql", headers=headers, json={"query": "{ __typename }"}).json()["errors"][0]["extensions"][
        "code"
    ] == ("invalid-jwt")


@pytest.mark.parametrize(
    "path", ["/metrics", "/execute", "/catalog", "/reload", "/-/exchange", "/-/revocations", "/rest/v1/../../metrics"]
)
def test_what_is_inner_can_t_be_reached(demo_suite, path):
    import requests

    for method in ("GET", "POST"):
        prepared = requests.Request(method, demo_suite.base_url + path).prepare()
        prepared.url = demo_suite.base_url + path
        with requests.Session() as session:
            assert session.send(prepared, timeout=30).status_code in (404, 405, 400)


def test_inner_headers_can_t_be_forged(demo_suite):
    import requests

    forged = {"X-Trivet-Role": "admin", "X-Hasura-Role": "admin", "X-Hasura-User-Id": "1", "X-Hasura-Customer-Id": "1"}
    answer = requests.get(f"{demo_suite.base_url}/rest/v1/orders", headers=forged, timeout=30)
    assert answer.status_code in (401, 403)
    forged = {"X-Hasura-Customer-Id": "2", "Authorization": f"Bearer {demo_suite.token('customer@example.com')}"}
    rows = requests.get(f"{demo_suite.base_url}/rest/v1/orders?select=customer_id", headers=forged, timeout=30).json()
    assert {row["customer_id"] for row in rows} == {1}


def test_a_role_among_the_token_s_roles(demo_suite):
    import requests

    headers = {"Authorization": f"Bearer {demo_suite.token('admin@example.com')}", "X-Hasura-Role": "customer"}
    rows = requests.get(f"{demo_suite.base_url}/rest/v1/orders?select=customer_id", headers=headers, timeout=30).json()
    assert {row["customer_id"] for row in rows} == {1}


def test_the_request_id_goes_in_and_out(demo_suite):
    import requests

    answer = requests.get(
        f"{demo_suite.base_url}/rest/v1/products?limit=1", headers={"X-Request-Id": "mine-1"}, timeout=30
    )
    assert answer.headers["X-Request-Id"] == "mine-1"
    assert "data;dur=" in answer.headers["Server-Timing"]


def test_documents_are_for_the_caller(clerk, anonymous):
    import requests

    mine = clerk.rest("openapi.json").json()
    theirs = anonymous.rest("openapi.json").json()
    assert "/orders" in mine["paths"]
    assert "/orders" not in theirs["paths"]
    assert "/products" in theirs["paths"]
    names = {
        field["name"]
        for field in anonymous.graphql("{ __schema { queryType { fields { name } } } }")["data"]["__schema"][
            "queryType"
        ]["fields"]
    }
    assert "products" in names
    assert "orders" not in names
    url = anonymous.suite.base_url
    assert "GetOrders" not in requests.get(f"{url}/soap/v1?wsdl", timeout=30).text
