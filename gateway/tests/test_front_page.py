"""The gateway's page, index, assets and errors."""

import json
import re
from html.parser import HTMLParser

import msgspec
from chassis.data_client import PROBLEM_TYPE
from contracts.catalog import Catalog
from gateway_service.examples import examples


class Page(HTMLParser):
    """Links and text of a page; everything it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        found = dict(attrs)
        if tag == "a":
            self.links.append(found["href"])
        elif address := found.get("src") or (tag == "link" and found.get("href")):
            self.loads.append(address)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def test_the_page_shows_what_is_served_with_a_real_table(suite) -> None:
    response = suite.client.get("/", headers={"Accept": "text/html"})
    page = Page(response.text)
    assert response.content_type.startswith("text/html")
    assert "you see 3 tables and views" in page.text
    assert "/rest/v1/sales_people?select=id,name&limit=3" in page.text
    assert "<ListSalesPeople" in page.text
    assert {
        "http://localhost:8080/rest/v1/openapi.json",
        "http://localhost:8080/soap/v1?wsdl",
        "http://localhost:8080/auth/v1/openapi.json",
    } <= set(page.links)


def test_all_that_the_page_loads_is_served_here(suite) -> None:
    page = Page(suite.client.get("/").text)
    assert page.loads
    for address in page.loads:
        assert address.startswith("/assets/")
        assert suite.client.get(address).status_code == 200


def test_nothing_open_asks_to_sign_in(suite) -> None:
    suite.catalog[0] = Catalog(engine="sqlite", version="1", schemas=("main",), resources=())
    page = Page(suite.client.get("/").text)
    assert "Sign in to see what is served" in page.text
    assert "/rest/v1/your_table" in page.text


def test_without_the_database_the_page_says_so(suite) -> None:
    suite.catalog[0] = None
    response = suite.client.get("/")
    assert response.status_code == 200
    assert "The database can't be reached at present" in Page(response.text).text


def test_programs_get_an_index(suite) -> None:
    found = suite.client.get("/", headers={"Accept": "application/json"}).json
    assert (found["role"], found["signed_in"], found["resources"]) == ("anonymous", False, 3)
    assert [api["name"] for api in found["apis"]] == ["REST", "GraphQL", "SOAP"]
    assert all(api["command"].startswith("curl ") for api in found["apis"])
    assert [api["address"] for api in found["apis"]] == [
        "http://localhost:8080/rest/v1",
        "http://localhost:8080/graphql",
        "http://localhost:8080/soap/v1",
    ]


def test_the_page_holds_what_a_database_names_as_text(suite) -> None:
    odd = msgspec.structs.replace(suite.catalog[0].resources[1], name="people")
    odd = msgspec.structs.replace(odd, fields=(msgspec.structs.replace(odd.fields[0], name="<script>x</script>"),))
    suite.catalog[0] = msgspec.structs.replace(suite.catalog[0], resources=(odd,))
    assert "<script>x" not in suite.client.get("/").text


def test_a_bad_token_is_refused_as_a_problem(suite) -> None:
    response = suite.client.get("/", headers={"Authorization": "Bearer nonsense"})
    assert (response.status_code, response.content_type) == (401, "application/problem+json")
    assert response.json["code"] == "PGRST301"
    assert response.content_type != PROBLEM_TYPE


def test_unknown_addresses_and_methods_are_problems(suite) -> None:
    for response, code in (
        (suite.client.get("/nowhere"), "TRV110"),
        (suite.client.get("/assets/../app.py"), "TRV110"),
        (suite.client.post("/"), "TRV101"),
    ):
        assert response.content_type == "application/problem+json"
        assert set(response.json) == {"type", "title", "status", "detail", "code"}
        assert (response.json["code"], response.json["status"]) == (code, response.status_code)


def test_commands_carry_the_token_where_one_is_needed(suite) -> None:
    for example in examples(suite.catalog[0], "http://x", "urn:n", token=True):
        assert '-H "Authorization: Bearer $TOKEN"' in example.command
    for example in examples(suite.catalog[0], "http://x", "urn:n", token=False):
        assert "TOKEN" not in example.command


def test_the_graphql_command_sends_json(suite) -> None:
    command = examples(suite.catalog[0], "http://x", "urn:n", token=False)[1].command
    body = json.loads(re.search(r"-d '(.*)'$", command).group(1))
    assert body == {"query": "{ sales_people(limit: 3) { id name } }"}
