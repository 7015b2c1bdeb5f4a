"""Enriched fields: looked up in batches at real servers and databases, within limits, and null or refused without."""

import json
import time
from decimal import Decimal

import pytest
from contracts.filters import Compare, FieldRef, Param, RelationRef
from contracts.identity import Caller, Principal
from contracts.operations import Assign, Create, Document, Embed, FieldOutput, Member, Node, Read, Sort, Update
from contracts.problems import Problem
from data_service.policies import ConfigurationError, parse
from prometheus_client import REGISTRY

from tests.fixtures.remote_world import ADMIN, open_world

CONFIG = """
version: 1
sources:
  cities:
    rest: {rest}
    headers: {{X-Api-Key: {{secret: api_key}}}}
    timeout: 0.6
    failures: 3
    pause: 0.3
    max_bytes: 200000
  people: {{graphql: {graphql}/graphql}}
  rates: {{wsdl: "{soap}/rates?wsdl"}}
  stock: {{database: {{secret: stock_url}}}}
  silent: {{rest: {silent}, failures: 1000}}
resources:
  addresses:
    fields:
      country:
        enrich: &country
          source: cities
          path: /cities
          query: {{names: '{{city}}'}}
          keys: {{city: name}}
          rows: data.items
          value: country
          type: text
      factor: {{enrich: {{<<: *country, value: n, type: numeric}}}}
      one_by_one:
        enrich: {{source: cities, path: '/cities/{{city}}', keys: [city], value: country, type: text}}
      kept: {{enrich: {{<<: *country, cache: 60}}}}
      in_threes: {{enrich: {{<<: *country, batch: 2}}}}
      town:
        enrich:
          source: cities
          path: /search
          body: {{keys: '{{keys}}'}}
          keys: {{id: id, city: city}}
          rows: found
          value: town
          type: text
      moved: {{enrich: {{<<: *country, path: /moved}}}}
      huge: {{enrich: {{<<: *country, path: /huge}}}}
      slow: {{enrich: {{<<: *country, path: /slow}}}}
      dripping: {{enrich: {{<<: *country, path: /dripping}}}}
      html: {{enrich: {{<<: *country, path: /html}}}}
      wrong: {{enrich: {{<<: *country, path: /wrong}}}}
      silent: {{enrich: {{<<: *country, source: silent}}}}
      needed: {{enrich: {{<<: *country, path: /html, on_failure: error}}}}
      slow_needed: {{enrich: {{<<: *country, path: /slow, on_failure: error}}}}
    permissions:
      clerk: {{select: {{columns: [id, country], filter: {{id: {{_lt: 3}}}}}}}}
  customers:
    fields:
      score:
        enrich:
          source: people
          document: 'query ($ids: [Int!]) {{ people(where: {{id: {{_in: $ids}}}}) {{ id score }} }}'
          variables: {{ids: '{{id}}'}}
          keys: {{id: id}}
          rows: people
          value: score
          type: numeric
      in_dollars:
        enrich:
          source: rates
          operation: Convert
          arguments: {{From: EUR, To: USD, Amount: '{{balance}}'}}
          keys: {{balance: Amount}}
          value: Value
          type: numeric
  products:
    fields:
      in_stock:
        enrich: {{source: stock, table: stock, keys: {{name: article}}, value: pieces, type: integer}}
      shelf:
        enrich: {{source: stock, table: stock, keys: {{name: article, id: number}}, value: place, type: text}}
"""


@pytest.fixture(scope="module")
def world(request, place, kind, tmp_path_factory):
    with open_world(request, place, kind, tmp_path_factory.mktemp("enriched"), CONFIG) as made:
        yield made


def fields(*names):
    return tuple(FieldOutput(name, FieldRef(name)) for name in names)


def addresses(*names, **more):
    return Read("addresses", Node(outputs=fields(*names), sort=(Sort(FieldRef("id")),), **more))


@pytest.fixture(autouse=True)
def forget(world):
    world.forget()
    world.remote.get("cities")._breaker.succeeded()


def test_a_rest_endpoint_is_asked_once_for_all_rows(world):
    rows, warnings = world.ask(addresses("id", "country"))
    assert rows == [
        {"id": 1, "country": "Norway"}, {"id": 2, "country": "Norway"}, {"id": 3, "country": "Italy"},
    ]  # fmt: skip
    assert warnings == ()
    assert [path for _, path, _ in world.rest.requests] == ["/cities?names=Oslo%2CBergen%2CRome"]


