"""Operations of remote sources as functions of ours: described, called, refused, and back when their WSDL is."""

import json
import shutil
from decimal import Decimal

import pytest
from contracts.filters import Compare, FieldRef, Given, Param
from contracts.identity import Caller, Principal
from contracts.operations import Call, Document, FieldOutput, Member, Node, Sort
from contracts.problems import Problem
from data_service.policies import ConfigurationError

from tests.fixtures.remote_servers import rates, serving
from tests.fixtures.remote_world import ADMIN, open_world

CONFIG = """
version: 1
sources:
  rates: {{wsdl: "{soap}/rates?wsdl", operations: {{rates_of: {{operation: GetRates, reads_only: true}}, convert: {{operation: Convert}}}}}}
  cities:
    rest: {rest}
    timeout: 0.6
    operations:
      country_of:
        path: '/cities/{{name}}'
        takes: {{name: text}}
        returns: {{fields: {{country: text}}}}
        reads_only: true
        comment: Where a city is.
      cities_named:
        path: /cities
        query: {{names: '{{names}}', lang: '{{lang}}'}}
        takes: {{names: text, lang: {{type: text, required: false}}}}
        returns: {{rows: data.items, fields: {{name: text, country: text, n: numeric}}, many: true}}
      moved: {{path: /moved}}
      slow: {{path: /slow, reads_only: true}}
  people:
    graphql: {graphql}/graphql
    operations:
      scores:
        document: 'query ($ids: [Int!]) {{ people(where: {{id: {{_in: $ids}}}}) {{ id score }} }}'
        variables: {{ids: ['{{id}}']}}
        takes: {{id: integer}}
        returns: {{rows: people, fields: {{id: integer, score: numeric}}, many: true}}
        reads_only: true
      wrong: {{document: '{{ nothing }}', reads_only: true}}
functions:
  country_of: {{permissions: {{clerk: {{}}}}}}
"""


@pytest.fixture(scope="module")
def world(request, place, kind, tmp_path_factory):
    with open_world(request, place, kind, tmp_path_factory.mktemp("operations"), CONFIG) as made:
        yield made


@pytest.fixture(autouse=True)
def forget(world):
    world.forget()


def call(function, node=None, *, reads_only=False, **arguments):
    """A call, and its values."""
    given = tuple(Given(name, Param(at)) for at, name in enumerate(arguments))
    return (Call(function, given, node or Node(), reads_only=reads_only), *arguments.values())


def test_the_catalog_tells_what_the_wsdl_does(world):
    found = world.engine.catalog(ADMIN).functions_by_name
    [rates_of] = found["rates_of"]
    assert (rates_of.source, rates_of.volatility) == ("remote", "stable")
    assert [(a.name, a.type, a.element, a.required) for a in rates_of.arguments] == [
        ("Currency", "array", "text", False)
    ]
    assert (rates_of.returns.kind, rates_of.returns.many) == ("rows", True)
    assert [(f.name, f.type) for f in rates_of.returns.fields] == [
        ("Currency", "text"),
        ("Value", "numeric"),
        ("Day", "date"),
    ]
    [convert] = found["convert"]
    assert convert.volatility == "volatile"
    assert [(a.name, a.type, a.element, a.required) for a in convert.arguments] == [
        ("From", "text", None, True), ("To", "text", None, True), ("Amount", "array", "numeric", True),
    ]  # fmt: skip


def test_a_soap_operation_is_called(world):
    rows, _ = world.ask(*call("rates_of", Currency=["USD", "JPY"]))
    assert rows == [
        {"Currency": "USD", "Value": Decimal("1.0852"), "Day": "2024-05-31"},
        {"Currency": "JPY", "Value": Decimal("170.11"), "Day": "2024-05-31"},
    ]


def test_an_argument_that_may_be_missing_is_left_out(world):
    rows, _ = world.ask(*call("rates_of"))
    assert len(rows) == 8


def test_its_rows_are_filtered_sorted_and_chosen_like_any(world):
    node = Node(
        outputs=(FieldOutput("of", FieldRef("Currency")),),
        filter=Compare(FieldRef("Value"), "gt", Param(0)),
        sort=(Sort(FieldRef("Value"), descending=True),),
    )
    rows, _ = world.ask(Call("rates_of", (), node), 5)
    assert [row["of"] for row in rows] == ["JPY", "SEK", "NOK"]


def test_a_rest_operation_gives_one_row_or_none(world):
    assert world.ask(*call("country_of", name="Oslo"))[0] == {"country": "Norway"}
    assert world.ask(*call("country_of", name="Atlantis"))[0] is None


def test_a_rest_operation_gives_many_rows_and_arguments_are_left_out(world):
    rows, _ = world.ask(*call("cities_named", names="Rome,Oslo"))
    assert [row["country"] for row in rows] == ["Italy", "Norway"]
    world.ask(*call("cities_named", names="Rome", lang="no"))
    assert [path for _, path, _ in world.rest.requests] == ["/cities?names=Rome%2COslo", "/cities?names=Rome&lang=no"]


def test_a_graphql_operation_is_called(world):
    assert world.ask(*call("scores", id=2))[0] == [{"id": 2, "score": Decimal("7.25")}]


