"""Revocations: what was ended is covered, nothing else, and not for ever."""

import json
import threading
import time
from typing import Any

import pytest
from chassis.hop import Hop
from chassis.revocations import Revocations
from contracts.problems import Problem


def told(cursor: int, *revoked: dict[str, object], **more: object) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps({"cursor": cursor, "revoked": revoked, **more}).encode()


@pytest.fixture
def nobody() -> Revocations:
    return Revocations(Hop("unix:/nonexistent", connect_patience=0.0))


def test_a_session_is_covered_and_no_other(nobody: Revocations) -> None:
    nobody.note({"session": "s1"})
    assert nobody.covers({"sid": "s1", "sub": "a", "iat": 5})
    assert not nobody.covers({"sid": "s2", "sub": "a", "iat": 5})
    assert not nobody.covers({"sub": "a", "iat": 5})
    assert not nobody.covers({})


def test_a_subject_is_covered_up_to_a_time(nobody: Revocations) -> None:
    nobody.note({"subject": "a", "before": 100})
    nobody.note({"subject": "a", "before": 50})
    assert nobody.covers({"sub": "a", "iat": 99})
    assert not nobody.covers({"sub": "a", "iat": 100})
    assert not nobody.covers({"sub": "b", "iat": 99})


def test_a_subject_without_a_time_is_covered_up_to_now(nobody: Revocations) -> None:
    nobody.note({"subject": "a"})
    assert nobody.covers({"sub": "a", "iat": time.time() - 1})
    assert not nobody.covers({"sub": "a", "iat": time.time() + 1})


def test_each_look_goes_on_from_the_cursor(peer: Any) -> None:
    revocations, now = Revocations(Hop(peer.url)), time.time()
    peer.answer = lambda _: told(7, {"session": "s1"}, {"subject": "a", "before": now})
    revocations.fetch()
    peer.answer = lambda _: told(9)
    revocations.fetch()
    assert [asked.path for asked in peer.asked] == ["/-/revocations?after=0", "/-/revocations?after=7"]
    assert revocations.covers({"sid": "s1"})
    assert revocations.covers({"sub": "a", "iat": now - 1})


def test_what_is_known_holds_while_auth_is_away(peer: Any) -> None:
    revocations = Revocations(Hop(peer.url))
    peer.answer = lambda _: told(1, {"session": "s1"})
    revocations.fetch()
    assert revocations.current
    for answer in ((503, {}, b""), (200, {}, b"nonsense")):
        peer.answer = lambda _, answer=answer: answer
        revocations.fetch()
        assert not revocations.current
        assert revocations.covers({"sid": "s1"})


def test_what_can_matter_no_more_is_forgotten(peer: Any) -> None:
    revocations = Revocations(Hop(peer.url))
    now = time.time()
    peer.answer = lambda _: told(1, {"session": "s1"}, {"subject": "a", "before": now}, life=3600)
    revocations.fetch()
    assert revocations.covers({"sid": "s1"})
    assert revocations.covers({"sub": "a", "iat": now - 1})
    peer.answer = lambda _: told(1, life=-1)
    revocations.fetch()
    assert not revocations.covers({"sid": "s1"})
    assert not revocations.covers({"sub": "a", "iat": now - 1})


def test_the_thread_looks_at_once_when_told_to(peer: Any) -> None:
    looked = threading.Semaphore(0)

    def answer(_: object) -> tuple[int, dict[str, str], bytes]:
        looked.release()
        return told(1)

    peer.answer = answer
    revocations = Revocations(Hop(peer.url))
    revocations.start()
    assert looked.acquire(timeout=10)
    revocations.look_again()
    assert looked.acquire(timeout=10)


def test_a_process_that_began_just_now_knows_what_was_ended_before_it_lets_in_anybody(peer: Any) -> None:
    """However soon the first token comes, and however late the thread."""
    begun, go_on = threading.Semaphore(0), threading.Event()

    def answer(_: object) -> tuple[int, dict[str, str], bytes]:
        begun.release()
        return told(1, {"session": "s1"}) if go_on.is_set() else (503, {}, b"")

    peer.answer = answer
    revocations = Revocations(Hop(peer.url))
    revocations.start()
    assert begun.acquire(timeout=10)
    with pytest.raises(Problem) as caught:
        revocations.require_known()
    assert (caught.value.code, caught.value.status) == ("TRV107", 503)
    go_on.set()
    revocations.require_known()
    assert revocations.covers({"sid": "s1"})
