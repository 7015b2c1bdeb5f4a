"""Past its capacity a service says so at once; what tells of its health is always answered."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from chassis.app import create_app
from chassis.express import Answer, Request
from chassis.settings import ServiceSettings
from contracts.problems import Problem
from flask import Flask, Response
from werkzeug.test import Client, TestResponse


class Slow:
    """A door behind which the test decides what is under way."""

    def __init__(self) -> None:
        self.meanwhile: Any = lambda: None

    def answer(self, request: Request) -> Answer | None:
        path = request.environ["PATH_INFO"]
        if path == "/nested":
            meanwhile, self.meanwhile = self.meanwhile, lambda: None
            meanwhile()
            return Answer(200, [("Content-Type", "text/plain")], b"done")
        if path == "/stream":
            return Answer(200, [("Content-Type", "text/plain")], iter([b"a", b"b"]))
        if path == "/crash":
            raise RuntimeError("a fault of ours")
        if path == "/break":
            raise KeyboardInterrupt
        return None

    def refuse(self, problem: Problem) -> Answer:
        return Answer(problem.status, [*problem.headers.items(), ("X-Code", problem.code)], b"no")


def render(problem: Problem) -> Response:
    return Response(problem.code, status=problem.status)


@pytest.fixture
def door() -> Slow:
    return Slow()


@pytest.fixture
def app(door: Slow) -> Flask:
    settings = ServiceSettings(max_under_way=2)
    found = create_app("test", settings, render, door=door)
    found.add_url_rule("/flask", view_func=lambda: "flask")
    return found


@pytest.fixture
def client(app: Flask) -> Client:
    return Client(app.wsgi_app)


def ask(client: Client, path: str) -> TestResponse:
    """A request whose answer is taken whole and closed, as a server does."""
    return client.get(path, buffered=True)


def stream(app: Flask) -> Iterable[bytes]:
    """An answer that is on its way until it is closed."""
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/stream", "SERVER_NAME": "a", "SERVER_PORT": "80"}
    return app.wsgi_app(environ, lambda *_: None)


@pytest.mark.parametrize("path", ["/nested", "/flask"])
def test_what_is_beyond_capacity_is_refused_at_once(app: Flask, client: Client, path: str) -> None:
    kept = [stream(app), stream(app)]
    refused = ask(client, path)
    assert (refused.status_code, refused.headers["X-Code"], refused.headers["Retry-After"]) == (503, "TRV107", "1")
    assert refused.headers["X-Request-Id"]
    kept[0].close()  # type: ignore[attr-defined]
    assert ask(client, path).status_code == 200
    kept[1].close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_what_tells_of_its_health_is_answered(app: Flask, client: Client, path: str) -> None:
    kept = [stream(app) for _ in range(3)]
    assert ask(client, "/flask").status_code == 503
    assert ask(client, path).status_code == 200
    assert len(kept) == 3


def test_requests_are_under_way_while_they_are_answered(door: Slow, client: Client) -> None:
    found: list[int] = []

    def second() -> None:
        door.meanwhile = lambda: found.append(ask(client, "/flask").status_code)  # the third
        found.append(ask(client, "/nested").status_code)

    door.meanwhile = second
    assert ask(client, "/nested").status_code == 200
    assert found == [503, 200]


def test_every_end_of_a_request_makes_room(app: Flask, client: Client) -> None:
    for _ in range(3):
        answer = stream(app)
        assert isinstance(answer, Iterable)
        parts: Iterator[bytes] = iter(answer)
        next(parts)
        answer.close()  # type: ignore[attr-defined]
        answer.close()  # type: ignore[attr-defined]  # twice counts once
        assert ask(client, "/crash").status_code == 500
        assert ask(client, "/nowhere").status_code == 404
        with pytest.raises(KeyboardInterrupt):
            ask(client, "/break")
    first = stream(app)
    assert ask(client, "/flask").status_code == 200
    assert isinstance(first, Iterable)
