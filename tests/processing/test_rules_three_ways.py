"""One rule, three protocols: cleansed, refused and computed alike by REST, GraphQL and SOAP, on both databases."""

import json
from decimal import Decimal

import pytest
import zeep

from tests.fixtures.guarded_store import Who, exact

RAW = {"id": 7, "name": "  Grace   Hopper ", "email": "Grace@Example.COM", "balance": "3.14159"}
CLEAN = {"id": 7, "name": "Grace Hopper", "email": "grace@example.com", "balance": Decimal("3.14")}
BAD = {"id": 7, "name": "x", "email": "nobody", "balance": "-1"}
GIVEN = '{id: 7, name: "%s", email: "%s", balance: "%s"}'
FAULTS = [
    ("name", "must have at least 2 characters", "customers.name.minLength"),
    ("email", "must be a valid email", "customers.email.format"),
    ("balance", "must be at least 0", "customers.balance.minimum"),
]


def stored(suite):
    (row,) = exact(suite.get("customers?id=eq.7&select=id,name,email,balance").data)
    return row


def create(suite, protocol, row):
    if protocol == "rest":
        return suite.send("POST", "customers", body=row)
    if protocol == "rest in CSV":
        text = "id,name,email,balance\n{id},{name},{email},{balance}\n".format(**row)
        return suite.rest.post("/rest/v1/customers", data=text, content_type="text/csv", headers=Who().headers)
    if protocol == "graphql":
        given = GIVEN % (row["name"], row["email"], row["balance"])
        return suite.ask(f"mutation {{ insert_customers_one(object: {given}) {{ id }} }}")
    return suite.call("CreateCustomers", customers={**row, "vip": False})


@pytest.mark.parametrize("protocol", ["rest", "rest in CSV", "graphql", "soap"])
def test_what_comes_in_is_cleansed(fresh, protocol):
    create(fresh, protocol, RAW)
    assert stored(fresh) == CLEAN


@pytest.mark.parametrize("protocol", ["rest", "graphql", "soap"])
def test_what_is_changed_is_cleansed(fresh, protocol):
    if protocol == "rest":
        answer = fresh.send(
            "PATCH", "customers?id=eq.1", body={"email": "ADA@example.com"}, Prefer="return=representation"
        )
        assert answer.get_json()[0]["email"] == "ada@example.com"
    elif protocol == "graphql":
        answer = fresh.ask(
            'mutation { update_customers_by_pk(pk_columns: {id: 1}, _set: {email: "ADA@example.com"}) { email } }'
        )
        assert answer.get_json() == {"data": {"update_customers_by_pk": {"email": "ada@example.com"}}}
    else:
        answer = fresh.call("UpdateCustomers", id=1, customers={"email": "ADA@example.com"})
        assert answer.email == "ada@example.com"


def test_an_upsert_finds_what_its_cleansed_key_names(fresh):
    answer = fresh.send(
        "POST", "customers?on_conflict=email", body=[{"id": 1, "name": "New Ada", "email": " ADA@example.com"}],
        Prefer="resolution=merge-duplicates,return=representation",
    )  # fmt: skip
    assert [(row["id"], row["name"]) for row in answer.get_json()] == [(1, "New Ada")]


def test_rest_tells_all_faults_of_all_rows(fresh):
    answer = fresh.send("POST", "customers", body=[{**RAW, "id": 8}, BAD])
    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (400, "TRV300")
    assert body["message"] == "[1].name: must have at least 2 characters (and 2 more)"
    assert [(fault["path"], fault["message"], fault["rule"]) for fault in body["details"]] == [
        ([1, name], message, rule) for name, message, rule in FAULTS
    ]
    assert fresh.get("customers?id=gt.3").get_json() == []


def test_graphql_tells_each_fault_as_an_error_with_its_path(fresh):
    answer = create(fresh, "graphql", BAD)
    assert answer.status_code == 200
    assert answer.get_json() == {
        "errors": [
            {
                "message": f"{name}: {message}",
                "extensions": {
                    "path": f"$.selectionSet.insert_customers_one.args.object.{name}", "code": "validation-failed",
                },
            }
            for name, message, _ in FAULTS
        ]
    }  # fmt: skip


