"""Narrowed roles: names of their own, from which nothing but what was narrowed can be read."""

import pytest
from contracts.identity import is_scope, narrowed, unnarrowed


def test_a_role_without_a_scope_stays_itself() -> None:
    assert narrowed("clerk", None) == "clerk"
    assert unnarrowed("clerk") == ("clerk", None)


@pytest.mark.parametrize("scope", [["orders"], ["b", "a", "a"], [], ["odd Name.s", 'a"b\\', "日本", "x:read", "\n"]])
def test_a_scope_comes_back(scope: list[str]) -> None:
    assert unnarrowed(narrowed("clerk", scope)) == ("clerk", frozenset(scope))


def test_the_same_scope_is_the_same_role() -> None:
    assert narrowed("clerk", ["a", "b"]) == narrowed("clerk", ["b", "a", "b"])
    assert len({narrowed("clerk", scope) for scope in (None, [], ["a"], ["a:read"], ["a", "b"])}) == 5


@pytest.mark.parametrize("name", ["clerk ", "clerk x", "clerk {}", "clerk [1]", 'clerk "orders"', 'clerk ["a"'])
def test_what_nobody_made_opens_nothing(name: str) -> None:
    assert unnarrowed(name) == ("clerk", frozenset())


@pytest.mark.parametrize("found", ["orders", {"orders": 1}, [1], [None], [["a"]], 1, None])
def test_what_is_no_scope(found: object) -> None:
    assert not is_scope(found)
