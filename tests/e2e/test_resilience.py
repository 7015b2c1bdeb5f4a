"""What a lost process costs: its service for some seconds, and nothing else."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
import requests

from tests.fixtures.suite import Suite

READS = {
    "rest": lambda url, headers: requests.get(f"{url}/rest/v1/orders?limit=1", headers=headers, timeout=30),
    "graphql": lambda url, headers: requests.post(
        f"{url}/graphql", json={"query": "{ orders(limit: 1) { id } }"}, headers=headers, timeout=30
    ),
    "soap": lambda url, headers: requests.get(f"{url}/soap/v1?wsdl", headers=headers, timeout=30),
    "auth": lambda url, headers: requests.get(f"{url}/auth/v1/user", headers=headers, timeout=30),
    "gateway": lambda url, headers: requests.get(f"{url}/", headers=headers, timeout=30),
}


@pytest.fixture(scope="module")
def suite():
    with Suite() as running:
        yield running


class Traffic(threading.Thread):
    """Asks one service over and over, and keeps the statuses."""

    def __init__(self, ask):
        super().__init__(daemon=True)
        self.ask = ask
        self.statuses = []
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            try:
                self.statuses.append(self.ask().status_code)
            except requests.ConnectionError:
                self.statuses.append(0)
            time.sleep(0.02)


@pytest.mark.parametrize("victim", ["rest", "graphql", "soap", "auth", "data", "gateway", "redis"])
def test_a_killed_service_is_back_and_others_keep_answering(suite, victim):
    headers = {"Authorization": f"Bearer {suite.token('clerk@example.com')}"}
    url = suite.base_url
    for ask in READS.values():
        assert ask(url, headers).status_code == 200
    streams = {name: Traffic(lambda ask=ask: ask(url, headers)) for name, ask in READS.items()}
    for stream in streams.values():
        stream.start()
    time.sleep(0.2)
    os.kill(suite.process_id(victim), signal.SIGKILL)
    hit = READS.get(victim, READS["rest"])
    time.sleep(0.5)
    deadline = time.monotonic() + 30
    while hit(url, headers).status_code != 200 or requests.get(f"{url}/readyz", timeout=10).json()["status"] != "ok":
        assert time.monotonic() < deadline, f"{victim} is not back"
        time.sleep(0.1)
    for stream in streams.values():
        stream.over.set()
        stream.join(60)
    for name, stream in streams.items():
        assert stream.statuses
        if name == victim or (victim == "data" and name in ("rest", "graphql", "soap")):
            assert set(stream.statuses) <= {200, 502, 503, 504}, name
        else:
            assert set(stream.statuses) == {200}, name


def test_a_killed_worker_is_back(suite):
    headers = {"Authorization": f"Bearer {suite.token('clerk@example.com')}"}
    head = suite.process_id("data")
    children = [int(pid) for pid in Path(f"/proc/{head}/task/{head}/children").read_text().split()]
    os.kill(children[0], signal.SIGKILL)
    deadline = time.monotonic() + 30
    while READS["rest"](suite.base_url, headers).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_term_ends_all(suite):
    heads = [
        suite.process_id(name) for name in ("auth", "data", "rest", "graphql", "soap", "gateway", "nginx", "redis")
    ]
    assert suite.terminate() == 0
    deadline = time.monotonic() + 10
    while any(os.path.exists(f"/proc/{pid}") for pid in heads):
        assert time.monotonic() < deadline
        time.sleep(0.05)
