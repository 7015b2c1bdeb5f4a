"""One who works: reads what is known by heart, writes notes of their own in all protocols, and reads them again."""

import random
import threading
import time
import uuid
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from bench.soaking.record import Pace, Record
from bench.soaking.store import COLUMNS, ITEMS, item
from bench.soaking.talk import Lost, Talk, soap_rows, xml

PASSWORD = "a-long-day-at-the-desk"  # noqa: S105  (of throw-away accounts)
State = tuple[str, int] | None  # of a note: its body and number; None: there is none
_NOTES = 30  # that one clerk keeps at most
_LOGIN_EVERY = 240.0  # seconds


class Counter:
    """The value of the counter row that was acknowledged last: nobody may read an older one."""

    def __init__(self) -> None:
        self.floor = 0


class Clerk(threading.Thread):
    """A clerk at work until the record is over. Every answer is held against what it must be."""

    def __init__(self, number: int, host: str, record: Record, pace: Pace, counter: Counter) -> None:
        super().__init__(name=f"clerk-{number}")
        self.number = number
        self._talk = Talk(host)
        self._record = record
        self._pace = pace
        self._counter = counter
        self._draw = random.Random(number)
        self._notes: dict[str, set[State]] = {}  # what each may be: several where a write's answer was lost
        self._signed_in = float("-inf")
        self._seen = 0

    def run(self) -> None:
        """Work."""
        kinds = [self._read_item] * 4 + [self._list_items] * 2 + [self._write] * 3 + [self._read_notes] * 2
        kinds += [self._count if self.number == 0 else self._read_counter]
        while not self._record.over.is_set():
            self._pace.wait()
            kind = self._draw.choice(kinds)
            begun = time.time()
            try:
                if time.monotonic() - self._signed_in > _LOGIN_EVERY:
                    self._sign_in()
                kind()
            except Lost as lost:
                self._record.fault("lost", str(lost), lost.begun)
                time.sleep(1.5)  # what was lost on the way may still be under way
            except Exception as fault:  # noqa: BLE001  (whatever it is, the answer was not what it must be)
                self._record.fault(kind.__name__.strip("_"), f"{type(fault).__name__}: {str(fault)[:300]}", begun)
        self._talk.close()

    def _sign_in(self) -> None:
        self._talk.login(f"clerk{self.number}@example.com", PASSWORD)
        self._signed_in = time.monotonic()
        self._record.answered("login")

    # --- what never changes ------------------------------------------------------------------------------------------

    def _read_item(self) -> None:
        number = self._draw.randint(1, ITEMS)
        protocol = self._draw.choice(("rest", "graphql", "soap"))
        if protocol == "rest":
            status, rows = self._talk.rest("GET", f"items?id=eq.{number}")
            equal((status, [_typed(row) for row in rows]), (200, [item(number)]))
        elif protocol == "graphql":
            found = self._talk.graphql(f"{{ items_by_pk(id: {number}) {{ {' '.join(COLUMNS)} }} }}")
            equal(_typed(found["data"]["items_by_pk"]), item(number))
        else:
            status, body = self._talk.soap(f"<GetItems><id>{number}</id></GetItems>")
            equal((status, [_typed(row) for row in soap_rows(body)]), (200, [item(number)]))
        self._record.answered(f"{protocol} item")

    def _list_items(self) -> None:
        after, limit = self._draw.randint(0, ITEMS - 50), self._draw.randint(1, 50)
        wanted = [item(number) for number in range(after + 1, after + limit + 1)]
        protocol = self._draw.choice(("rest", "graphql", "soap"))
        if protocol == "rest":
            status, rows = self._talk.rest("GET", f"items?id=gt.{after}&order=id&limit={limit}")
            equal((status, [_typed(row) for row in rows]), (200, wanted))
        elif protocol == "graphql":
            query = (
                "query ($where: items_bool_exp!, $most: Int!) { items(where: $where, order_by: {id: asc}, limit: $most)"
            )
            found = self._talk.graphql(
                f"{query} {{ {' '.join(COLUMNS)} }} }}", where={"id": {"_gt": after}}, most=limit
            )
            equal([_typed(row) for row in found["data"]["items"]], wanted)
        else:
            call = (
                f"<ListItems><filter><id><gt>{after}</gt></id></filter><orderBy><item><field>id</field></item></orderBy>"
                f"<page><limit>{limit}</limit></page></ListItems>"
            )
            status, body = self._talk.soap(call)
            equal((status, [_typed(row) for row in soap_rows(body) if "id" in row]), (200, wanted))
        self._record.answered(f"{protocol} items")

    # --- the counter -------------------------------------------------------------------------------------------------

    def _count(self) -> None:
        wanted = self._counter.floor + 1
        try:
            status, rows = self._talk.rest("PATCH", "counters?id=eq.1", {"value": wanted}, "return=representation")
        finally:  # should its answer be lost, it may have been done: readers only know the one before
            self._counter.floor = max(self._counter.floor, wanted - 1)
        equal((status, rows), (200, [{"id": 1, "value": wanted}]))
        self._counter.floor = wanted
        self._record.answered("rest count")

    def _read_counter(self) -> None:
        floor = max(self._counter.floor, self._seen)
        if self._draw.random() < 0.5:
            value = self._talk.rest("GET", "counters?id=eq.1&select=value")[1][0]["value"]
        else:
            value = int(self._talk.graphql("{ counters_by_pk(id: 1) { value } }")["data"]["counters_by_pk"]["value"])
        if value < floor:
            raise AssertionError(f"an old counter: {value}, though {floor} was told already")
        self._seen = value
        self._record.answered("counter")

    # --- notes of their own ------------------------------------------------------------------------------------------

    def _write(self) -> None:
        there = sorted(key for key, states in self._notes.items() if None not in states)
        if len(there) < 2 or (len(there) < _NOTES and self._draw.random() < 0.5):
            key, new = uuid.UUID(int=self._draw.getrandbits(128)).hex, self._state()
            ways = [self._rest_create, self._graphql_create, self._soap_create]
        elif self._draw.random() < 0.6:
            key, new = self._draw.choice(there), self._state()
            ways = [self._rest_update, self._graphql_update, self._soap_update]
        else:
            key, new = self._draw.choice(there), None
            ways = [self._rest_delete, self._graphql_delete, self._soap_delete]
        way: Any = self._draw.choice(ways)
        before = self._notes.get(key, {None})
        self._notes[key] = before | {new}
        way(key, new)
        self._notes[key] = {new}
        self._record.answered(way.__name__.strip("_").replace("_", " "))

    def _state(self) -> State:
        return f"“{self._draw.getrandbits(60):x}” & <b> – ü", self._draw.randint(-(10**6), 10**6)

    def _rest_create(self, key: str, new: State) -> None:
        equal(self._talk.rest("POST", "notes", _row(key, new), "return=minimal"), (201, None))

    def _rest_update(self, key: str, new: State) -> None:
        row = _row(key, new)
        del row["key"]
        status, rows = self._talk.rest("PATCH", f"notes?key=eq.{key}", row, "return=representation")
        equal((status, [_note(row) for row in rows]), (200, [(key, new)]))

    def _rest_delete(self, key: str, new: State) -> None:
        equal(self._talk.rest("DELETE", f"notes?key=eq.{key}"), (204, None))

    def _graphql_create(self, key: str, new: State) -> None:
        query = "mutation ($row: notes_insert_input!) { insert_notes_one(object: $row) { key body n } }"
        found = self._talk.graphql(query, row=_row(key, new))
        equal(_note(_data(found)["insert_notes_one"]), (key, new))

    def _graphql_update(self, key: str, new: State) -> None:
        query = (
            "mutation ($key: String!, $set: notes_set_input!) {"
            " update_notes_by_pk(pk_columns: {key: $key}, _set: $set) { key body n } }"
        )
        row = _row(key, new)
        del row["key"]
        found = self._talk.graphql(query, key=key, set=row)
        equal(_note(_data(found)["update_notes_by_pk"]), (key, new))

    def _graphql_delete(self, key: str, new: State) -> None:
        found = self._talk.graphql("mutation ($key: String!) { delete_notes_by_pk(key: $key) { key } }", key=key)
        equal(_data(found)["delete_notes_by_pk"], {"key": key})

    def _soap_create(self, key: str, new: State) -> None:
        assert new is not None
        call = f"<CreateNotes><notes><key>{key}</key><body>{xml(new[0])}</body><n>{new[1]}</n></notes></CreateNotes>"
        self._soap_written(call, key, new)

    def _soap_update(self, key: str, new: State) -> None:
        assert new is not None
        fields = f"<body>{xml(new[0])}</body><n>{new[1]}</n>"
        self._soap_written(f"<UpdateNotes><key>{key}</key><notes>{fields}</notes></UpdateNotes>", key, new)

    def _soap_delete(self, key: str, new: State) -> None:
        status, body = self._talk.soap(f"<DeleteNotes><key>{key}</key></DeleteNotes>")
        equal((status, body.tag), (200, "{urn:trivet:v1}DeleteNotesResponse"))

    def _soap_written(self, call: str, key: str, new: State) -> None:
        status, body = self._talk.soap(call)
        equal((status, [_note(row) for row in soap_rows(body) if "body" in row]), (200, [(key, new)]))

    def _read_notes(self) -> None:
        """All notes: those of this clerk, as they were written last, and no others."""
        protocol = self._draw.choice(("rest", "graphql", "soap"))
        if protocol == "rest":
            rows = self._talk.rest("GET", f"notes?select={quote('key,body,n')}")[1]
        elif protocol == "graphql":
            rows = _data(self._talk.graphql("{ notes { key body n } }"))["notes"]
        else:
            rows = [row for row in soap_rows(self._talk.soap("<ListNotes/>")[1]) if "key" in row]
        found = dict(map(_note, rows))
        for key in found.keys() - self._notes.keys():
            raise AssertionError(f"a note that is not ours: {key}")
        for key, states in list(self._notes.items()):
            if found.get(key) not in states:
                raise AssertionError(f"{protocol}: note {key} is {found.get(key)!r}, not {states!r}")
            if found.get(key) is None:
                del self._notes[key]
            else:
                self._notes[key] = {found[key]}
        self._record.answered(f"{protocol} notes")


def equal(found: object, wanted: object) -> None:
    """Raise where an answer is not what it must be."""
    if found != wanted:
        raise AssertionError(f"{found!r} instead of {wanted!r}")


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": int(row["id"]), "name": row["name"], "price": Decimal(str(row["price"])), "grade": int(row["grade"])
    }  # fmt: skip


def _row(key: str, state: State) -> dict[str, Any]:
    assert state is not None
    return {"key": key, "body": state[0], "n": state[1]}


def _note(row: dict[str, Any]) -> tuple[str, State]:
    return row["key"], (row["body"], int(row["n"]))


def _data(found: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] | None = found.get("data")
    if data is None or "errors" in found:
        raise AssertionError(f"GraphQL says {found}")
    return data
