"""Database access mode through the gateway: roles, grants and row-level security decide, in all three protocols."""

import json
import time

import psycopg
import pytest
import zeep
from click.testing import CliRunner
from requests import Session
from trivet_cli.main import main
from zeep.helpers import serialize_object
from zeep.transports import Transport

from tests.access.conftest import token

TASKS = ["finish tutorial 0", "pat self on back"]
NEW = {"task": "learn"}


# --- who acts ------------------------------------------------------------------------------------------------------


def test_who_has_no_token_acts_as_the_anonymous_role(house):
    answer = house.get("/todos?select=task&order=id")
    assert (answer.status_code, [row["task"] for row in answer.json()]) == (200, TASKS)
    refused = house.send("POST", "/rest/v1/todos", json=NEW)
    assert (refused.status_code, refused.json()["code"]) == (401, "42501")
    assert refused.json()["message"] == "permission denied for table todos"
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_acts_as_its_role(house, ada):
    made = house.send("POST", "/rest/v1/todos", ada, json=NEW, headers={"Prefer": "return=representation"})
    assert (made.status_code, made.json()[0]["owner"]) == (201, "ada@example.com")
    theirs = house.send("PATCH", "/rest/v1/todos?task=eq.pat%20self%20on%20back", ada, json={"done": True},
                        headers={"Prefer": "count=exact"})  # fmt: skip
    assert (theirs.status_code, theirs.headers["Content-Range"]) == (204, "*/0")
    mine = house.send("DELETE", "/rest/v1/todos?task=eq.learn", ada, headers={"Prefer": "return=representation"})
    assert [row["task"] for row in mine.json()] == ["learn"]
    refused = house.get("/secrets", ada)
    assert (refused.status_code, refused.json()["code"]) == (403, "42501")


@pytest.mark.parametrize(
    ("made", "status", "code"),
    [
        (token(secret="another secret of enough bytes, or so"), 401, "PGRST301"),
        (token(exp=int(time.time()) - 3600), 401, "PGRST303"),
        (token("nobody"), 401, "22023"),
        (token("authenticator"), 403, "42501"),
        (token("postgres"), 403, "42501"),
        (token("admin"), 401, "PGRST303"),
        ("not.a.token", 401, "PGRST301"),
    ],
)
def test_other_tokens_are_refused(house, made, status, code):
    answer = house.get("/todos", made)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_token_without_a_role_is_anonymous(house):
    assert house.get("/todos", token(role=None)).status_code == 200
    refused = house.get("/secrets", token(role=None))
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_who_may_insert_and_not_read(house):
    assert house.send("POST", "/rest/v1/drop_box", json={"note": "for you"}).status_code == 201
    back = house.send("POST", "/rest/v1/drop_box", json={"note": "x"}, headers={"Prefer": "return=representation"})
    assert (back.status_code, back.json()["code"]) == (401, "42501")
    located = house.send("POST", "/rest/v1/drop_box", json={"note": "x"}, headers={"Prefer": "return=headers-only"})
    assert located.status_code == 401
    assert house.rows("select note from api.drop_box") == [("for you",)]


# --- the same in all three -----------------------------------------------------------------------------------------


def soap_client(house, who):
    session = Session()
    session.headers["Authorization"] = f"Bearer {who}"
    return zeep.Client(f"{house.suite.base_url}/soap/v1?wsdl", transport=Transport(session=session))


def test_the_same_rows_by_rest_graphql_and_soap(house, ada):
    rest = [row["task"] for row in house.get("/todos?select=task&order=id", ada).json()]
    found = house.graphql("{ todos(order_by: {id: asc}) { task } }", ada)
    soap = serialize_object(soap_client(house, ada).service.ListTodos(), dict)["items"]
    soap = next(iter(soap.values())) if isinstance(soap, dict) else soap
    assert rest == [row["task"] for row in found["data"]["todos"]] == sorted(row["task"] for row in soap) == TASKS