@pytest.mark.parametrize(
    "mutation, path",
    [
        ('insert_customers(objects: [{id: 8, name: "Ok"}, {id: 9, name: "x"}]) { affected_rows }', "insert_customers.args.objects[1].name"),
        ('update_customers(where: {id: {_eq: 1}}, _set: {name: "x"}) { affected_rows }', "update_customers.args._set.name"),
        ('update_customers_many(updates: [{where: {}, _set: {vip: false}}, {where: {id: {_eq: 1}}, _set: {name: "x"}}]) { affected_rows }', "update_customers_many.args.updates[1]._set.name"),
        ('update_customers(where: {id: {_eq: 1}}, _inc: {balance: 5000}) { affected_rows }', "update_customers.args._inc.balance"),
        ('update_customers(where: {id: {_eq: 3}}, _set: {vip: true}) { affected_rows }', "update_customers"),
    ],
)  # fmt: skip
def test_graphql_names_the_argument(fresh, mutation, path):
    (error,) = fresh.ask(f"mutation {{ {mutation} }}").get_json()["errors"]
    assert error["extensions"] == {"path": f"$.selectionSet.{path}", "code": "validation-failed"}
    assert fresh.get("customers?id=gt.3").get_json() == []


@pytest.mark.parametrize(
    "mutation, faults",
    [
        (
            'insert_odd_Name_s(objects: [{the_Key: 7, quo_te: "ok"}, {the_Key: 107, quo_te: "x"}]) { affected_rows }',
            {"insert_odd_Name_s.args.objects[1].the_Key": "the_Key: must be at most 100",
             "insert_odd_Name_s.args.objects[1].quo_te": "quo_te: must have at least 2 characters"},
        ),
        (
            'update_odd_Name_s(where: {}, _set: {quo_te: "x"}) { affected_rows }',
            {"update_odd_Name_s.args._set.quo_te": "quo_te: must have at least 2 characters"},
        ),
        (
            'update_odd_Name_s(where: {}, _inc: {the_Key: 500}) { affected_rows }',
            {"update_odd_Name_s.args._inc.the_Key": "the_Key: must be at most 100"},
        ),
    ],
)  # fmt: skip
def test_graphql_names_fields_as_its_schema_does(fresh, mutation, faults):
    errors = fresh.ask(f"mutation {{ {mutation} }}").get_json()["errors"]
    assert {error["extensions"]["path"]: error["message"] for error in errors} == {
        f"$.selectionSet.{path}": message for path, message in faults.items()
    }


def test_soap_tells_each_fault_in_a_typed_detail(fresh):
    with pytest.raises(zeep.exceptions.Fault) as caught:
        create(fresh, "soap", BAD)
    detail = (
        fresh.soap_client()
        .get_element("{urn:trivet:v1}ServiceFault")
        .parse(caught.value.detail[0], fresh.soap_client().wsdl.types)
    )
    assert (detail.code, detail.details) == ("TRV300", None)
    assert [(found.path, found.message, found.rule) for found in detail.violation] == FAULTS


def test_a_check_across_fields_is_told_by_all(fresh):
    row = {"id": 7, "name": "Vera", "vip": True}
    body = fresh.send("POST", "customers", body=row).get_json()
    assert body["details"] == [{"path": [0], "message": "a VIP has an address", "rule": "customers.checks.0"}]
    (error,) = fresh.ask(
        'mutation { insert_customers_one(object: {id: 7, name: "Vera", vip: true}) { id } }'
    ).get_json()["errors"]
    assert (error["message"], error["extensions"]["path"]) == (
        "a VIP has an address",
        "$.selectionSet.insert_customers_one.args.object",
    )
    with pytest.raises(zeep.exceptions.Fault, match="a VIP has an address"):
        fresh.call("CreateCustomers", customers=row)
    assert fresh.get("customers?id=eq.7").get_json() == []


