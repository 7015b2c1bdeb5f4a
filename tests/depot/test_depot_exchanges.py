"""REST answers as a client of PostgREST expects: the exchanges of this folder, each with status, headers and body."""

import re
from pathlib import Path

import pytest

from tests.depot.exchange import cases

HERE = Path(__file__).parent
FOUND = {path.stem: cases(path) for path in sorted(HERE.glob("*.http"))}
WRITES = ("deletes", "inserts", "updates", "upserts")
LITE = set(re.findall(r'^create table "?(\w+)', (HERE / "depot_lite.sql").read_text(), re.MULTILINE))
# who may do everything has no grants to lack, and no role of the database
GRANTED = {"accounts", "articles", "few_stars", "drop_only", "own_rows"}
# SQLite doesn't say which value was there
NOT_LITE = {"inserts: a key that is there", "inserts: a unique value that is there"}


def chosen():
    """Each case in the places where it means something."""
    for stem, found in FOUND.items():
        for title, exchanges in found:
            tables = {re.split(r"[?/ ]", one.asked.first.split(" /", 1)[1])[0] for one in exchanges}
            yield pytest.param("hub", exchanges, id=f"{title} (hub)")
            if stem in ("functions", "headers"):
                yield pytest.param("threads", exchanges, id=f"{title} (threads)")
            if stem in WRITES and not tables & (GRANTED | {"rpc"}):
                yield pytest.param("policies", exchanges, id=f"{title} (policies)")
            if stem in WRITES and tables <= LITE and title not in NOT_LITE:
                yield pytest.param("sqlite", exchanges, id=f"{title} (sqlite)")


@pytest.mark.parametrize(("place", "exchanges"), list(chosen()))
def test_exchange(depots, place, exchanges):
    for exchange in exchanges:
        exchange.hold(depots[place])
