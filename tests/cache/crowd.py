"""Clients of a whole suite that write and read numbers which only grow, and compare notes.

`Board` holds what anybody was told of each number: whoever asks afterwards must not be answered with less. Numbers are
the rows of ``numbers`` and ``slow``, which ``shadows`` (by a trigger) and ``mirror`` (a view) repeat, and how many
``children`` are gone, which go with their parents.
"""

import contextlib
import http.client
import json
import os
import random
import re
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

CHILDREN = 5000
ROWS = (1, 2, 3)
GONE = "children"
_ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<{name} xmlns="urn:trivet:v1">{inner}</{name}></s:Body></s:Envelope>'
)
_SCHEMA = """
create table numbers (id integer primary key, n integer not null);
create table shadows (id integer primary key, n integer not null);
create table slow (id integer primary key, n integer not null);
create table parents (id integer primary key);
create table children (id integer primary key references parents on delete cascade);
create view mirror as select id, n from numbers;
insert into numbers values (1, 0), (2, 0), (3, 0);
insert into shadows select * from numbers;
insert into slow select * from numbers;
"""
# on PostgreSQL a commit of `slow` takes its time, so that processes die while theirs is under way
POSTGRES = (
    _SCHEMA
    + f"""
insert into parents select n from generate_series(1, {CHILDREN}) n;
insert into children select id from parents;
create function repeat() returns trigger language plpgsql
    as $$ begin update shadows set n = new.n where id = new.id; return null; end $$;
create trigger repeat after update on numbers for each row execute function repeat();
create function linger() returns trigger language plpgsql
    as $$ begin perform pg_sleep(case when random() < 0.3 then 1.5 else 0.02 end); return null; end $$;
create constraint trigger linger after update on slow deferrable initially deferred
    for each row execute function linger();
"""
)
SQLITE = (
    "pragma journal_mode = wal;"
    + _SCHEMA
    + f"""
with recursive count(n) as (select 1 union all select n + 1 from count where n < {CHILDREN})
    insert into parents select n from count;
insert into children select id from parents;
create trigger repeat after update on numbers begin update shadows set n = new.n where id = new.id; end;
"""
)


class Unknown(Exception):
    """No answer, or none that says what became of the request."""