def test_faults_of_fields_and_across_them_are_told_together_by_all(fresh):
    row = {"id": 7, "name": "x", "vip": True}
    told = [
        ("customers.name.minLength", "must have at least 2 characters"),
        ("customers.checks.0", "a VIP has an address"),
    ]
    body = fresh.send("POST", "customers", body=row).get_json()
    assert [(fault["rule"], fault["message"]) for fault in body["details"]] == told
    errors = fresh.ask('mutation { insert_customers_one(object: {id: 7, name: "x", vip: true}) { id } }').get_json()
    place = "$.selectionSet.insert_customers_one.args.object"
    assert {error["extensions"]["path"]: error["message"] for error in errors["errors"]} == {
        f"{place}.name": "name: must have at least 2 characters", place: "a VIP has an address"
    }  # fmt: skip
    with pytest.raises(zeep.exceptions.Fault) as caught:
        fresh.call("CreateCustomers", customers=row)
    types = fresh.soap_client().wsdl.types
    detail = fresh.soap_client().get_element("{urn:trivet:v1}ServiceFault").parse(caught.value.detail[0], types)
    assert [(found.rule, found.message) for found in detail.violation] == told
    assert fresh.get("customers?id=gt.3").get_json() == []


def test_computed_fields_are_read_alike(suite):
    rest = suite.get("customers?select=id,greeting,shout&order=id").get_json()
    assert rest[0] == {"id": 1, "greeting": "Dear Ada", "shout": "ADA"}
    graphql = suite.ask("{ customers(order_by: {id: asc}) { id greeting shout } }").get_json()["data"]["customers"]
    assert graphql == rest
    soap = suite.call(
        "ListCustomers", orderBy={"item": [{"field": "id"}]}, fields={"string": ["id", "greeting", "shout"]}
    )
    assert [{"id": row.id, "greeting": row.greeting, "shout": row.shout} for row in soap.items.Customers] == rest


def test_what_sql_computes_is_filtered_and_ordered_by_alike(suite):
    rest = suite.get("customers?select=id&greeting=like.*B*&order=greeting.desc").get_json()
    assert rest == [{"id": 2}]
    graphql = suite.ask(
        '{ customers(where: {greeting: {_like: "%B%"}}, order_by: {greeting: desc}) { id } }'
    ).get_json()
    assert graphql["data"]["customers"] == rest
    soap = suite.call("ListCustomers", filter={"greeting": {"like": "%B%"}}, orderBy={"item": [{"field": "greeting"}]})
    assert [row.id for row in soap.items.Customers] == [2]


def test_what_python_computes_is_refused_in_filters_and_orders(suite):
    for address in ("customers?shout=eq.ADA", "customers?order=shout", "customers?select=shout,count()"):
        answer = suite.get(address)
        assert (answer.status_code, answer.get_json()["code"]) == (400, "PGRST100"), address
    names = json.dumps(suite.ask('{ __type(name: "customers_bool_exp") { inputFields { name } } }').get_json())
    assert '"greeting"' in names
    assert '"shout"' not in names
    assert "errors" in suite.ask("{ customers(order_by: {shout: asc}) { id } }").get_json()
    with pytest.raises(TypeError):
        suite.call("ListCustomers", filter={"shout": {"eq": "ADA"}})
    with pytest.raises(zeep.exceptions.Fault, match="can only be read"):
        suite.call("ListCustomers", orderBy={"item": [{"field": "shout"}]})


def test_a_role_that_sees_only_such_fields_is_served(suite):
    reader = Who("reader")
    assert suite.ask("{ customers(limit: 1, order_by: {id: asc}) { shout } }", reader).get_json() == {
        "data": {"customers": [{"shout": "ADA"}]}
    }
    assert suite.soap_client(reader).service.GetCustomers(id=1).shout == "ADA"


def test_documents_say_that_they_are_read_only(suite):
    for document in (suite.get("openapi.json"), suite.get("", Accept="application/openapi+json")):
        text = json.dumps(document.get_json())
        assert "customers.greeting" in text
        assert "how a letter begins" in text
        assert "customers.shout" not in text
    types = suite.ask('{ __type(name: "customers_insert_input") { inputFields { name } } }').get_json()
    assert not {"greeting", "shout"} & {field["name"] for field in types["data"]["__type"]["inputFields"]}
    answer = suite.send("POST", "customers", body={"id": 9, "name": "Nine", "shout": "x"})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "428C9")


def test_openapi_says_what_a_value_must_satisfy(suite):
    schemas = suite.get("openapi.json").get_json()["components"]["schemas"]
    (given,) = [schema for name, schema in schemas.items() if "customers" in name and "required" in schema]
    secret = given["properties"]["secret"]
    assert (secret["type"], secret["pattern"], secret["maxLength"]) == (["string", "null"], "^s", 20)
    assert "minLength" not in given["properties"]["name"]  # it is cleansed first
