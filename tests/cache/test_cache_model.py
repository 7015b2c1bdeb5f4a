"""The result cache's protocol keeps its promise in every interleaving, and simpler ones don't."""

import importlib.util
import sys
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("cache_model", Path(__file__).with_name("model.py"))
model = importlib.util.module_from_spec(_spec)
sys.modules["cache_model"] = model
_spec.loader.exec_module(model)
Protocol, World, check = model.Protocol, model.World, model.check


@pytest.mark.parametrize(
    "world",
    [
        World(writes=1),
        World(lanes=(0, 0), writes=1),
        World(lanes=(0,), writes=2, crashes=2),
    ],
    ids=["two processes", "two threads of a process", "a process that dies twice"],
)
def test_no_answer_is_older_than_a_told_write_or_answer(world):
    outcome = check(Protocol(), world)
    assert outcome.trace is None
    assert outcome.states > 1000


@pytest.mark.parametrize(
    "protocol",
    [
        Protocol(steps=("send", "load", "store", "acknowledge"), at_rest=False),
        Protocol(steps=("load", "store", "send", "load", "store", "acknowledge"), at_rest=False),
        Protocol(steps=("bump", "send", "bump", "acknowledge"), at_rest=False),
        Protocol(steps=("send", "begin", "settle", "acknowledge")),
        Protocol(at_rest=False),
        Protocol(copies_first=False),
        Protocol(waits=False),
    ],
    ids=[
        "a shared count after the commit",
        "a shared count before and after the commit",
        "a count of one's own before and after the commit, and no mark",
        "the mark comes after the commit",
        "answers over marked words are kept",
        "the versions are copied after the snapshot",
        "the successor does not wait for the dead",
    ],
)
def test_a_protocol_that_lacks_one_of_its_rules_breaks_the_promise(protocol):
    outcome = check(protocol, World(writes=1))
    assert outcome.trace is not None
    assert "answer from what it kept" in outcome.trace[-1]


def test_an_acknowledgement_need_not_wait_until_the_mark_is_gone():
    """A marked word is no version that anything was kept under."""
    late = Protocol(steps=("begin", "send", "acknowledge", "settle"))
    assert check(late, World(lanes=(0, 0), writes=1)).trace is None
