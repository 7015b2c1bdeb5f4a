"""The public keys: fetched, kept, asked for again, and served on while auth is away."""

import json
import time
from typing import Any

import jwt
import pytest
from chassis import keys as keys_module
from chassis.hop import Hop
from chassis.keys import JWKS_PATH, KeySet
from contracts.problems import Problem
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key


def jwks(*ids: str) -> tuple[int, dict[str, str], bytes]:
    keys = []
    for key_id in ids:
        public = generate_private_key(SECP256R1()).public_key()
        keys.append({**jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True), "kid": key_id, "alg": "ES256"})
    return 200, {}, json.dumps({"keys": keys}).encode()


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(keys_module, "time", found)
    return found


def test_a_key_is_fetched_once_and_kept(peer: Any) -> None:
    peer.answer = lambda _: jwks("one", "two")
    keys = KeySet(Hop(peer.url))
    assert keys.find("one") is keys.find("one")
    assert keys.find("two") is not keys.find("one")
    assert [asked.path for asked in peer.asked] == [JWKS_PATH]


def test_an_unknown_key_asks_again_but_not_at_every_look(peer: Any, clock: Clock) -> None:
    peer.answer = lambda _: jwks("one")
    keys = KeySet(Hop(peer.url))
    keys.find("one")
    for _ in range(3):
        with pytest.raises(Problem) as caught:
            keys.find("new")
        assert (caught.value.code, caught.value.status) == ("PGRST301", 401)
    assert len(peer.asked) == 1
    clock.now += 6
    peer.answer = lambda _: jwks("one", "new")
    assert keys.find("new") is not None
    assert len(peer.asked) == 2


def test_a_rotation_that_is_announced_is_seen_at_once(peer: Any) -> None:
    peer.answer = lambda _: jwks("one")
    keys = KeySet(Hop(peer.url))
    keys.find("one")
    peer.answer = lambda _: jwks("two")
    keys.forget_age()
    assert keys.find("two") is not None
    with pytest.raises(Problem):
        keys.find("one")


def test_a_retired_key_goes_by_itself(peer: Any, clock: Clock) -> None:
    peer.answer = lambda _: jwks("old")
    keys = KeySet(Hop(peer.url))
    keys.find("old")
    peer.answer = lambda _: jwks("new")
    clock.now += 301
    with pytest.raises(Problem):
        keys.find("old")


def test_known_keys_serve_on_while_auth_is_away(peer: Any, clock: Clock) -> None:
    peer.answer = lambda _: jwks("one")
    keys = KeySet(Hop(peer.url))
    keys.find("one")
    peer.answer = lambda _: (503, {}, b"")
    clock.now += 301
    assert keys.find("one") is not None


@pytest.mark.parametrize("answer", [(500, {}, b""), (200, {}, b"not json")])
def test_no_keys_at_all_is_an_outage(peer: Any, answer: tuple[int, dict[str, str], bytes]) -> None:
    peer.answer = lambda _: answer
    with pytest.raises(Problem) as caught:
        KeySet(Hop(peer.url)).find("one")
    assert (caught.value.code, caught.value.status) == ("TRV107", 503)


def test_in_an_outage_not_every_request_waits(peer: Any, clock: Clock) -> None:
    peer.answer = lambda _: (500, {}, b"")
    keys = KeySet(Hop(peer.url))
    for _ in range(5):
        with pytest.raises(Problem, match="auth does not answer"):
            keys.find("one")
    assert len(peer.asked) == 1
    clock.now += 2
    peer.answer = lambda _: jwks("one")
    assert keys.find("one") is not None
