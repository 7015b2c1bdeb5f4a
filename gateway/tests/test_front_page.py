"""The gateway's pages, examples, index, assets and errors."""

import json
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from chassis.examples import Example
from chassis.inner_problems import PROBLEM_TYPE
from chassis.settings import SettingsError
from contracts.catalog import Catalog
from gateway_service import routes, vendor
from gateway_service.app import create_app
from gateway_service.commands import command
from gateway_service.settings import GatewaySettings

NOTHING_OPEN = Catalog(engine="sqlite", version="1", schemas=("main",), resources=())
PAGES = ("/", "/explore/rest", "/explore/graphql")


class Page(HTMLParser):
    """What a page loads, and what of it would run or style inline."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        found = dict(attrs)
        if address := found.get("src") or (tag == "link" and found.get("href")):
            self.loads.append(address)
        elif tag in ("script", "style"):
            self.inline.append(tag)
        self.inline += [name for name in found if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("address", PAGES)
def test_all_that_a_page_loads_is_served_here(suite, address) -> None:
    page = Page(suite.client.get(address).text)
    assert page.loads
    assert page.inline == []
    for loaded in page.loads:
        assert loaded.startswith("/assets/")
        assert suite.client.get(loaded).status_code == 200


def test_every_module_that_a_script_imports_is_served(suite) -> None:
    for script in routes.ASSETS.glob("*.js"):
        for name in re.findall(r'from "\./([^"]+)"', script.read_text()):
            assert suite.client.get(f"/assets/{name}").status_code == 200, (script.name, name)


@pytest.mark.parametrize("address", PAGES)
def test_the_policy_lets_a_page_load_and_ask_only_what_is_here(suite, address) -> None:
    response = suite.client.get(address)
    policy = dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert ("'unsafe-inline'" in policy["style-src"]) == (address != "/")
    assert response.content_type.startswith("text/html")


def test_swagger_ui_and_graphiql_come_from_their_packages(suite) -> None:
    for name in vendor.FILES:
        response = suite.client.get(f"/assets/vendor/{name}")
        assert response.status_code == 200
        assert len(response.data) > 10_000
        assert "max-age" in response.headers["Cache-Control"]
        assert not Path(vendor.folder_of(name)).is_relative_to(routes.ASSETS)
    for name in ("urls.py", "__init__.py", "..%2fapp.py", "swagger-ui.js"):
        assert suite.client.get(f"/assets/vendor/{name}").status_code == 404


def test_examples_for_the_resource_that_shows_best(suite) -> None:
    found = suite.client.get("/explore/examples").json
    assert (found["role"], found["signed_in"], found["resource"]) == ("anonymous", False, "sales_people")
    assert [each["name"] for each in found["resources"]] == ["Order Details", "sales_people", "log"]
    assert found["requests"]["rest"]["path"] == "/rest/sales_people"
    assert set(found["requests"]) == {"rest", "graphql", "soap"}


def test_examples_for_any_resource(suite) -> None:
    found = suite.client.get("/explore/examples", query_string={"resource": "Order Details"})
    assert found.json["requests"]["soap"]["path"] == "/soap/Order Details"
    assert found.headers["Cache-Control"] == "no-store"
    assert "Authorization" in found.headers["Vary"]


def test_a_resource_out_of_sight_has_no_examples(suite) -> None:
    found = suite.client.get("/explore/examples?resource=secrets").json
    assert (found["resource"], found["requests"]) == ("secrets", None)


def test_where_nothing_is_open_there_are_no_examples(suite) -> None:
    suite.catalog[0] = NOTHING_OPEN
    found = suite.client.get("/explore/examples").json
    assert (found["resources"], found["resource"], found["requests"]) == ([], None, None)


def test_examples_need_every_service(suite) -> None:
    suite.ready["graphql"] = None
    response = suite.client.get("/explore/examples")
    assert (response.status_code, response.json["code"]) == (503, "TRV107")


def test_examples_need_the_database(suite) -> None:
    suite.catalog[0] = None
    assert suite.client.get("/explore/examples").status_code == 503


def test_only_the_accounts_in_the_settings_are_offered(suite) -> None:
    clerk = suite.client.get("/explore/examples").json["demo"][1]
    assert clerk == {"role": "clerk", "email": "clerk@example.com", "password": "open:sesame"}
    closed = create_app(GatewaySettings(data_url=suite.url("data"), auth_url=suite.url("auth"))).test_client()
    suite.catalog[0] = NOTHING_OPEN
    assert closed.get("/explore/examples").json["demo"] == []


@pytest.mark.parametrize("text", ["clerk", "clerk=a@b.c", "=a@b.c:x", "clerk=:x"])
def test_a_demo_account_that_can_not_be_read_is_a_fault_of_the_settings(text) -> None:
    with pytest.raises(SettingsError, match="TRIVET_DEMO_ACCOUNTS"):
        create_app(GatewaySettings(demo_accounts=(text,)))


def test_programs_get_an_index(suite) -> None:
    found = suite.client.get("/", headers={"Accept": "application/json"}).json
    assert (found["role"], found["signed_in"], found["resources"]) == ("anonymous", False, 3)
    assert [api["name"] for api in found["apis"]] == ["REST", "GraphQL", "SOAP"]
    assert [api["address"] for api in found["apis"]] == [
        "http://localhost:8080/rest/v1",
        "http://localhost:8080/graphql",
        "http://localhost:8080/soap/v1",
    ]
    assert found["apis"][0]["command"] == "curl -s http://localhost:8080/rest/sales_people"


@pytest.mark.parametrize("catalog", [NOTHING_OPEN, None], ids=["nothing open", "no database"])
def test_where_nothing_can_be_shown_the_commands_are_general(suite, catalog) -> None:
    suite.catalog[0] = catalog
    found = suite.client.get("/", headers={"Accept": "application/json"}).json
    assert found["available"] == (catalog is not None)
    assert all("your_table" in api["command"] or "YourTable" in api["command"] for api in found["apis"])
    assert len(found["apis"]) == 3


def test_a_command_is_one_line_that_a_shell_takes_apart_as_it_was_meant() -> None:
    body = json.dumps({"query": '{\n  it_s(where: {a: {_eq: "\'"}})\n}'})
    words = shlex.split(command(Example(method="POST", path="/graphql", body=body), "http://x", token=False))
    assert words[:3] == ["curl", "-s", "http://x/graphql"]
    assert json.loads(words[-1]) == {"query": '{ it_s(where: {a: {_eq: "\'"}}) }'}
    soap = command(Example(method="POST", path="/soap/v1", body="<a>\n  <b>c d</b>\n</a>"), "http://x", token=True)
    assert shlex.split(soap)[-1] == "<a><b>c d</b></a>"
    assert '-H "Authorization: Bearer $TOKEN"' in soap


def test_a_bad_token_is_refused_as_a_problem(suite) -> None:
    for address in ("/", "/explore/examples"):
        headers = {"Authorization": "Bearer nonsense", "Accept": "application/json"}
        response = suite.client.get(address, headers=headers)
        assert (response.status_code, response.content_type) == (401, "application/problem+json")
        assert response.json["code"] == "PGRST301"
        assert response.content_type != PROBLEM_TYPE


def test_unknown_addresses_and_methods_are_problems(suite) -> None:
    for response, code in (
        (suite.client.get("/nowhere"), "TRV110"),
        (suite.client.get("/explore/soap"), "TRV110"),
        (suite.client.get("/assets/../app.py"), "TRV110"),
        (suite.client.post("/"), "TRV101"),
    ):
        assert response.content_type == "application/problem+json"
        assert set(response.json) == {"type", "title", "status", "detail", "code"}
        assert (response.json["code"], response.json["status"]) == (code, response.status_code)


def test_a_resource_that_can_not_be_read_is_not_shown(suite) -> None:
    blind = msgspec.structs.replace(suite.catalog[0].resources[1], fields=())
    suite.catalog[0] = msgspec.structs.replace(suite.catalog[0], resources=(blind,))
    found = suite.client.get("/explore/examples?resource=sales_people").json
    assert (found["resources"], found["requests"]) == ([], None)
