"""A million rows in every format of rows: no process of the suite may hold more of them at the end than at first."""

import http.client
import sqlite3
import threading
import time
from pathlib import Path

import psycopg

from bench.processes import tree
from bench.soaking.watch import PARTS, resident
from tests.fixtures.suite import Suite

GROWTH_KIB = 32_768  # that a process may have more at its largest than when it was warm
_SCHEMA = "create table readings (id integer primary key, sensor text not null, value numeric(10,2), note text)"
_LIST = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><ListReadings xmlns="urn:trivet:v1">'
    "<page><limit>{}</limit></page></ListReadings></s:Body></s:Envelope>"
)
_FORMATS = ("text/csv", "application/x-ndjson", "application/xml", "SOAP")


def fill_postgres(url: str, rows: int) -> None:
    """The rows in PostgreSQL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_SCHEMA)
        connection.execute(
            "insert into readings select n, 'sensor ' || mod(n, 10), n / 100.0, 'a note of number ' || n"
            " from generate_series(1, %s) n",
            [rows],
        )


def fill_sqlite(path: Path, rows: int) -> str:
    """The rows in SQLite; the database's address."""
    with sqlite3.connect(path) as connection:
        connection.execute(_SCHEMA)
        connection.execute(
            "with recursive s(n) as (select 1 union all select n + 1 from s where n < ?) insert into readings"
            " select n, 'sensor ' || (n % 10), n / 100.0, 'a note of number ' || n from s",
            [rows],
        )
    connection.close()
    return f"sqlite:///{path}"


def run(suite: Suite, rows: int) -> list[str]:
    """Take all rows in every format; what is wrong with the answers or with memory, in words."""
    faults: list[str] = []
    for form in _FORMATS:
        _taken(suite, form, 20_000)  # what is made once is there then
    before = _sizes(suite)
    for form in _FORMATS:
        over, most = threading.Event(), dict(before)
        watch = threading.Thread(target=_watch, args=(suite, over, most))
        watch.start()
        begun = time.monotonic()
        size, found = _taken(suite, form, rows)
        over.set()
        watch.join()
        gained = {process: most[process] - before[process] for process in before}
        print(
            f"{form:>22}: {found} rows, {size / 1e6:.0f} MB in {time.monotonic() - begun:.1f} s; "
            f"at most {max(gained.values())} KiB more in a process",
            flush=True,
        )
        if found != rows:
            faults.append(f"{form}: {found} rows instead of {rows}")
        faults += [
            f"{form}: {part} {process} gained {gain} KiB"
            for (part, process), gain in gained.items()
            if gain > GROWTH_KIB
        ]
    return faults


def _taken(suite: Suite, form: str, rows: int) -> tuple[int, int]:
    """The bytes and rows of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", suite.port, timeout=120)
    headers = {"Authorization": f"Bearer {suite.admin_token()}"}
    if form == "SOAP":
        connection.request("POST", "/soap/v1", _LIST.format(rows), {**headers, "Content-Type": "text/xml"})
    else:
        connection.request("GET", f"/rest/v1/readings?limit={rows}", headers={**headers, "Accept": form})
    answer = connection.getresponse()
    size = found = 0
    rest = b""
    while piece := answer.read(65_536):
        size += len(piece)
        text = rest + piece
        found += text.count(b"a note of number ")
        rest = text[-16:]  # less than what is counted
    connection.close()
    return size, found


def _sizes(suite: Suite) -> dict[tuple[str, int], int]:
    return {(part, process): resident(process) for part in PARTS for process in tree(suite.process_id(part))}


def _watch(suite: Suite, over: threading.Event, most: dict[tuple[str, int], int]) -> None:
    while not over.wait(0.2):
        for (part, process), size in _sizes(suite).items():
            most[part, process] = max(most.get((part, process), 0), size)
