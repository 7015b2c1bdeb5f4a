"""REST answers as a client of PostgREST expects: the exchanges of this folder, each with status, headers and body."""

from pathlib import Path

import pytest

from tests.depot.exchange import cases

FOUND = [case for path in sorted(Path(__file__).parent.glob("*.http")) for case in cases(path)]


@pytest.mark.parametrize("exchanges", [steps for _, steps in FOUND], ids=[title for title, _ in FOUND])
def test_exchange(depot, exchanges):
    for exchange in exchanges:
        exchange.hold(depot)
