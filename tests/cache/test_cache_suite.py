"""The whole suite with answers kept, written to from all sides while data's processes are killed: nobody is told an
older number than somebody was told before.

TRIVET_CACHE_SECONDS says for how long each of its forms is tried.
"""

import importlib.util
import os
import random
import sys
import time
from pathlib import Path

import apsw
import pytest

from tests.fixtures.suite import Suite

_spec = importlib.util.spec_from_file_location("cache_crowd", Path(__file__).with_name("crowd.py"))
crowd = importlib.util.module_from_spec(_spec)
sys.modules["cache_crowd"] = crowd
_spec.loader.exec_module(crowd)

SECONDS = float(os.environ.get("TRIVET_CACHE_SECONDS", "8"))
RULES = """
version: 1
cache: {only_writer: true}
resources: {}
# %s
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """A database of numbers."""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        return server.create_database(f"crowd_{time.monotonic_ns()}", crowd.POSTGRES)
    path = tmp_path / "numbers.db"
    connection = apsw.Connection(str(path))
    for _ in connection.execute(crowd.SQLITE):
        pass
    connection.close()
    return str(path)


@pytest.mark.parametrize("worker", ["hub", "gthread"])
def test_nothing_older_is_told_whoever_dies(database, worker, tmp_path):
    config = tmp_path / "trivet.yaml"
    config.write_text(RULES % "first")
    settings = {"TRIVET_WORKER": worker, "TRIVET_WORKERS": "2", "TRIVET_POLL_SECONDS": "1", "TRIVET_THREADS": "8"}
    chance = random.Random(7)
    with Suite(database, config=config, settings=settings) as suite:
        data = suite.process_id("data")
        with crowd.Crowd(suite.port, suite.admin_token()) as found:
            board, kills, end = found.board, 0, time.monotonic() + SECONDS
            while not board.faults and (time.monotonic() < end or not _tried(board, kills)):
                assert time.monotonic() < end + 90, f"too little happens: {kills} kills, {board}"
                if chance.random() < 0.2:
                    config.write_text(RULES % kills)
                kills += found.storm(data, chance)
        assert board.faults == []


def _tried(board, kills):
    """Whether enough has happened, and answers were kept in spite of it all."""
    return kills > 3 and board.writes > 20 and board.deletes > 5 and len(board.hits) > 4