def test_the_same_grants_by_rest_graphql_and_soap(house, ada):
    insert = 'mutation { insert_todos_one(object: {task: "x", owner: "bob@example.com"}) { id } }'
    assert house.graphql(insert, ada)["errors"][0]["extensions"]["code"]
    with pytest.raises(zeep.exceptions.Fault):
        soap_client(house, ada).service.CreateTodos(todos={"task": "x", "owner": "bob@example.com"})
    rest = house.send("POST", "/rest/v1/todos", ada, json={"task": "x", "owner": "bob@example.com"})
    assert (rest.status_code, rest.json()["code"]) == (403, "42501")
    assert rest.json()["message"] == 'new row violates row-level security policy for table "todos"'
    assert "insert_todos_one" in house.graphql(insert)["errors"][0]["message"]
    assert house.rows("select * from api.todos where task = 'x'") == []


def test_documents_show_what_was_granted(house, ada):
    paths = house.get("/openapi.json", ada).json()["paths"]
    assert {"/todos", "/drop_box", "/rpc/told"} <= paths.keys()
    assert "/secrets" not in paths
    assert {"get", "post", "patch", "delete"} <= paths["/todos"].keys()
    anonymous = house.get("/openapi.json").json()["paths"]
    assert "post" not in anonymous["/todos"]
    assert house.send("OPTIONS", "/rest/v1/todos").headers["Allow"] == "OPTIONS,GET,HEAD"
    fields = house.graphql("{ __schema { queryType { fields { name } } } }", ada)["data"]["__schema"]["queryType"]
    names = {field["name"] for field in fields["fields"]}
    assert "todos" in names
    assert "secrets" not in names


def test_a_grant_is_followed(house, ada):
    with psycopg.connect(house.url, autocommit=True) as connection:
        connection.execute("grant select on api.secrets to todo_user; notify pgrst")
    try:
        end = time.monotonic() + 20
        while "/secrets" not in house.get("/openapi.json", ada).json()["paths"]:
            assert time.monotonic() < end
            time.sleep(0.1)
        assert house.get("/secrets", ada).json() == []
    finally:
        with psycopg.connect(house.url, autocommit=True) as connection:
            connection.execute("revoke select on api.secrets from todo_user; notify pgrst")


# --- what the transaction knows and says ---------------------------------------------------------------------------


def told(house, name, who=None, **headers):
    return house.get(f"/rpc/told?name={name}", who, **headers).json()


def test_functions_know_the_request(house, ada):
    claims = json.loads(told(house, "request.jwt.claims", ada))
    assert (claims["role"], claims["email"]) == ("todo_user", "ada@example.com")
    assert "iss" not in claims
    assert json.loads(told(house, "request.jwt.claims")) == {"role": "web_anon"}
    assert told(house, "request.method", ada) == "GET"
    assert told(house, "request.path", ada) == "/rpc/told"
    headers = json.loads(told(house, "request.headers", ada, X_Colour="green", Cookie="a=b"))
    assert (headers["x-colour"], headers["authorization"]) == ("green", f"Bearer {ada}")
    assert "cookie" not in headers
    assert json.loads(told(house, "request.cookies", ada, Cookie="a=b; c=d")) == {"a": "b", "c": "d"}
    basic = house.get("/rpc/told?name=request.headers", X_API_Key="")
    assert "x-api-key" not in json.loads(basic.json())
    assert told(house, "app.settings.greeting", ada) == "Good day"
    assert told(house, "statement_timeout", ada) == "700ms"
    assert told(house, "TimeZone", ada, Prefer="timezone=Asia/Tokyo") == "Asia/Tokyo"


def test_a_role_s_time_limit_counts(house, ada):
    answer = house.get("/rpc/sleep", ada)
    assert (answer.status_code, answer.json()["code"]) == (500, "57014")


def test_the_pre_request_function_refuses_in_all_three(house, ada):
    answer = house.get("/todos", ada, X_Maintenance="yes")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert answer.json() == {"code": "503x", "message": "Back soon", "details": None, "hint": None}
    found = house.send("POST", "/v1/graphql", ada, json={"query": "{ todos { id } }"}, headers={"X-Maintenance": "yes"})
    assert found.json()["errors"][0]["message"] == "Back soon"


