"""The three facades over one engine: what is kept, for which question, and that data is not asked then."""

import json

import apsw
import pytest
from chassis.versions import Writer
from contracts.identity import Caller, Principal
from data_service.engine import Engine
from data_service.execute.sqlite import SqliteDatabase
from data_service.versioning import Versioning
from graphql_service.app import create_app as graphql_app
from graphql_service.settings import GraphqlSettings
from rest_service.app import create_app as rest_app
from rest_service.settings import Settings
from soap_service.app import create_app as soap_app
from soap_service.settings import SoapSettings

TABLES = """
create table people (id integer primary key, team int, name text);
insert into people values (1, 1, 'Ada'), (2, 2, 'Bob'), (3, 1, 'Eve');
"""
RULES = """
version: 1
cache: {only_writer: true}
resources:
  people:
    permissions:
      member: {select: {columns: '*', filter: {team: {_eq: X-Hasura-Team}}}, update: {columns: [name], filter: {}}}
"""
ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">%s<s:Body>'
    '<ListPeople xmlns="urn:trivet:v1">%s</ListPeople></s:Body></s:Envelope>'
)
ADDRESSED = '<s:Header><MessageID xmlns="http://www.w3.org/2005/08/addressing">urn:uuid:%s</MessageID></s:Header>'


def member(team):
    return Caller(principal=Principal(role="member", subject=f"m{team}", session={"x-hasura-team": str(team)}))


class Counting:
    """Data that counts what it is asked."""

    def __init__(self, engine):
        self._engine = engine
        self.catalog = engine.catalog
        self.asked = 0

    def execute(self, operation, values, caller):
        self.asked += 1
        return self._engine.execute(operation, values, caller)

    def stream(self, operation, values, caller):
        self.asked += 1
        return self._engine.stream(operation, values, caller)


class Gate:
    """Lets everybody in as one caller."""

    authenticator = None

    def __init__(self):
        self.who = member(1)

    def caller(self):
        return self.who

    def address(self):
        return ""


class Suite:
    """Three facades over one engine, whose database is a file."""

    def __init__(self, folder):
        self.path = folder / "people.db"
        self.versions = folder / "versions"
        connection = apsw.Connection(str(self.path))
        connection.execute(TABLES)
        connection.close()
        self.config = folder / "trivet.yaml"
        self.config.write_text(RULES)
        writer = Writer.claim(self.versions)
        database = SqliteDatabase(self.path, size=2, limit=5.0)
        self.versioning = Versioning(self.versions, writer, database)
        self.engine = Engine(database, config=self.config, versioning=self.versioning)
        self.engine.refresh()
        self.versioning.tend()
        self.data, self.gate = Counting(self.engine), Gate()
        common = {"state_dir": str(folder), "versions": str(self.versions)}
        self.rest = rest_app(Settings(**common), self.data, self.gate).test_client()
        self.graphql = graphql_app(GraphqlSettings(**common), self.data, self.gate).test_client()
        self.soap = soap_app(SoapSettings(**common), self.data, self.gate).test_client()

    def get(self, query="", method="GET", path="/rest/v1/people", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.rest.open(f"{path}?{query}", method=method, headers=named)

    def query(self, text="{ people(order_by: {id: asc}) { id name } }", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.graphql.post("/v1/graphql", json={"query": text}, headers=named)

    def call(self, inner="", header="", media="text/xml", query=""):
        text = ENVELOPE % (header, inner)
        if media != "text/xml":
            text = text.replace("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")
        return self.soap.post(f"/soap/v1{query}", data=text, content_type=media)

    def asks(self, ask, *arguments, **named):
        """How often data is asked for an answer."""
        before = self.data.asked
        response = ask(*arguments, **named)
        assert response.status_code in (200, 206, 304), response.data
        return self.data.asked - before

    def rename(self, name, who=1):
        response = self.rest.patch(f"/people?id=eq.{who}", json={"name": name})
        assert response.status_code == 204


@pytest.fixture
def suite(tmp_path):
    found = Suite(tmp_path)
    yield found
    found.engine.close()


@pytest.fixture(params=["get", "query", "call"])
def ask(suite, request):
    """A read, in each of the three protocols."""
    return getattr(suite, request.param)


def test_the_same_is_asked_of_data_once_until_it_is_written(suite, ask):
    first = ask()
    assert b"Ada" in first.data
    assert suite.asks(ask) == 0
    assert ask().data == first.data
    suite.rename("Zoe")
    assert suite.asks(ask) == 1
    assert b"Zoe" in ask().data
    assert suite.asks(ask) == 0


def test_headers_are_the_same_from_memory(suite, ask):
    def shown(response):
        own = ("X-Request-Id", "Server-Timing", "Date")
        return response.status, sorted(pair for pair in response.headers if pair[0] not in own)

    assert shown(ask()) == shown(ask())
    assert "cache;dur=" in ask().headers["Server-Timing"]
    assert "data;dur=" not in ask().headers["Server-Timing"]
    assert ask().headers["X-Request-Id"] != ask().headers["X-Request-Id"]


def test_callers_get_their_own(suite, ask):
    assert b"Ada" in ask().data
    suite.gate.who = member(2)
    assert suite.asks(ask) == 1
    assert b"Bob" in ask().data
    assert b"Ada" not in ask().data
    other = Caller(principal=Principal(role="member", subject="m3", session={"x-hasura-team": "2"}))
    suite.gate.who = other
    assert suite.asks(ask) == 0  # it depends on the team, and on nothing else of the caller
    suite.gate.who = Caller(principal=Principal(role="admin", subject="m2", session={"x-hasura-team": "2"}))
    assert suite.asks(ask) == 1
    assert b"Ada" in ask().data


def test_new_rules_hold_at_once(suite, ask):
    assert b"Ada" in ask().data
    suite.config.write_text(RULES.replace("columns: '*', filter: {team", "columns: [id, team], filter: {team"))
    suite.engine.refresh()
    assert b"Ada" not in ask().data


def test_whoever_wants_to_know_what_is_behind_an_answer_gets_a_new_one(suite, ask):
    ask()
    suite.gate.who = Caller(principal=suite.gate.who.principal, explain=True)
    assert suite.asks(ask) == 1


def test_refusals_are_not_kept(suite):
    assert suite.get("nope=eq.1").status_code == 400
    assert suite.get("nope=eq.1").status_code == 400
    single = {"Accept": "application/vnd.pgrst.object+json"}
    assert suite.get("id=eq.9", **single).status_code == 406
    assert suite.get("id=eq.9", **single).status_code == 406
    assert b"errors" in suite.query("{ nope }").data
    assert suite.query("{ nope }").data == suite.query("{ nope }").data
    assert suite.data.asked == 4


def test_without_a_memory_nothing_is_kept(suite, ask):
    ask()
    suite.versions.unlink()
    suite.versioning.tend()
    assert suite.asks(ask) == 1
    assert suite.asks(ask) == 1


# --- what belongs to the question -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("select=id", {}),
        ("", {"Accept": "text/csv"}),
        ("", {"Prefer": "count=exact"}),
        ("", {"Range": "0-0"}),
        ("", {"Accept_Profile": "main"}),
        ("order=id.desc", {}),
    ],
)
def test_rest_tells_requests_apart(suite, query, headers):
    plain = suite.get().data
    asked = suite.data.asked
    other = suite.get(query, **headers)
    assert suite.data.asked == asked + 1
    again = suite.get(query, **headers)
    assert suite.data.asked == asked + 1
    assert (again.data, again.headers["Content-Type"]) == (other.data, other.headers["Content-Type"])
    assert suite.get().data == plain


