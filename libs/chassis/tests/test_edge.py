"""The edge: what a service does when it hears that something changed."""

import threading

import pytest
from chassis import app, events
from chassis.app import Edge
from chassis.settings import ServiceSettings


def test_a_new_key_set_is_asked_for_at_once_and_again_once_auth_has_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What auth serves right after the event can be the old set still: keeping it would keep old tokens good."""
    monkeypatch.setattr(app, "_SETTLED", 0.01)
    edge = Edge(ServiceSettings(), exchanges=False)
    asked: list[str] = []
    twice = threading.Event()

    def forget() -> None:
        asked.append("again")
        if len(asked) == 2:
            twice.set()

    monkeypatch.setattr(edge._keys, "forget_age", forget)
    edge._hear(events.KEYS, {})
    assert asked
    assert twice.wait(10)
