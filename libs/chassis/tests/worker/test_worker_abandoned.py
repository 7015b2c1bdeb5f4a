"""A client that goes away: what waits for something on its behalf is told, and clients that only wait are not taken for it."""

import socket
import struct
from collections.abc import Iterator

import pytest

from .conftest import Client, Server, free_port, head, wait_for


@pytest.fixture(scope="module", params=["unix", "tcp"])
def hub(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The hub on both kinds of sockets. (gthread goes on until it is done: its threads can't be told.)"""
    found = Server("hub", port=None if request.param == "unix" else free_port())
    yield found
    assert found.stop() == 0


def noted(server: Server, note: str) -> None:
    wait_for(lambda: note in server.notes(), lambda: f"{server.notes()} {server.log()}")


def ask(server: Server, name: str, *, how: str = "wait") -> Client:
    client = server.client()
    client.send(head("GET", f"/guarded?name={name}&how={how}"))
    noted(server, f"begun {name}")
    return client


def hangs_up(client: Client) -> None:
    client.close()


def resets(client: Client) -> None:
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.mark.parametrize("leave", [hangs_up, resets])
def test_what_waits_for_a_client_that_has_gone_is_told(hub: Server, leave: object) -> None:
    name = leave.__name__  # type: ignore[attr-defined]
    client = ask(hub, name)
    leave(client)  # type: ignore[operator]
    noted(hub, f"abandoned {name}")
    assert f"done {name}" not in hub.notes()


def test_a_client_that_has_gone_at_once_is_no_other(hub: Server) -> None:
    with hub.client() as client:
        client.send(head("GET", "/guarded?name=at-once"))
    noted(hub, "abandoned at-once")


def test_a_thread_goes_on(hub: Server) -> None:
    ask(hub, "thread", how="thread").close()
    noted(hub, "abandoned thread")
    assert "worked thread" not in hub.notes()
    noted(hub, "worked thread")


def test_what_must_not_end_midway_does_not(hub: Server) -> None:
    ask(hub, "shield", how="shield").close()
    noted(hub, "abandoned shield")
    notes = hub.notes()
    assert notes.index("shielded shield") < notes.index("abandoned shield")


@pytest.mark.parametrize("lines", [(), ("Connection: close",)])
def test_a_client_that_only_sends_no_more_has_its_answer(hub: Server, lines: tuple[str, ...]) -> None:
    with hub.client() as client:
        client.send(head("GET", "/guarded?name=half&s=0.5", *lines))
        client.sock.shutdown(socket.SHUT_WR)
        found = client.answer()
        while found.status == 100:  # it may be asked in this way whether it is there
            found = client.answer()
        assert (found.status, found.body) == (200, b"done")
        assert client.rest() == b""
    assert "abandoned half" not in hub.notes()


def test_a_client_of_http_1_0_is_told_nothing_but_its_answer(hub: Server) -> None:
    with hub.client() as client:
        client.send(b"GET /guarded?name=old&s=0.5 HTTP/1.0\r\n\r\n")
        client.sock.shutdown(socket.SHUT_WR)
        assert client.rest().startswith(b"HTTP/1.0 200 OK\r\n")


def test_the_requests_behind_it_are_not_begun(hub: Server) -> None:
    client = ask(hub, "first")
    client.send(head("GET", "/guarded?name=second&s=0"))
    client.close()
    noted(hub, "abandoned first")
    with hub.client() as other:
        assert other.get("/guarded?name=other&s=0").status == 200
    assert "begun second" not in hub.notes()


def test_what_was_asked_before_and_answered_does_not_matter(hub: Server) -> None:
    with hub.client() as client:
        for number in range(3):
            assert client.get(f"/guarded?name=kept{number}&s=0").status == 200
    with hub.client() as client:
        assert client.get("/").status == 200
    assert not [note for note in hub.notes() if note.startswith("abandoned kept")]


def test_others_are_answered_meanwhile(hub: Server) -> None:
    gone = [ask(hub, f"many{number}") for number in range(5)]
    stays = hub.client()
    stays.send(head("GET", "/guarded?name=stays&s=1"))
    for client in gone:
        client.close()
    for number in range(5):
        noted(hub, f"abandoned many{number}")
    assert stays.answer().body == b"done"
    stays.close()
