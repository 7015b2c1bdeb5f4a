"""What is behind an answer travels from data to the client, where it was asked for."""

import base64

import msgspec
import pytest
from chassis import explanations, express
from chassis.data_client import DataClient, encode_problem
from chassis.hop import Hop
from contracts.identity import Caller
from contracts.operations import FieldOutput, FieldRef, Node, Read
from contracts.problems import Problem
from contracts.results import Explanation, Rule
from flask import Flask

READ = Read("t", Node(outputs=(FieldOutput("id", FieldRef("id")),)))
TOLD = explanations.encode(
    Explanation(statement="select 'ü'", rules=(Rule(resource="t", role="clerk", verb="select", place="trivet.yaml:3"),))
)


@pytest.fixture
def facade(peer):
    """A facade with one address, which reads; ``explain`` in its address asks for more."""
    app = Flask("facade")
    express.install(app, "facade")
    data = DataClient(Hop(peer.url))

    @app.get("/<how>")
    def read(how: str):
        try:
            return data.execute(READ, [], Caller(explain=how == "explain")).body
        except Problem as problem:
            return problem.code, problem.status

    return app.test_client()


def test_data_is_asked_only_where_the_client_asks(facade, peer) -> None:
    peer.answer = lambda _: (200, {}, b"[]")
    assert facade.get("/plain").status_code == 200
    assert explanations.ASK not in peer.asked[-1].headers
    facade.get("/explain")
    assert {name.lower() for name in peer.asked[-1].headers} >= {explanations.ASK.lower()}


def test_what_data_tells_goes_on_to_the_client(facade, peer) -> None:
    peer.answer = lambda _: (200, {explanations.HEADER: TOLD}, b"[]")
    told = facade.get("/explain").headers[explanations.HEADER]
    found = msgspec.json.decode(base64.b64decode(told), type=Explanation)
    assert found.statement == "select 'ü'"
    assert found.rules[0].place == "trivet.yaml:3"


def test_it_goes_on_beside_a_problem_too(facade, peer) -> None:
    headers = {explanations.HEADER: TOLD, "Content-Type": "application/vnd.trivet.problem+json"}
    peer.answer = lambda _: (404, headers, encode_problem(Problem("PGRST205", "none")))
    answer = facade.get("/explain")
    assert (answer.status_code, answer.headers[explanations.HEADER]) == (404, TOLD)


def test_one_answer_tells_nothing_of_another(facade, peer) -> None:
    peer.answer = lambda _: (200, {explanations.HEADER: TOLD}, b"[]")
    facade.get("/explain")
    peer.answer = lambda _: (200, {}, b"[]")
    assert explanations.HEADER not in facade.get("/explain").headers
