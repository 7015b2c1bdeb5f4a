"""The exchange of a password for a token: asked once, remembered briefly, refusals passed on."""

import json
from typing import Any

import pytest
from chassis import exchange as exchange_module
from chassis.exchange import Exchange
from chassis.hop import Hop
from chassis.inner_problems import PROBLEM_TYPE, encode_problem
from contracts.problems import Problem


class Clock:
    """Time that passes when a test says so."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def exchange(peer: Any) -> Exchange:
    peer.answer = lambda _: granted(f"token {len(peer.asked)}")
    return Exchange(Hop(peer.url))


def granted(token: str, seconds: int = 600) -> tuple[int, dict[str, str], bytes]:
    return (
        200,
        {"Content-Type": "application/json"},
        json.dumps({"access_token": token, "expires_in": seconds}).encode(),
    )


def test_a_password_is_asked_for_once(peer: Any, exchange: Exchange) -> None:
    assert [exchange.password("ada", "word", "192.0.2.1") for _ in range(3)] == ["token 1"] * 3
    assert (peer.asked[0].method, peer.asked[0].path) == ("POST", "/-/exchange")
    assert json.loads(peer.asked[0].body) == {"username": "ada", "password": "word", "address": "192.0.2.1"}
    assert len(peer.asked) == 1


def test_name_and_password_are_not_run_together(peer: Any, exchange: Exchange) -> None:
    found = [exchange.password(*pair, "") for pair in (("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", ""))]
    assert found == ["token 1", "token 2", "token 3", "token 4"]


def test_nothing_is_kept_in_the_clear(exchange: Exchange) -> None:
    exchange.password("ada", "sesame", "")
    (mark,) = exchange._kept._entries
    assert isinstance(mark, bytes)
    assert b"sesame" not in mark
    assert len(mark) == 32


def test_what_was_exchanged_is_forgotten_on_a_revocation(exchange: Exchange) -> None:
    exchange.password("ada", "word", "")
    exchange.forget()
    assert exchange.password("ada", "word", "") == "token 2"


@pytest.mark.parametrize("seconds, kept_for", [(600, 60), (60, 30)])
def test_a_token_is_remembered_a_minute_or_half_its_life(
    peer: Any, exchange: Exchange, monkeypatch: pytest.MonkeyPatch, seconds: int, kept_for: int
) -> None:
    clock = Clock()
    monkeypatch.setattr(exchange_module, "time", clock)
    peer.answer = lambda _: granted(f"token {len(peer.asked)}", seconds)
    assert exchange.password("ada", "word", "") == "token 1"
    clock.now += kept_for - 1
    assert exchange.password("ada", "word", "") == "token 1"
    clock.now += 2
    assert exchange.password("ada", "word", "") == "token 2"


def test_a_refusal_is_passed_on_and_not_remembered(peer: Any, exchange: Exchange) -> None:
    refused = Problem("TRV105", "Too many", headers={"Retry-After": "4"})
    peer.answer = lambda _: (429, {"Content-Type": PROBLEM_TYPE}, encode_problem(refused))
    for _ in range(2):
        with pytest.raises(Problem) as caught:
            exchange.password("ada", "wrong", "")
        assert (caught.value.code, caught.value.status) == ("TRV105", 429)
        assert caught.value.headers == {"Retry-After": "4"}
    assert len(peer.asked) == 2


def test_a_key_that_was_refused_is_not_asked_for_again_at_once(
    peer: Any, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(exchange_module, "time", clock)
    refused = Problem("TRV201", "Invalid API key")
    peer.answer = lambda _: (401, {"Content-Type": PROBLEM_TYPE}, encode_problem(refused))
    for _ in range(3):
        with pytest.raises(Problem, match="Invalid API key"):
            exchange.key("tvk_x", "")
    assert len(peer.asked) == 1
    peer.answer = lambda _: granted("token")
    clock.now += 3
    assert exchange.key("tvk_x", "") == "token"


@pytest.mark.parametrize("pair", [("anything", "tvk_x"), ("tvk_x", "")])
def test_an_api_key_in_the_place_of_a_password(peer: Any, exchange: Exchange, pair: tuple[str, str]) -> None:
    assert exchange.password(*pair, "192.0.2.1") == "token 1"
    assert json.loads(peer.asked[0].body) == {"key": "tvk_x", "address": "192.0.2.1"}


def test_an_answer_that_is_none_is_an_outage(peer: Any, exchange: Exchange) -> None:
    peer.answer = lambda _: (500, {"Content-Type": "text/html"}, b"<h1>Oops</h1>")
    with pytest.raises(Problem) as caught:
        exchange.password("ada", "word", "")
    assert (caught.value.code, caught.value.status) == ("TRV107", 503)


def test_auth_away_is_an_outage() -> None:
    with pytest.raises(Problem) as caught:
        Exchange(Hop("unix:/nonexistent", connect_patience=0.0)).password("ada", "word", "")
    assert caught.value.code == "TRV107"