def test_secrets_travel_in_headers_and_are_read_anew(world):
    world.ask(addresses("country"))
    (world.folder / "secrets" / "api_key").write_text("changed")
    world.ask(addresses("country"))
    assert [h["HTTP_X_API_KEY"] for h in world.rest.headers] == ["very-secret", "changed"]
    (world.folder / "secrets" / "api_key").write_text("very-secret")


def test_numbers_keep_their_digits(world):
    result = world.engine.execute(addresses("factor"), [], ADMIN)
    assert json.loads(result.body, parse_float=str) == [{"factor": "1.5"}] * 3


def test_one_call_for_each_key_where_there_are_no_batches(world):
    rows, _ = world.ask(addresses("one_by_one"))
    assert [row["one_by_one"] for row in rows] == ["Norway", "Norway", "Italy"]
    assert sorted(path for _, path, _ in world.rest.requests) == ["/cities/Bergen", "/cities/Oslo", "/cities/Rome"]


def test_a_key_that_nobody_knows_is_null_and_no_failure(world):
    change = Update(
        "addresses",
        (Assign("city", Param(0)),),
        Compare(FieldRef("id"), "eq", Param(1)),
        returning=Node(outputs=fields("one_by_one", "country"), shape="many"),
    )
    try:
        rows, warnings = world.ask(change, "../x", 3)
        assert rows == [{"one_by_one": None, "country": None}]
        assert warnings == ()
        assert sorted(path for _, path, _ in world.rest.requests) == ["/cities/../x", "/cities?names=..%2Fx"]
        # what a server makes of %2F is its own affair; what we send is one step of the path
    finally:
        world.ask(change, "Rome", 3)


def test_batches_have_a_size(world):
    rows, _ = world.ask(addresses("in_threes"))
    assert [row["in_threes"] for row in rows] == ["Norway", "Norway", "Italy"]
    assert len(world.rest.requests) == 2


def test_what_is_kept_is_not_asked_again(world):
    first = world.ask(addresses("kept", limit=Param(0)), 2)
    again = world.ask(addresses("kept"))
    assert first[0] == again[0][:2]
    asked = [path for _, path, _ in world.rest.requests]
    assert asked in (["/cities?names=Oslo%2CBergen", "/cities?names=Rome"], ["/cities?names=Rome"], [])


def test_keys_of_several_fields_go_as_objects(world):
    rows, _ = world.ask(addresses("town"))
    assert [row["town"] for row in rows] == ["1-Oslo", "2-Bergen", "3-Rome"]
    assert json.loads(world.rest.requests[0][2])["keys"][0] == {"id": 1, "city": "Oslo"}


def test_graphql_is_asked_with_variables(world):
    rows, warnings = world.ask(Read("customers", Node(outputs=fields("score"), sort=(Sort(FieldRef("id")),))))
    assert [row["score"] for row in rows] == [Decimal("9.5"), Decimal("7.25"), None]
    assert warnings == ()
    assert [json.loads(body)["variables"] for _, _, body in world.graphql.requests] == [{"ids": [1, 2, 3]}]


def test_a_soap_service_is_asked_by_its_wsdl(world):
    rows, warnings = world.ask(Read("customers", Node(outputs=fields("in_dollars"), sort=(Sort(FieldRef("id")),))))
    assert warnings == ()
    assert [row["in_dollars"] for row in rows] == [Decimal("10.96"), Decimal("0.54"), None]
    posts = [body for method, _, body in world.soap.requests if method == "POST"]
    assert len(posts) == 1


def test_another_database_is_asked_by_one_or_more_columns(world):
    rows, warnings = world.ask(
        Read("products", Node(outputs=fields("name", "in_stock", "shelf"), sort=(Sort(FieldRef("id")),)))
    )
    assert warnings == ()
    assert [(row["name"], row["in_stock"], row["shelf"]) for row in rows] == [
        ("Anvil", 7, "A1"), ("Rope", 100, "B2"), ('Paint "red"', None, None), ("Unsold", None, None),
    ]  # fmt: skip


