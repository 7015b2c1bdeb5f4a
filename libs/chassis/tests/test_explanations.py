"""What is behind an answer travels from data to the client, where it was asked for."""

import base64

import msgspec
import pytest
from chassis import explanations, express, frames
from chassis.data_client import DataClient
from chassis.hop import Hop
from chassis.inner_problems import encode_problem
from contracts.filters import FieldRef
from contracts.identity import Caller
from contracts.operations import FieldOutput, Node, Read
from contracts.problems import Problem
from contracts.results import Explanation, Result, Rule
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


def frame(told: str | None = None) -> bytes:
    return frames.answered(0, Result(body=b"[]"), told)


def test_data_is_asked_only_where_the_client_asks(facade, peer) -> None:
    peer.answer = lambda _: (200, {}, frame())
    assert facade.get("/plain").status_code == 200
    assert not frames.read_asked(peer.asked[-1].body)[0].head.explain
    facade.get("/explain")
    assert frames.read_asked(peer.asked[-1].body)[0].head.explain


def test_what_data_tells_goes_on_to_the_client(facade, peer) -> None:
    peer.answer = lambda _: (200, {}, frame(TOLD))
    told = facade.get("/explain").headers[explanations.HEADER]
    found = msgspec.json.decode(base64.b64decode(told), type=Explanation)
    assert found.statement == "select 'ü'"
    assert found.rules[0].place == "trivet.yaml:3"


def test_it_goes_on_beside_a_problem_too(facade, peer) -> None:
    refusal = frames.refused(0, encode_problem(Problem("PGRST205", "none")), "v1", TOLD)
    peer.answer = lambda _: (200, {}, refusal)
    answer = facade.get("/explain")
    assert (answer.status_code, answer.headers[explanations.HEADER]) == (404, TOLD)


def test_one_answer_tells_nothing_of_another(facade, peer) -> None:
    peer.answer = lambda _: (200, {}, frame(TOLD))
    facade.get("/explain")
    peer.answer = lambda _: (200, {}, frame())
    assert explanations.HEADER not in facade.get("/explain").headers
