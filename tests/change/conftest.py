"""Databases that change, go away and come back under a running suite."""

import time

import pytest


@pytest.fixture(scope="session")
def until():
    """Wait until something holds; the suite's own limits are far below the patience here."""

    def wait(holds, what):
        deadline = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < deadline, what
            time.sleep(0.05)

    return wait