def test_what_a_function_says_of_a_missing_right_is_told(house, ada):
    answers = [house.send("POST", "/rest/v1/rpc/revoked", who, json={}) for who in (None, ada)]
    assert [answer.status_code for answer in answers] == [401, 403]
    said = {"code": "42501", "message": "insufficient_privilege"}
    assert answers[0].json() == {**said, "details": "Since Monday", "hint": "Nope, we are on to you"}
    assert answers[1].json() == answers[0].json()


def test_the_database_sets_status_and_headers(house, ada):
    answer = house.send("POST", "/rest/v1/rpc/visit", ada, json={})
    assert (answer.status_code, answer.json()) == (202, "Good day")
    assert answer.cookies.get_dict() == {"seen": "1", "twice": "1"}
    bad = house.send("POST", "/rest/v1/rpc/bad_status", ada, json={})
    assert (bad.status_code, bad.json()["code"]) == (500, "PGRST112")


def test_a_write_may_be_rolled_back(house, ada):
    headers = {"Prefer": "return=representation, tx=rollback"}
    made = house.send("POST", "/rest/v1/drafts", ada, json={"id": 1, "text": "x"}, headers=headers)
    assert (made.status_code, made.json()) == (201, [{"id": 1, "text": "x"}])
    assert made.headers["Preference-Applied"] == "return=representation, tx=rollback"
    assert house.rows("select * from api.drafts") == []


def test_writes_without_a_filter_are_let_through(house, ada):
    for number in (1, 2):
        made = house.send("POST", "/rest/v1/drafts", ada, json={"id": number})
        assert made.status_code == 201
    assert house.send("PATCH", "/rest/v1/drafts", ada, json={"text": "y"}).status_code == 204
    gone = house.send("DELETE", "/rest/v1/drafts", ada, headers={"Prefer": "return=representation"})
    assert [row["text"] for row in gone.json()] == ["y", "y"]


def test_schemas_are_chosen_by_profile(house, ada):
    answer = house.get("/notes", ada, Accept_Profile="private_api")
    assert (answer.json(), answer.headers["Content-Profile"]) == ([{"id": 1, "text": "second schema"}], "private_api")
    assert house.get("/notes", Accept_Profile="private_api").json()["code"] == "42501"
    unknown = house.get("/notes", ada, Accept_Profile="nope")
    assert (unknown.status_code, unknown.json()["code"]) == (406, "PGRST106")


def test_aggregates_are_closed_as_postgrest_has_them(house, ada):
    answer = house.get("/todos?select=count()", ada)
    assert (answer.status_code, answer.json()["code"]) == (400, "PGRST123")


def test_rows_are_streamed_as_the_role(house, ada):
    lines = house.get("/todos?select=task&order=id", ada, Accept="text/csv").text.splitlines()
    assert lines == ["task", *(f'"{task}"' for task in TASKS)]
    assert house.get("/secrets", ada, Accept="text/csv").status_code == 403


def plan_of(house, path, accept, who=None, method="GET", **arguments):
    return house.send(method, f"/rest/v1{path}", who, headers={"Accept": accept}, **arguments)


def test_the_plan_of_a_read(house, ada):
    asked = 'application/vnd.pgrst.plan+json; for="application/json"; options=verbose'
    answer = plan_of(house, "/todos?select=task&id=eq.1", asked, ada)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, f"{asked}; charset=utf-8")
    assert "Plan" in answer.json()[0]
    text = plan_of(house, "/todos?id=eq.1", "application/vnd.pgrst.plan", ada)
    assert "todos" in text.text
    assert "cost=" in text.text
    assert plan_of(house, "/rpc/told?name=role", asked, ada).json()[0]["Plan"]
    refused = plan_of(house, "/secrets", asked, ada)
    assert (refused.status_code, refused.json()["code"]) == (403, "42501")
    assert plan_of(house, "/todos", "application/vnd.pgrst.plan; options=drop", ada).status_code == 406


