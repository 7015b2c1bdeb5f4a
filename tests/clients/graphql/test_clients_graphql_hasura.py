"""What Hasura's clients send beside GraphQL: the admin secret, their own tokens, persisted queries."""

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request

import pytest

from tests.fixtures.suite import Suite

SECRET, KEY = "the admin secret of the tests", "a key of thirty-two bytes or more, shared"
NAMESPACE = "https://hasura.io/jwt/claims"
ISSUERS = """
[[issuer]]
secret_file = "key"
[issuer.hasura]

[[issuer]]
issuer = "mapped"
secret_file = "key"
[issuer.hasura.claims_map]
x-hasura-allowed-roles = {path = "$.realm.roles"}
x-hasura-default-role = {path = "$.realm.main", default = "clerk"}
x-hasura-customer-id = {path = "$.customer['id']"}

[[issuer]]
issuer = "text"
secret_file = "key"
audience = "shop"
[issuer.hasura]
claims_namespace_path = "$.inner.hasura"
claims_format = "stringified_json"
"""


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    folder = tmp_path_factory.mktemp("issuers")
    (folder / "issuers.toml").write_text(ISSUERS)
    (folder / "key").write_text(KEY)
    settings = {"TRIVET_HASURA_ADMIN_SECRET": SECRET, "TRIVET_ISSUERS": str(folder)}
    with Suite(settings=settings) as suite:
        yield suite


