"""CPU time of data's engine alone, in this process: W1 to W4 without any HTTP.

``python -m bench.engine [--count N]`` on SQLite, and on PostgreSQL where DATABASE_URL names an empty database.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from chassis.hub.loop import Hub
from contracts.identity import Caller, Principal
from contracts.operations import Value, encode
from data_service.engine import Engine
from data_service.execute.database import Database
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase
from data_service.sql.statements import Caps
from rest_service.request import Incoming, translate
from werkzeug.datastructures import Headers

from bench import store, suite
from bench.workloads import Request, draws

_CLERK = Principal(role="clerk", subject="1", roles=("clerk",), session={"x-hasura-branch": store.BRANCH})
_MEMORY = Path("/dev/shm")  # noqa: S108  (the wait for a disk would drown what is compared)
_AT_ONCE = 16  # greenlets that ask at the same time
_WORK = ("W1", "W2", "W3", "W4")
Asked = tuple[bytes, list[Value]]


def main() -> None:
    """Measure, and print one line for each database and way to run."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=3000, help="requests of each kind")
    count = options.parse_args().count
    print(f"{'CPU-µs per request':30}" + "".join(f"{name:>8}" for name in _WORK))
    for name, database in _databases():
        engine = Engine(database, config=suite.CONFIGURATION, caps=Caps(1000))
        engine.refresh()
        hub = Hub()
        for way, run in (("thread", _run_plainly), ("hub", partial(_run_in_greenlets, hub))):
            costs = [_cost(engine, _asked(work, count), run) for work in _WORK]
            print(f"{name + ', ' + way:30}" + "".join(f"{cost:8.1f}" for cost in costs))
        engine.close()
        hub.close()


def _databases() -> Iterator[tuple[str, Database]]:
    with tempfile.TemporaryDirectory(prefix="tvb-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        path = Path(folder) / "store.db"
        store.fill_sqlite(path)
        yield "SQLite", SqliteDatabase(path, size=4, limit=8.0)
    if url := os.environ.get("DATABASE_URL"):
        store.fill_postgres(url)
        yield "PostgreSQL", PostgresDatabase(url, size=4, limit=8.0)


def _asked(work: str, count: int) -> list[Asked]:
    """The operations, as rest asks them."""
    write = suite.system("trivet").requests[work]
    return [_operation(write(draw)) for draw in draws(count)]


def _operation(request: Request) -> Asked:
    address = urlsplit(request.path)
    headers = Headers(request.headers)
    asked = translate(Incoming(request.method, address.path.rpartition("/")[2], address.query, headers, request.body))
    return encode(asked.operation), asked.values


def _cost(engine: Engine, asked: list[Asked], run: Callable[[Engine, list[Asked]], None]) -> float:
    """Microseconds of CPU time, in all threads, per request."""
    run(engine, asked[:200])
    start = time.process_time()
    run(engine, asked)
    return (time.process_time() - start) / len(asked) * 1e6


def _run_plainly(engine: Engine, asked: list[Asked]) -> None:
    for text, values in asked:
        engine.execute_text(text, values, Caller(principal=_CLERK, deadline=time.monotonic() + 30))


def _run_in_greenlets(hub: Hub, engine: Engine, asked: list[Asked]) -> None:
    left = [asked[start::_AT_ONCE] for start in range(_AT_ONCE)]
    done: list[int] = []

    def work(part: list[Asked]) -> None:
        _run_plainly(engine, part)
        done.append(1)

    for part in left:
        hub.start(work, part)
    while len(done) < _AT_ONCE:
        hub.turn(1.0)


if __name__ == "__main__":
    main()
