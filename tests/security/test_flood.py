"""A flood of wrong logins on all doors leaves the right ones alone, and each costs one password hash at most."""

import itertools
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.fixtures.suite import DEMO_PASSWORD, ROOT, Suite
from tests.security.flooding import DOORS, VICTIM, Line, request
from tests.security.house import House

ADDRESSES, CONNECTIONS = 6, 160
ROUNDS = 2
HOME = "198.51.100.7"  # from where the owner of the attacked account logs in
OTHER = "admin@example.com"  # of whom the flood knows nothing
_TRIES = 60


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A running suite behind a proxy, which says for whom it asks."""
    with Suite(settings={"TRUSTED_PROXIES": "127.0.0.1"}) as suite:
        yield House(suite)


def hashes(house: House) -> int:
    """How many password hashes auth has made so far, by its own count."""
    text = house.send("auth", "GET", "/metrics", {}).text
    return sum(
        int(float(line.split()[1])) for line in text.splitlines() if line.startswith("trivet_password_hashes_total")
    )


def spellings(name: str) -> Iterator[str]:
    """The same address in ever other letters, so that no facade remembers it."""
    for number in itertools.count():
        yield "".join(letter.upper() if number >> place & 1 else letter for place, letter in enumerate(name))


def test_a_login_costs_one_hash(house: House) -> None:
    """A right one and a wrong one, of an account and of nobody, at each door."""
    line, names = Line(house.suite.port), spellings("customer@example.com")
    for number, door in enumerate(DOORS):
        for name, password, status in (
            (next(names), DEMO_PASSWORD, 200), (next(names), "wrong", 401), ("nobody@example.com", "wrong", 401),
        ):  # fmt: skip
            before = hashes(house)
            assert line.ask(request(door, name, password, f"192.0.2.{number}"))[0] == status
            assert hashes(house) - before == 1, (door, name)


def test_a_flood_does_not_stop_right_logins(house: House) -> None:
    """Of the account that is attacked, from where its owner logs in: at the first try, at every door. Of another, from
    an address that was never seen: as soon as there is room, as `Retry-After` says.
    """
    line, mine, others = Line(house.suite.port), spellings(VICTIM), spellings(OTHER)
    assert line.ask(request("login", next(mine), DEMO_PASSWORD, HOME))[0] == 200
    before, right, tries = hashes(house), 0, 0
    words = [sys.executable, "-m", "tests.security.flooding", *map(str, (house.suite.port, ADDRESSES, CONNECTIONS))]
    began = time.monotonic()
    flood = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        until_it_flows(house, before)
        for number, door in itertools.product(range(ROUNDS), DOORS):
            status, answer = line.ask(request(door, next(mine), DEMO_PASSWORD, HOME))
            assert status == 200, (door, answer)
            tries += until_let_in(line, door, next(others), f"198.51.100.{number * 10 + DOORS.index(door) + 20}")
            right += 2
    finally:
        output, _ = flood.communicate("")
    seconds = time.monotonic() - began
    answers = {door: Counter(found) for door, found in json.loads(output).items()}
    whole = sum(answers.values(), Counter())
    made = hashes(house) - before
    print(
        f"\n{whole.total() / seconds:.0f} wrong logins a second, {made} hashes, {tries} tries of {right // 2} strangers"
    )
    for door, found in answers.items():
        assert found["200"] == 0, door
        assert found["401"], door
        assert found["429"] + found["503"], door
    unclear = whole.total() - whole["401"] - whole["429"] - whole["503"]  # cut off, or past a time limit
    assert whole["401"] + right <= made <= whole["401"] + right + unclear


def until_it_flows(house: House, before: int) -> None:
    deadline = time.monotonic() + 60
    while hashes(house) - before < 20:
        assert time.monotonic() < deadline, "the flood never came"
        time.sleep(0.1)


def until_let_in(line: Line, door: str, name: str, address: str) -> int:
    """How many tries it took."""
    for tries in range(1, _TRIES):
        status, answer = line.ask(request(door, name, DEMO_PASSWORD, address))
        if status == 200:
            return tries
        assert status in (429, 503), (door, answer)
        time.sleep(1)
    raise AssertionError(f"{door} never let the right one in")
