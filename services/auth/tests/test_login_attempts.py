"""Guessing is made slow, with Redis and without."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from auth_service.admission import Admission
from auth_service.attempts import Attempts, Limits
from auth_service.routes import EXTENSION
from chassis import events
from chassis.addresses import network
from contracts.problems import Problem
from flask import Flask
from flask.testing import FlaskClient

EMAIL, PASSWORD = "clerk@example.com", "correct horse"  # as the conftest makes it

LIMITS = Limits(free=4, delay=100, longest=250)


@pytest.fixture
def shared(redis_url: str) -> Iterator["redis.Redis"]:
    client = events.connect(redis_url)
    assert client is not None
    client.flushall()
    yield client
    client.close()


def tries(attempts: Attempts, count: int, account: str = "a", address: str = "1") -> list[int]:
    """The seconds to wait that each of so many attempts is told; 0 where it may go on."""
    return [_try(attempts, account, address) for _ in range(count)]


def _try(attempts: Attempts, account: str, address: str) -> int:
    try:
        with attempts.one(account, address):
            return 0
    except Problem as problem:
        if (problem.code, problem.status) != ("TRV105", 429):
            raise
        return int(problem.headers["Retry-After"])


def test_without_redis_half_as_many_are_free() -> None:
    attempts = Attempts(LIMITS, None)
    assert tries(attempts, 4) == [0, 0, 100, 100]
    assert tries(attempts, 1, account="b") == [0]
    assert tries(attempts, 1, address="2") == [0]


def test_with_redis_all_workers_count_together(shared: "redis.Redis") -> None:
    one, other = Attempts(LIMITS, shared), Attempts(LIMITS, shared)
    assert tries(one, 2) + tries(other, 3) == [0, 0, 0, 0, 100]
    assert tries(one, 1) == [100]
    assert tries(one, 1, account="b") == [0]


@pytest.mark.parametrize("kind", ["local", "shared"])
def test_delays_double_up_to_the_longest(kind: str, shared: "redis.Redis", monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = Attempts(Limits(4 if kind == "local" else 2, 100, 250), shared if kind == "shared" else None)
    now = 1000.0
    monkeypatch.setattr("auth_service.attempts.time.monotonic", lambda: now)
    waits = []
    for _ in range(6):
        wait = _try(attempts, "a", "1")
        waits.append(wait)
        now += wait
        if wait:
            shared.delete(*shared.keys("trivet:login:*:delay") or ["none"])
    assert waits == [0, 0, 100, 0, 200, 0]
    assert tries(attempts, 1) == [250]


def test_a_right_password_clears_the_count(shared: "redis.Redis") -> None:
    for attempts in (Attempts(LIMITS, None), Attempts(LIMITS, shared)):
        for _ in range(10):
            with attempts.one("a", "1") as mark:
                attempts.succeed(mark)
        assert tries(attempts, 1) == [0]


def test_a_redis_that_is_away_is_counted_without() -> None:
    attempts = Attempts(LIMITS, events.connect("unix:///nonexistent.sock"))
    assert tries(attempts, 3) == [0, 0, 100]


def test_an_account_is_delayed_from_one_address_only(client: FlaskClient) -> None:
    def attempt(password: str, address: str) -> int:
        body = {"email": EMAIL, "password": password}
        answer = client.post("/auth/v1/token?grant_type=password", json=body, headers={"X-Real-Ip": address})
        if answer.status_code == 429:
            assert answer.get_json()["code"] == "over_request_rate_limit"
            assert int(answer.headers["Retry-After"]) >= 1
        return answer.status_code

    assert [attempt("wrong", "192.0.2.1") for _ in range(3)] == [401, 401, 429]
    assert attempt(PASSWORD, "192.0.2.1") == 429
    assert attempt(PASSWORD, "192.0.2.2") == 200


def test_the_right_password_many_times_at_once_is_no_guessing(
    make_app: Callable[..., Flask], account_id: str, redis_url: str
) -> None:
    app = make_app(redis_url=redis_url)

    def exchange(_: int) -> int:
        body = {"username": EMAIL, "password": PASSWORD, "address": "192.0.2.9"}
        return app.test_client().post("/-/exchange", json=body).status_code

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(exchange, range(24))) == {200}


WIDE = Limits(free=6, delay=100, longest=100)


@pytest.mark.parametrize("kind", ["local", "shared"])
def test_guesses_from_many_addresses_delay_strangers_only(kind: str, shared: "redis.Redis") -> None:
    attempts = Attempts(LIMITS, shared if kind == "shared" else None, WIDE)
    with attempts.one("a", "home") as attempt:
        attempts.succeed(attempt)
    guesses = [_try(attempts, "a", f"192.0.2.{number}") for number in range(12)]
    assert guesses[:3] == [0, 0, 0]
    assert set(guesses[6:]) == {100}
    assert _try(attempts, "a", "home") == 0  # its owner is not locked out
    assert _try(attempts, "b", "192.0.2.99") == 0


def test_one_address_can_t_try_all_accounts(shared: "redis.Redis") -> None:
    attempts = Attempts(LIMITS, shared, WIDE)
    for account in ("familiar", "other"):
        with attempts.one(account, "office") as attempt:
            attempts.succeed(attempt)
    guesses = [_try(attempts, f"name{number}", "office") for number in range(10)]
    assert guesses == [0] * 6 + [100] * 4
    assert _try(attempts, "familiar", "office") == 0
    assert _try(attempts, "name99", "elsewhere") == 0


def test_right_passwords_don_t_count_against_an_address(shared: "redis.Redis") -> None:
    attempts = Attempts(LIMITS, shared, WIDE)
    for number in range(20):
        with attempts.one(f"name{number}", "office") as attempt:
            attempts.succeed(attempt)
    assert _try(attempts, "another", "office") == 0


def test_addresses_of_one_ipv6_client_count_together() -> None:
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert network("2001:db8:1:3::1") != network("2001:db8:1:2::1")
    assert network("::ffff:192.0.2.1") == "192.0.2.1"
    assert network("::1") == "::/64"
    assert network("unknown") == "unknown"


def test_a_flood_of_strangers_leaves_room_for_who_is_known() -> None:
    admission = Admission(1)
    with admission.one(familiar=False):
        for _ in range(3):
            with pytest.raises(Problem, match="Too many logins"), admission.one(familiar=False):
                pass
        with admission.one(familiar=True):
            pass
    with admission.one(familiar=False):
        pass


def test_a_flood_of_wrong_logins_does_not_stop_right_ones(
    make_app: Callable[..., Flask], account_id: str, redis_url: str, shared: "redis.Redis"
) -> None:
    app = make_app(redis_url=redis_url)

    def attempt(email: str, password: str, address: str) -> int:
        body = {"email": email, "password": password}
        headers = {"X-Real-Ip": address}
        return app.test_client().post("/auth/v1/token?grant_type=password", json=body, headers=headers).status_code

    assert attempt(EMAIL, PASSWORD, "198.51.100.1") == 200
    stop = False
    seen: set[int] = set()

    def flood(worker: int) -> None:
        number = 0
        while not stop:
            number += 1
            name = EMAIL if number % 2 else f"n{number}@example.com"
            seen.add(attempt(name, "wrong", f"10.{worker}.{number // 250}.{number % 250}"))

    with ThreadPoolExecutor(12) as pool:
        floods = [pool.submit(flood, worker) for worker in range(12)]
        try:
            right = [attempt(EMAIL, PASSWORD, "198.51.100.1") for _ in range(10)]
        finally:
            stop = True
        for one in floods:
            one.result()
    assert right == [200] * 10
    assert seen <= {401, 429, 503}
    assert 401 in seen


def test_addresses_with_wrong_logins_leave_a_place_and_don_t_wait() -> None:
    admission = Admission(2, waiting=1)
    for _ in range(3):
        admission.refused("192.0.2.1")
    with admission.one(False, "192.0.2.1"):
        with pytest.raises(Problem, match="Too many logins"), admission.one(False, "192.0.2.1"):
            pass
        with admission.one(False, "192.0.2.2"):
            pass
    with admission.one(False, "192.0.2.1"):
        pass


def test_a_stranger_waits_for_room() -> None:
    admission = Admission(1, waiting=1)
    order = []

    def come() -> None:
        with admission.one(False, "192.0.2.2"):
            order.append("second")

    with ThreadPoolExecutor(1) as pool:
        with admission.one(False, "192.0.2.1"):
            waiting = pool.submit(come)
            while not admission._waits:
                pass
            with pytest.raises(Problem, match="Too many logins"), admission.one(False, "192.0.2.3"):
                pass
            order.append("first")
        waiting.result(10)
    assert order == ["first", "second"]


@pytest.mark.parametrize("kind", ["local", "shared"])
def test_what_nobody_looked_at_is_no_wrong_password(kind: str, shared: "redis.Redis") -> None:
    """Else who tries again, as a busy server asked for, would lock themselves out."""
    attempts = Attempts(Limits(2, 100, 250), shared if kind == "shared" else None, Limits(2, 100, 250))
    for _ in range(10):
        with attempts.one("a", "1") as attempt:
            attempts.take_back(attempt)
    assert tries(attempts, 3) == ([0, 100, 100] if kind == "local" else [0, 0, 100])


def test_a_busy_server_s_no_is_no_wrong_password(make_app: Callable[..., Flask], account_id: str) -> None:
    app = make_app(login_attempts=2)
    client, admission = app.test_client(), app.extensions[EXTENSION].admission
    body = {"email": EMAIL, "password": PASSWORD}
    admission._inside, admission._line = 99, 0
    answers = [client.post("/auth/v1/token?grant_type=password", json=body).status_code for _ in range(5)]
    assert answers == [503] * 5
    admission._inside = 0
    assert client.post("/auth/v1/token?grant_type=password", json=body).status_code == 200