@dataclass
class Board:
    """The highest of each number that anybody was told, and what went wrong."""

    told: dict[Any, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    hits: dict[str, int] = field(default_factory=dict)
    writes: int = 0
    deletes: int = 0
    unknown: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def floor(self, cell: Any) -> int:
        """What nobody may be told less than from now on."""
        with self.lock:
            return max(self.told.get(cell, 0), self.deletes if cell == GONE else 0)

    def tell(self, cell: Any, number: int) -> None:
        with self.lock:
            self.told[cell] = max(self.told.get(cell, 0), number)


class Client:
    """One connection to the suite, made anew when it is lost."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {token}"}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.hit = False  # whether the last answer was one that the facade had kept

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[Any, bytes]:
        """Headers and body of the answer. Raises `Unknown`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self._connection.request(method, path, body, {**self._headers, **named})
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as fault:
            self._connection.close()
            raise Unknown(repr(fault)) from None
        if response.status >= 400:
            if response.status < 500:
                raise AssertionError(f"{response.status} to {method} {path}: {text!r}")
            raise Unknown(f"{response.status} {text!r}")
        timing = response.headers.get("Server-Timing", "")
        self.hit = "cache;" in timing and "data;" not in timing
        return response.headers, text

    def graphql(self, query: str) -> Any:
        """What a GraphQL request gives. Raises `Unknown`."""
        answer = json.loads(self.ask("POST", "/v1/graphql", json.dumps({"query": query}), **_JSON)[1])
        if "errors" in answer:
            raise Unknown(str(answer["errors"]))
        return answer["data"]

    def soap(self, name: str, inner: str) -> bytes:
        """What a SOAP call gives. Raises `Unknown`."""
        return self.ask("POST", "/soap/v1", _ENVELOPE.format(name=name, inner=inner), Content_Type="text/xml")[1]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


_JSON = {"Content_Type": "application/json"}


# --- what is read and written, in which protocol ----------------------------------------------------------------------


def by_rest(client: Client, table: str, row: int) -> int:
    return int(json.loads(client.ask("GET", f"/rest/v1/{table}?id=eq.{row}&select=n")[1])[0]["n"])


def by_rest_anew(client: Client, table: str, row: int) -> int:
    """As nobody has asked before, so that it is read from the database."""
    path = f"/rest/v1/{table}?id=eq.{row}&n=gte.-{secrets.randbelow(10**9)}&select=n"
    return int(json.loads(client.ask("GET", path)[1])[0]["n"])


def by_graphql(client: Client, table: str, row: int) -> int:
    return int(client.graphql(f"{{ {table}(where: {{id: {{_eq: {row}}}}}) {{ n }} }}")[table][0]["n"])


def by_soap(client: Client, table: str, row: int) -> int:
    found = re.search(rb"<n>(\d+)</n>", client.soap(f"Get{table.title()}", f"<id>{row}</id>"))
    assert found is not None
    return int(found[1])


def gone_by_rest(client: Client) -> int:
    headers, _ = client.ask("HEAD", "/rest/v1/children?select=id", Prefer="count=exact")
    return CHILDREN - int(headers["Content-Range"].partition("/")[2])


def gone_by_graphql(client: Client) -> int:
    counted = client.graphql("{ children_aggregate { aggregate { count } } }")
    return CHILDREN - int(counted["children_aggregate"]["aggregate"]["count"])


def gone_by_soap(client: Client) -> int:
    text = client.soap("ListChildren", "<page><limit>1</limit><includeTotal>true</includeTotal></page>")
    found = re.search(rb"<total[A-Za-z]*>(\d+)</total", text)
    assert found is not None, text
    return CHILDREN - int(found[1])


def _read(client: Client, cells: random.Random) -> tuple[Any, Callable[[], int]]:
    if cells.random() < 0.25:
        count = cells.choice([gone_by_rest, gone_by_graphql, gone_by_soap])
        return GONE, lambda: count(client)
    table, row = cells.choice(["numbers", "shadows", "mirror", "slow"]), cells.choice(ROWS)
    ways = [by_rest, by_rest_anew, by_graphql] + ([by_soap] if table != "mirror" else [])
    way = cells.choice(ways)
    return ("slow" if table == "slow" else "numbers", row), lambda: way(client, table, row)


class Crowd:
    """Readers and writers in threads, for the time of a ``with``."""

    def __init__(self, port: int, token: str, *, readers: int = 4, writers: int = 3, seed: int = 0) -> None:
        self.board = Board()
        self._port, self._token = port, token
        self._over = threading.Event()
        self.quiet = threading.Event()  # nobody begins to write
        self._parents = iter(range(1, CHILDREN + 1))
        kinds = [self._write] * writers + [self._dissolve] + [self._ask] * readers
        self._threads = [
            threading.Thread(target=self._run, args=(kind, random.Random(seed * 100 + number)))
            for number, kind in enumerate(kinds)
        ]

    def __enter__(self) -> "Crowd":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self, step: Callable[[Client, random.Random], None], chance: random.Random) -> None:
        client = Client(self._port, self._token)
        with contextlib.closing(client):
            while not self._over.is_set() and not self.board.faults:
                try:
                    step(client, chance)
                except Unknown:
                    self.board.unknown += 1
                    time.sleep(0.02)
                except Exception as fault:  # noqa: BLE001  (told by the test)
                    self.board.faults.append(repr(fault))

    def _ask(self, client: Client, chance: random.Random) -> None:
        cell, ask = _read(client, chance)
        floor = self.board.floor(cell)
        found = ask()
        if client.hit:
            self.board.hits[str(cell)] = self.board.hits.get(str(cell), 0) + 1
        if found < floor:
            how = "from memory" if client.hit else "from data"
            self.board.faults.append(f"{cell}: {found} was answered {how} after {floor} was told")
        self.board.tell(cell, found)

    def _write(self, client: Client, chance: random.Random) -> None:
        if self.quiet.is_set():
            self._over.wait(0.02)
            return
        table, row = chance.choice(["numbers", "numbers", "slow"]), chance.choice(ROWS)
        change = f"update_{table}_by_pk(pk_columns: {{id: {row}}}, _inc: {{n: 1}})"
        number = client.graphql(f"mutation {{ {change} {{ n }} }}")[f"update_{table}_by_pk"]["n"]
        self.board.tell((table, row), number)
        self.board.writes += 1
        time.sleep(chance.uniform(0, 0.05))

    def _dissolve(self, client: Client, chance: random.Random) -> None:
        if self.quiet.is_set():
            self._over.wait(0.02)
            return
        parent = next(self._parents, None)
        if parent is None:  # all are gone
            self._over.wait(1)
            return
        if chance.random() < 0.5:
            client.ask("DELETE", f"/rest/v1/parents?id=eq.{parent}")
        else:
            client.soap("DeleteParents", f"<id>{parent}</id>")
        with self.board.lock:
            self.board.deletes += 1
        time.sleep(chance.uniform(0, 0.05))

    def storm(self, data: int, chance: random.Random) -> int:
        """All write; then some of data's processes (``data`` is their head) are killed, mostly while nobody begins to
        write any more, so that whatever was kept wrongly is seen. How many were killed.
        """
        self.quiet.clear()
        time.sleep(chance.uniform(0.2, 0.8))
        if chance.random() < 0.7:
            self.quiet.set()
        kills = 0
        for worker in children_of(data):
            if chance.random() < 0.6:
                os.kill(worker, signal.SIGKILL)
                kills += 1
        time.sleep(chance.uniform(0.5, 2.5))
        return kills


def children_of(pid: int) -> Iterator[int]:
    """The processes that a process has made and that are there still."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        yield from map(int, file.read().split())