def test_embedded_rows_are_enriched_together(world):
    embed = Embed("addresses", RelationRef("addresses"), Node(outputs=fields("city", "country")))
    rows, _ = world.ask(Read("customers", Node(outputs=(*fields("id"), embed), sort=(Sort(FieldRef("id")),))))
    assert [a["country"] for row in rows for a in row["addresses"]] == ["Norway", "Norway", "Italy"]
    assert len(world.rest.requests) == 1


def test_every_member_of_a_document_is_enriched(world):
    read = addresses("country", limit=Param(0))
    body, _ = world.ask(Document((Member("a", read), Member("b", read))), 1)
    assert body == {"a": [{"country": "Norway"}], "b": [{"country": "Norway"}]}


def test_rows_that_are_not_there_ask_nothing(world):
    assert world.ask(addresses("country", filter=Compare(FieldRef("id"), "gt", Param(0))), 99)[0] == []
    assert world.rest.requests == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("moved", "does not answer as it should"),
        ("huge", "does not answer as it should"),
        ("slow", "took too long"),
        ("dripping", "took too long"),
        ("html", "does not answer as it should"),
        ("wrong", "does not answer as it should"),
        ("silent", "does not answer as it should"),
    ],
)
def test_what_fails_is_null_with_a_warning(world, name, words):
    rows, warnings = world.ask(addresses("id", name))
    assert rows == [{"id": n, name: None} for n in (1, 2, 3)]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"addresses.{name} is partly null: the source ")
    assert warnings[0].endswith(words)
    assert all(not path.startswith("/cities") for _, path, _ in world.rest.requests)  # a redirect is not followed


@pytest.mark.parametrize(("name", "code", "status"), [("needed", "TRV310", 502), ("slow_needed", "TRV311", 504)])
def test_what_is_needed_fails_the_request(world, name, code, status):
    with pytest.raises(Problem) as caught:
        world.ask(addresses(name))
    problem = caught.value
    assert (problem.code, problem.status) == (code, status)
    assert problem.message.startswith(f"addresses.{name} is not to be had: the source cities ")
    assert world.rest.url not in str((problem.message, problem.details, problem.hint))


def test_a_write_whose_needed_field_fails_changes_nothing(world):
    create = Create("addresses", ("id", "customer_id", "city"), Param(0), returning=Node(outputs=fields("needed")))
    with pytest.raises(Problem, match=r"addresses\.needed"):
        world.ask(create, [{"id": 50, "customer_id": 1, "city": "Oslo"}])
    assert len(world.ask(addresses("id"))[0]) == 3


def test_a_source_that_fails_is_left_alone_and_tried_again(world):
    world.rest.failing = True
    told = [world.ask(addresses("country"))[1][0] for _ in range(5)]
    assert len(world.rest.requests) == 3
    assert told[-1].endswith("has failed several times and is left alone for a moment")
    assert "secret" not in "".join(told)
    world.rest.failing = False
    for _ in range(200):
        rows, warnings = world.ask(addresses("country"))
        if not warnings:
            break
        time.sleep(0.02)
    assert rows[0] == {"country": "Norway"}


@pytest.mark.parametrize(
    "node",
    [
        Node(filter=Compare(FieldRef("country"), "eq", Param(0))),
        Node(sort=(Sort(FieldRef("country")),)),
        Node(distinct_on=("country",)),
    ],
)
def test_an_enriched_field_can_only_be_read(world, node):
    with pytest.raises(Problem) as caught:
        world.ask(Read("addresses", node), "Norway")
    assert caught.value.status == 400


def test_roles_see_the_fields_that_they_may(world):
    clerk = Caller(principal=Principal(role="clerk", subject="c"))
    rows, _ = world.ask(addresses("country"), who=clerk)
    assert rows == [{"country": "Norway"}, {"country": "Norway"}]
    with pytest.raises(Problem):
        world.ask(addresses("kept"), who=clerk)


def test_calls_are_counted(world):
    def counted(outcome):
        return REGISTRY.get_sample_value("trivet_remote_calls_total", {"source": "cities", "outcome": outcome}) or 0

    before = {outcome: counted(outcome) for outcome in ("answered", "failed")}
    world.ask(addresses("country"))
    world.ask(addresses("html"))
    assert counted("answered") == before["answered"] + 1
    assert counted("failed") == before["failed"] + 1