def test_the_plan_of_a_write_changes_nothing(house, ada):
    asked = "application/vnd.pgrst.plan+json; options=analyze"
    answer = plan_of(house, "/drafts", asked, ada, "POST", json={"id": 77})
    assert (answer.status_code, answer.json()[0]["Plan"]["Actual Rows"]) == (200, 1)
    assert house.rows("select * from api.drafts") == []


def test_pages_of_the_origins_that_are_named_may_call(house):
    allowed = house.get("/todos", Origin="https://app.example")
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Origin" in allowed.headers["Vary"]
    assert "Access-Control-Allow-Origin" not in house.get("/todos", Origin="https://evil.example").headers


def test_accounts_act_as_the_role_that_they_have(house):
    env = {**house.settings, "TRIVET_STATE_DIR": str(house.suite.state)}
    line = ["user", "add", "eve@example.com", "--role", "todo_user", "--password-stdin"]
    added = CliRunner().invoke(main, line, env=env, input="correct horse battery\n")
    assert added.exit_code == 0, added.output
    eve = house.suite.token("eve@example.com", "correct horse battery")
    assert json.loads(told(house, "request.jwt.claims", eve))["email"] == "eve@example.com"
    basic = house.send("GET", "/rest/v1/rpc/told?name=role", auth=("eve@example.com", "correct horse battery"))
    assert basic.json() == "todo_user"
    admin = house.get("/todos", house.suite.admin_token())
    assert (admin.status_code, admin.json()["code"]) == (401, "22023")


# --- commands ------------------------------------------------------------------------------------------------------


def test_check_tells_who_may_act(house, tmp_path):
    result = CliRunner().invoke(main, ["check"], env=house.settings)
    assert result.exit_code == 0, result.output
    assert "requests act as todo_user, web_anon" in result.output
    other = tmp_path / "trivet.yaml"
    other.write_text("version: 1\nschemas: [api]\nanonymous_role: postgres\n")
    result = CliRunner().invoke(main, ["check", "--config", str(other)], env=house.settings)
    assert result.exit_code == 1
    assert "postgres is not granted" in result.output


def test_the_wsdl_of_a_role_has_what_was_granted_to_it(house, tmp_path):
    file = tmp_path / "todo_user.wsdl"
    result = CliRunner().invoke(main, ["wsdl", str(file), "--role", "todo_user"], env=house.settings)
    assert result.exit_code == 0, result.output
    assert b"ListTodos" in file.read_bytes()
    assert b"Secrets" not in file.read_bytes()


# --- rows that the database writes itself --------------------------------------------------------------------------


def test_an_aggregate_says_what_its_answer_is(house, ada):
    asked = house.get("/marks?order=id", ada, Accept="text/x-marks")
    assert (asked.status_code, asked.headers["Content-Type"], asked.text) == (200, "text/x-marks", "first;second;")
    other = house.get("/marks?id=eq.2", ada, Accept="image/png")
    assert (other.headers["Content-Type"], other.text) == ("application/octet-stream", "second;")
    part = house.get("/marks?select=kind&id=eq.1", ada)
    assert part.json() == [{"kind": "first"}]


def test_execute_decides_who_has_an_aggregate(house, ada):
    asked = {"who": ada, "Accept": "text/x-kinds"}
    refused = house.get("/marks?select=kind", **asked)
    assert (refused.status_code, refused.json()["code"]) == (406, "PGRST107")
    with psycopg.connect(house.url, autocommit=True) as connection:
        connection.execute("grant execute on function api.kinds(anyelement) to todo_user; notify pgrst")
    end = time.monotonic() + 30
    while (found := house.get("/marks?select=kind&order=id", **asked)).status_code == 406 and time.monotonic() < end:
        time.sleep(0.1)
    assert (found.status_code, found.text) == (200, "firstsecond")
