"""One measurement: a workload at a system under load, and what each side of it used meanwhile."""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench import load, store
from bench.answers import canonical
from bench.processes import cpu_seconds
from bench.system import Running, System
from bench.workloads import WRITES, Draw, Request, draws

_DRAWS = 10_000
_WARM_CONNECTIONS = 16


@dataclass(frozen=True)
class Sample:
    """A measurement. ``cpu`` and ``database_cpu`` are seconds of CPU in all, ``cpu`` by part of the API tier."""

    system: str
    workload: str
    connections: int
    requests: int
    seconds: float
    p50: float
    p99: float
    errors: int
    cpu: Mapping[str, float]
    database_cpu: float

    @property
    def cpu_per_request(self) -> float:
        """CPU seconds of the API tier for one request."""
        return sum(self.cpu.values()) / self.requests

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


class Bench:
    """Measures systems that are running, beside a database whose first process is ``database_head``."""

    def __init__(self, running: Mapping[str, Running], systems: Sequence[System], database_head: int) -> None:
        self._running = running
        self._systems = {system.name: system for system in systems}
        self._database_head = database_head
        self._warm: set[tuple[str, str]] = set()  # systems and workloads whose answers are kept by now

    def verify(self, workload: str) -> list[str]:
        """Ask each system the same and compare the content; the names of those that serve the workload.

        Raises `AssertionError` with both answers where they differ.
        """
        serving = [name for name, system in self._systems.items() if workload in system.requests]
        for draw in draws(3):
            expected = None
            for name in serving:
                found = self._written(name, workload, draw) if workload in WRITES else self._read(name, workload, draw)
                expected = found if expected is None else expected
                assert found == expected, f"{workload}: {serving[0]} answers {expected}\n{name} answers {found}"[:9000]
        return serving

    def sample(self, name: str, workload: str, connections: int, seconds: int) -> Sample:
        """Load one system for so long, at so many connections."""
        system, running = self._systems[name], self._running[name]
        with request_file(running, [system.requests[workload](draw) for draw in draws(_DRAWS)]) as file:
            if workload in WRITES:  # nothing that was kept holds any more
                self._warm = {(other, kept) for other, kept in self._warm if other != name}
            elif system.warm_seconds and (name, workload) not in self._warm:
                load.send(running.base_url, file, _WARM_CONNECTIONS, system.warm_seconds)
                self._warm.add((name, workload))
            return self.sample_file(name, workload, file, connections, seconds)

    def sample_file(self, name: str, workload: str, file: Path, connections: int, seconds: int) -> Sample:
        """The same with requests that stand in a file."""
        running = self._running[name]
        before, database_before = _cpu(running), cpu_seconds(self._database_head)
        found = load.send(running.base_url, file, connections, seconds)
        after, database_after = _cpu(running), cpu_seconds(self._database_head)
        if workload in WRITES:
            store.forget_inserts(running.database)
        used = {part: after[part] - before[part] for part in after}
        return Sample(
            name,
            workload,
            connections,
            found.requests,
            found.seconds,
            found.p50,
            found.p99,
            found.errors,
            used,
            database_after - database_before,
        )

    def _read(self, name: str, workload: str, draw: Draw) -> object:
        status, body = self._running[name].ask(self._systems[name].requests[workload](draw))
        assert status == 200, f"{name} answers {workload} with {status}: {body[:500]!r}"
        return canonical(body)

    def _written(self, name: str, workload: str, draw: Draw) -> object:
        running = self._running[name]
        status, body = running.ask(self._systems[name].requests[workload](draw))
        assert status in (200, 201), f"{name} answers {workload} with {status}: {body[:500]!r}"
        if body:
            canonical(body)
        try:
            return _inserted(running.database)
        finally:
            store.forget_inserts(running.database)


@contextmanager
def request_file(running: Running, requests: Iterable[Request]) -> Iterator[Path]:
    """The requests in a file for `load`, for the time of a ``with``."""
    with tempfile.NamedTemporaryFile(prefix="tvb-") as file:
        credential = running.credential()
        load.write(Path(file.name), (request.text(running.host, credential) for request in requests))
        yield Path(file.name)


def _cpu(running: Running) -> dict[str, float]:
    return {part: cpu_seconds(head) for part, head in running.parts.items()}


def _inserted(database: str) -> list[tuple[object, ...]]:
    """The orders that were not there at first, without what differs each time."""
    query = f"select customer_id, status, cast(total as float), note, branch from orders where id > {store.ORDERS}"
    if database.startswith("postgresql:"):
        with psycopg.connect(database) as connection:
            return connection.execute(query.encode()).fetchall()
    file = sqlite3.connect(database, timeout=30)
    try:
        return file.execute(query).fetchall()
    finally:
        file.close()