def test_a_head_is_not_a_get(suite):
    assert suite.get().data
    assert suite.asks(suite.get, method="HEAD") == 1
    assert suite.asks(suite.get, method="HEAD") == 0
    assert suite.get().data


def test_a_client_that_has_the_answer_is_told_so_without_data(suite):
    tag = suite.get().headers["ETag"]
    asked = suite.data.asked
    response = suite.get(If_None_Match=tag)
    assert (response.status_code, response.data, response.headers["ETag"]) == (304, b"", tag)
    full = suite.get(If_None_Match='"other"')
    assert full.status_code == 200
    assert full.headers["Content-Type"].startswith("application/json")
    assert suite.data.asked == asked
    suite.rename("Zoe")
    assert suite.get(If_None_Match=tag).status_code == 200


def test_a_change_of_nothing_is_no_question(suite):
    before = suite.get("id=eq.1").data
    assert suite.rest.patch("/people?id=eq.1", json={}).status_code in (200, 204)
    assert suite.get("id=eq.1").data == before


def test_graphql_keeps_no_mutation(suite):
    text = 'mutation { update_people_by_pk(pk_columns: {id: 1}, _set: {name: "Zoe"}) { name } }'
    suite.gate.who = Caller(principal=Principal(role="admin", subject="a"))
    assert suite.asks(suite.query, text) == 1
    assert suite.asks(suite.query, text) == 1


def test_graphql_answers_in_the_media_type_that_is_asked_for(suite):
    strict = "application/graphql-response+json"
    suite.query()
    response = suite.query(Accept=strict)
    assert response.headers["Content-Type"].startswith(strict)
    assert json.loads(response.data)["data"]["people"]
    assert suite.query().headers["Content-Type"].startswith("application/json")
    assert suite.data.asked == 1


def test_soap_answers_each_envelope_in_kind(suite):
    plain = suite.call().data
    assert b"schemas.xmlsoap.org" in plain
    asked = suite.data.asked
    other = suite.call(media="application/soap+xml")
    assert b"2003/05/soap-envelope" in other.data
    assert suite.data.asked == asked + 1
    assert suite.call().data == plain
    page = "<page><limit>1</limit></page>"
    assert suite.asks(suite.call, page) == 1
    assert suite.asks(suite.call, page.replace("1<", "2<")) == 1
    assert suite.asks(suite.call, page) == 0


def test_soap_answers_each_message_to_itself(suite):
    first, second = suite.call(header=ADDRESSED % 1), suite.call(header=ADDRESSED % 2)
    assert suite.data.asked == 1
    assert b"urn:uuid:1<" in first.data
    assert b"urn:uuid:2<" in second.data
    assert b"urn:uuid:1<" not in second.data