def signed(**claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    head = part({"alg": "HS256", "typ": "JWT"}) + b"." + part({"exp": int(time.time()) + 600, **claims})
    mark = base64.urlsafe_b64encode(hmac.new(KEY.encode(), head, hashlib.sha256).digest()).rstrip(b"=")
    return {"Authorization": f"Bearer {(head + b'.' + mark).decode()}"}


def ask(suite, body, headers, path="/v1/graphql"):
    data = json.dumps(body if isinstance(body, dict) else {"query": body}).encode() if body is not None else None
    request = urllib.request.Request(
        suite.base_url + path, data=data, headers={"Content-Type": "application/json", **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=15) as response:
            return json.load(response), response
    except urllib.error.HTTPError as refused:
        return json.load(refused), refused


def code(answer):
    return answer["errors"][0]["extensions"]["code"]


def test_the_admin_secret_is_admin_or_whoever_it_says(suite):
    everything = "{ employees_aggregate { aggregate { count } } }"
    answer, _ = ask(suite, everything, {"X-Hasura-Admin-Secret": SECRET})
    assert answer["data"]["employees_aggregate"]["aggregate"]["count"] > 0
    as_customer = {"X-Hasura-Admin-Secret": SECRET, "X-Hasura-Role": "customer", "X-Hasura-Customer-Id": "2"}
    answer, _ = ask(suite, "{ orders { customer_id } }", as_customer)
    assert {row["customer_id"] for row in answer["data"]["orders"]} == {2}
    assert code(ask(suite, everything, as_customer)[0]) == "validation-failed"
    answer, _ = ask(suite, None, {"X-Hasura-Admin-Secret": SECRET}, "/rest/v1/employees?select=id&limit=1")
    assert len(answer) == 1


def test_who_knows_the_secret_says_all_that_a_rule_needs(suite):
    customer = {"X-Hasura-Admin-Secret": SECRET, "X-Hasura-Role": "customer"}
    refused = {
        "message": 'missing session variables: "x-hasura-customer-id"',
        "extensions": {"path": "$", "code": "not-found"},
    }
    assert ask(suite, "{ orders { id } }", customer)[0] == {"errors": [refused]}


def test_servers_act_in_a_role_of_their_own(suite):
    """One that the configuration does not know may do what its users may."""
    flag = "X-Hasura-Use-Backend-Only-Permissions"
    customer = {"X-Hasura-Admin-Secret": SECRET, "X-Hasura-Role": "customer", "X-Hasura-Customer-Id": "2"}
    rows, _ = ask(suite, "{ orders { customer_id } }", customer)
    for said in ("true", "NO"):
        assert ask(suite, "{ orders { customer_id } }", {**customer, flag: said})[0] == rows
    answer, _ = ask(suite, "{ orders { id } }", {**customer, flag: "perhaps"})
    (error,) = answer["errors"]
    assert error["extensions"] == {"path": "$", "code": "bad-request"}
    assert error["message"] == (
        'x-hasura-use-backend-only-permissions:  Not a valid boolean text. True values are ["true","t","yes","y"] and  '
        'False values are ["false","f","no","n"]. All values are case insensitive'
    )


def test_a_wrong_secret_is_nobody(suite):
    for secret in ("x", SECRET + "x"):
        answer, response = ask(suite, "{ products(limit: 1) { id } }", {"X-Hasura-Admin-Secret": secret})
        assert (response.status, code(answer)) == (401, "access-denied")
    bad = {"X-Hasura-Admin-Secret": SECRET, "X-Hasura-Role": "a,b"}
    assert code(ask(suite, "{ products(limit: 1) { id } }", bad)[0]) == "access-denied"


@pytest.mark.parametrize(
    "claims",
    [
        {
            NAMESPACE: {
                "x-hasura-default-role": "customer",
                "x-hasura-allowed-roles": ["customer", "clerk", "admin"],
                "X-Hasura-Customer-Id": "2",
            }
        },
        {"iss": "mapped", "realm": {"roles": ["customer", "clerk"], "main": "customer"}, "customer": {"id": 2}},
        {
            "iss": "text",
            "aud": "shop",
            "inner": {
                "hasura": json.dumps(
                    {
                        "x-hasura-default-role": "customer",
                        "x-hasura-allowed-roles": ["customer", "clerk"],
                        "x-hasura-customer-id": "2",
                    }
                )
            },
        },
    ],
    ids=["namespace", "map", "text at a path"],
)
def test_tokens_with_hasuras_claims(suite, claims):
    headers = signed(sub="u1", **claims)
    answer, _ = ask(suite, "{ orders { customer_id } }", headers)
    assert {row["customer_id"] for row in answer["data"]["orders"]} == {2}
    clerk, _ = ask(suite, "{ orders_aggregate { aggregate { count } } }", {**headers, "X-Hasura-Role": "clerk"})
    assert clerk["data"]["orders_aggregate"]["aggregate"]["count"] > len(answer["data"]["orders"])
    for role in ("admin", "nobody"):
        assert code(ask(suite, "{ orders { id } }", {**headers, "X-Hasura-Role": role})[0]) == "access-denied"


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {NAMESPACE: {"x-hasura-default-role": "clerk"}},
        {NAMESPACE: {"x-hasura-default-role": "admin", "x-hasura-allowed-roles": ["admin"]}},
        {NAMESPACE: {"x-hasura-default-role": "clerk", "x-hasura-allowed-roles": ["customer"]}},
        {"iss": "text", "inner": {"hasura": "{}"}},
        {"iss": "mapped", "realm": {"roles": "clerk"}},
        {"iss": "nobody", NAMESPACE: {"x-hasura-default-role": "clerk", "x-hasura-allowed-roles": ["clerk"]}},
    ],
)
def test_tokens_that_give_no_role(suite, claims):
    answer, response = ask(suite, "{ products(limit: 1) { id } }", signed(sub="u1", **claims))
    assert (response.status, code(answer)) == (401, "invalid-jwt")


def test_persisted_queries_through_the_gateway(suite):
    query = "{ products(limit: 1, order_by: {id: asc}) { id } }"
    digest = hashlib.sha256(query.encode()).hexdigest()
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
    answer, response = ask(suite, {"extensions": extensions}, {})
    assert (code(answer), response.headers["Cache-Control"]) == ("PERSISTED_QUERY_NOT_FOUND", "no-store")
    first, response = ask(suite, {"query": query, "extensions": extensions}, {})
    assert "cost=1;limit=" in response.headers["GraphQL-Spent"]
    for _ in range(4):
        assert ask(suite, {"extensions": extensions}, {})[0] == first
