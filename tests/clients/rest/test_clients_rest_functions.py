"""postgrest-js calls functions, unmodified, through the gateway."""

from typing import Any

import pytest

from tests.clients.rest.conftest import Store


@pytest.fixture(scope="module")
def seen(small: Store, run_script: Any) -> dict[str, Any]:
    """What the client made of each answer."""
    return run_script("functions", small.environment)


@pytest.mark.parametrize(
    ("stop", "data"),
    [
        ("a value", 3),
        ("by GET", 11),
        ("an array by GET", "b c"),
        ("rows", [{"id": 1, "tags": ["a", "b"]}]),
        ("rows, filtered and sorted", [{"id": 3}, {"id": 2}]),
        ("one row", {"id": 2}),
        ("no row", None),
        ("csv", "id\n1\n2\n3"),
        ("felt now", {"feeling": "wild"}),
    ],
)
def test_what_comes_back(seen: dict[str, Any], stop: str, data: Any) -> None:
    assert (seen[stop]["error"], seen[stop]["data"]) == (None, data)


def test_counts(seen: dict[str, Any]) -> None:
    assert (seen["rows, counted"]["data"], seen["rows, counted"]["count"]) == ([{"id": 1}], 3)
    assert seen["rows, headers only"]["count"] == 3


def test_nothing_is_204(seen: dict[str, Any]) -> None:
    assert (seen["nothing"]["status"], seen["nothing"]["error"]) == (204, None)
    assert seen["undone again"]["status"] == 204


@pytest.mark.parametrize(
    ("stop", "status", "code", "hint"),
    [
        ("by GET what writes", 405, "25006", None),
        ("unknown", 404, "PGRST202", "Perhaps you meant to call the function public.add_up"),
        ("raised", 402, "PT402", "Bring money"),
    ],
)
def test_refusals(seen: dict[str, Any], stop: str, status: int, code: str, hint: str | None) -> None:
    error = seen[stop]["error"]
    assert (seen[stop]["status"], error["code"], error["hint"]) == (status, code, hint)