def test_answers_are_never_kept_by_facades(world):
    assert world.engine.execute(addresses("country"), [], ADMIN).basis is None


_HEAD = "version: 1\nsources:\n  a:\n    rest: https://example.com/\nresources:\n  addresses:\n    fields:\n      x:\n        enrich: "


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (_HEAD + "{source: b, path: /, keys: {city: c}, query: {q: '{city}'}, type: text}", 9, "there is no source b"),
        (_HEAD + "{source: a, table: t, keys: {city: c}, type: text}", 9, "is a rest: ask it by path, not table"),
        (_HEAD + "{source: a, path: /, keys: {city: c}, query: {q: '{citi}'}, type: text}", 9, "did you mean city?"),
        (_HEAD + "{source: a, path: /, keys: {city: c}, type: text}", 9, "nothing of a row is sent"),
        (_HEAD + "{source: a, path: /, keys: {city: c}, query: {q: '{city}'}, type: texd}", 9, "did you mean text?"),
        (_HEAD + "{source: a, keys: {city: c}, type: text}", 9, "needs one of path, document, operation, table"),
        ("version: 1\nsources:\n  a:\n    rest: http://example.com/", 4, "in the clear"),
        ("version: 1\nsources:\n  a:\n    rest: ftp://example.com/", 4, "must begin with https://"),
        ("version: 1\nsources:\n  a:\n    rst: https://example.com/", 4, "no key rst; did you mean rest?"),
        ("version: 1\nsources:\n  a:\n    rest: https://u:p@example.com/", 4, "without a user"),
        ("version: 1\nsources:\n  a:\n    rest: https://a.example/\n    bearer: {secret: ../x}", 5, "a file's name"),
        ("version: 1\nsources:\n  a:\n    rest: https://a.example/\n    timeout: -1", 5, "timeout must be a number"),
    ],
)
def test_faults_name_their_line(text, line, words):
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    assert any(fault.line == line and words in fault.message for fault in caught.value.faults), caught.value.faults


def test_a_key_that_is_no_column_stops_the_start(world):
    config = world.folder / "misfit.yaml"
    text = _HEAD + "{source: a, path: /, keys: {citi: c}, query: {q: '{citi}'}, type: text}"
    config.write_text(text)
    engine = world.another_engine(config)
    with pytest.raises(ConfigurationError, match=r"misfit.yaml:9: addresses has no column citi; did you mean city\?"):
        engine.refresh()


@pytest.mark.parametrize(
    ("enrich", "words"),
    [
        (
            "{source: stock, table: stok, keys: {city: article}, value: pieces, type: int4}",
            "no table stok; did you mean stock?",
        ),
        (
            "{source: stock, table: stock, keys: {city: artikle}, value: pieces, type: int4}",
            "no column artikle; did you mean article?",
        ),
        (
            "{source: rates, operation: Converd, arguments: {Amount: '{city}'}, keys: {city: A}, type: text}",
            "no operation Converd; did you mean Convert?",
        ),
        (
            "{source: rates, operation: Convert, arguments: {Amound: '{city}'}, keys: {city: A}, type: text}",
            "takes no Amound; did you mean Amount?",
        ),
    ],
)
def test_what_a_source_does_not_have_stops_the_start(world, enrich, words):
    config = world.folder / "lacking.yaml"
    config.write_text(
        f"version: 1\nsources:\n  stock: {{database: {{secret: stock_url}}}}\n  rates: {{wsdl: '{world.soap.url}/rates?wsdl'}}\n"
        f"resources:\n  addresses:\n    fields:\n      x:\n        enrich: {enrich}\n"
    )
    with pytest.raises(ConfigurationError) as caught:
        world.another_engine(config).refresh()
    assert [(fault.line, words in fault.message) for fault in caught.value.faults] == [(9, True)], caught.value.faults


def test_a_secret_that_is_missing_stops_the_start(world):
    config = world.folder / "missing.yaml"
    config.write_text("version: 1\nsources:\n  a:\n    rest: https://a.example/\n    bearer: {secret: nowhere}\n")
    engine = world.another_engine(config)
    with pytest.raises(ConfigurationError, match=r"missing.yaml:3: the secret nowhere can't be read"):
        engine.refresh()