def test_calls_stand_in_documents(world):
    first, second = call("country_of", name="Oslo")[0], Call("country_of", (Given("name", Param(1)),))
    body, _ = world.ask(Document((Member("a", first), Member("b", second))), "Oslo", "Rome")
    assert body == {"a": {"country": "Norway"}, "b": {"country": "Italy"}}


def test_what_a_service_says_of_the_question_is_passed_on(world):
    with pytest.raises(Problem) as caught:
        world.ask(*call("convert", From="EUR", To="XXX", Amount=[1]))
    assert (caught.value.code, caught.value.status, caught.value.message) == ("TRV312", 400, "No rate is known of XXX")
    with pytest.raises(Problem) as caught:
        world.ask(*call("wrong"))
    assert (caught.value.code, caught.value.message) == ("TRV312", "Cannot query that")


@pytest.mark.parametrize(("name", "code"), [("moved", "TRV310"), ("slow", "TRV311")])
def test_what_fails_is_a_problem_without_inner_things(world, name, code):
    with pytest.raises(Problem) as caught:
        world.ask(*call(name))
    assert caught.value.code == code
    assert "127.0.0.1" not in repr((caught.value.message, caught.value.details, caught.value.hint))


def test_a_path_is_not_left_by_a_value(world):
    with pytest.raises(Problem) as caught:
        world.ask(*call("country_of", name=".."))
    assert caught.value.code == "TRV312"
    assert world.rest.requests == []


def test_a_call_that_writes_is_refused_where_only_reads_may_come(world):
    with pytest.raises(Problem) as caught:
        world.ask(*call("cities_named", reads_only=True, names="Rome"))
    assert caught.value.code == "25006"
    assert world.rest.requests == []


def test_nobody_calls_what_is_not_opened(world):
    clerk = Caller(principal=Principal(role="clerk", subject="c"))
    assert world.ask(*call("country_of", name="Oslo"), who=clerk)[0] == {"country": "Norway"}
    with pytest.raises(Problem) as caught:
        world.ask(*call("cities_named", names="Rome"), who=clerk)
    assert caught.value.code == "42501"


def test_a_wsdl_that_is_gone_serves_from_its_copy(world):
    with serving(rates()) as server:
        config = world.folder / "gone.yaml"
        config.write_text(f"version: 1\nsources:\n  old: {{wsdl: '{server.url}/old?wsdl', operations: '*'}}\n")
        engine = world.another_engine(config)
        engine.refresh()
        known = engine.catalog(ADMIN).functions
        server.failing = True
        other = world.another_engine(config)
        other.refresh()
        assert other.catalog(ADMIN).functions == known
        assert [f.name for f in known] == ["get_rates", "convert"]


def test_a_wsdl_that_comes_late_is_taken_up(world):
    with serving(rates()) as server:
        server.failing = True
        config = world.folder / "late.yaml"
        config.write_text(f"version: 1\nsources:\n  late: {{wsdl: '{server.url}/late?wsdl', operations: [GetRates]}}\n")
        engine = world.another_engine(config)
        engine.refresh()
        assert engine.catalog(ADMIN).functions == ()
        before = engine.version
        server.failing = False
        engine._means.remote.get("late").asker._failed = None  # else it is left alone for some seconds
        assert engine.refresh()
        assert [f.name for f in engine.catalog(ADMIN).functions] == ["get_rates"]
        assert engine.version != before
        shutil.rmtree(world.folder / "state", ignore_errors=True)


def test_a_wsdl_that_changes_is_read_again_on_demand(world):
    word = b"GetRates"

    def changing(environ, start_response):
        return [part.replace(b"GetRates", word) for part in rates()(environ, start_response)]

    with serving(changing) as server:
        config = world.folder / "changing.yaml"
        config.write_text(f"version: 1\nsources:\n  s: {{wsdl: '{server.url}/changing?wsdl', operations: '*'}}\n")
        engine = world.another_engine(config)
        engine.refresh()
        word = b"AskRates"
        assert not engine.refresh()
        engine.refresh(force=True)
        assert [f.name for f in engine.catalog(ADMIN).functions] == ["ask_rates", "convert"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("wsdl: '{soap}/rates?wsdl', operations: [GetRate]", "no operation GetRate; did you mean GetRates?"),
        ("rest: '{rest}', operations: {{a: {{path: '/x', takes: {{b: text}}}}}}", "the argument b is sent nowhere"),
        (
            "rest: '{rest}', operations: {{a: {{path: '/{{c}}', takes: {{b: text}}}}}}",
            "the place {c} stands for nothing",
        ),
        ("rest: '{rest}', operations: {{a: {{path: '/x', returns: {{many: 3}}}}}}", "many must be true or false"),
    ],
)
def test_faults_of_operations_stop_the_start(world, source, words):
    config = world.folder / "faulty.yaml"
    config.write_text("version: 1\nsources:\n  s: {" + source.format(soap=world.soap.url, rest=world.rest.url) + "}\n")
    with pytest.raises(ConfigurationError) as caught:
        world.another_engine(config).refresh()
    assert any(fault.line == 3 and words in fault.message for fault in caught.value.faults), caught.value.faults
    assert json.dumps(str(caught.value))
