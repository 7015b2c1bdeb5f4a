"""The map with a bound: what it keeps, what goes, and what it counts."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from chassis import bounded
from chassis.bounded import Bounded
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

STEPS = st.lists(st.tuples(st.sampled_from(["get", "put", "pop", "clear"]), st.integers(0, 6)), max_size=60)


@given(steps=STEPS, bound=st.integers(1, 4))
def test_the_least_recently_used_goes_first(steps: list[tuple[str, int]], bound: int) -> None:
    """A list of entries in the order of their use says what must be kept."""
    kept: Bounded[int, str] = Bounded(bound)
    model: list[int] = []
    for verb, key in steps:
        if verb == "get":
            assert kept.get(key) == (str(key) if key in model else None)
            model += [model.pop(model.index(key))] if key in model else []
        elif verb == "put":
            model = [other for other in model if other != key] + [key]
            assert kept.put(key, str(key)) is (len(model) > bound)
            model = model[-bound:]
        elif verb == "pop":
            kept.pop(key)
            model = [other for other in model if other != key]
        else:
            kept.clear()
            model = []
        assert len(kept) == len(model)
    assert [key for key in range(7) if kept.get(key) is not None] == sorted(model)


def test_a_named_map_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "_TELL", 0.0)
    kept: Bounded[str, int] = Bounded(1, name="of_this_test")
    for key in ("a", "b"):
        assert kept.get(key) is None
        kept.put(key, 1)
    assert kept.get("b") == 1

    def counted(event: str) -> float | None:
        return REGISTRY.get_sample_value("trivet_map_lookups_total", {"map": "of_this_test", "event": event})

    assert (counted("hit"), counted("miss"), counted("evicted")) == (1, 2, 1)


def test_numbers_wait_to_be_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "time", SimpleNamespace(monotonic=iter([10.0, 10.5, 10.9, 11.0]).__next__))
    kept: Bounded[str, int] = Bounded(1, name="of_that_test")
    kept.put("a", 1)
    labels = {"map": "of_that_test", "event": "hit"}
    told = []
    for _ in range(4):
        kept.get("a")
        told.append(REGISTRY.get_sample_value("trivet_map_lookups_total", labels))
    assert told == [1, 1, 1, 4]


def test_threads_share_it() -> None:
    kept: Bounded[int, int] = Bounded(8)

    def wrong(start: int) -> list[int]:
        found = []
        for step in range(5000):
            key = (start + step * 7) % 24
            kept.put(key, key)
            other = (key + 3) % 24
            if kept.get(other) not in (None, other):
                found.append(other)
        return found

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(wrong, range(4))) == [[]] * 4
    assert len(kept) == 8
