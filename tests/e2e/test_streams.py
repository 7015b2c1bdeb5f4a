"""Answers of any length through the whole suite: in constant memory, as fast as they are taken, and never half an answer
that looks whole.
"""

import http.client
import json
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import requests
from lxml import etree

from tests.fixtures.suite import Suite

ROWS = 100_000
MOST_GROWTH = 40_000_000  # bytes that a process may take more for 100,000 rows, which are 11 MB as JSON
SCHEMA = "create table readings (id integer primary key, sensor text not null, value numeric(10,2), note text)"
MOMENTS = "create table moments (id integer primary key, at timestamptz)"
MOMENT = "insert into moments values (1, '2024-07-01T12:00:00+00:00')"


def postgres_rows(url: str) -> None:
    """The rows in PostgreSQL; the last one of ``broken`` can't be read."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (SCHEMA, MOMENTS, MOMENT):
            connection.execute(statement)
        connection.execute(
            "insert into readings select n, 'sensor ' || (n % 10), n / 100.0, case when n % 2 = 0 then 'even, \"' || n || '\"' end"
            f" from generate_series(1, {ROWS}) n"
        )
        connection.execute(
            f"create view broken as select id, 1 / ({ROWS} - id) as share from readings;"
            "create view endless as select a.id, repeat('x', 2000) as text from readings a cross join readings b"
        )


def sqlite_rows(path: Path) -> None:
    """The same rows in SQLite."""
    with sqlite3.connect(path) as connection:
        for statement in (SCHEMA, MOMENTS, MOMENT):
            connection.execute(statement)
        connection.execute("create table numbers (n integer primary key)")
        connection.execute(
            f"with recursive s(n) as (select 1 union all select n + 1 from s where n < {ROWS})"
            " insert into readings select n, 'sensor ' || (n % 10), n / 100.0,"
            " case when n % 2 = 0 then 'even, \"' || n || '\"' end from s"
        )
        connection.execute(
            f"create view broken as select id, case when id < {ROWS} then 1 else json('{{') end as share from readings"
        )
        connection.execute(
            "create view endless as select a.id, hex(zeroblob(1000)) as text from readings a cross join readings b"
        )
    connection.close()


@pytest.fixture(scope="module", params=["postgresql hub", "sqlite hub", "postgresql gthread", "sqlite gthread"])
def suite(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The suite over the rows, on both workers."""
    kind, worker = request.param.split()
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database(f"streams_{worker}")
        postgres_rows(url)
    else:
        path = tmp_path_factory.mktemp("streams") / "rows.db"
        sqlite_rows(path)
        url = f"sqlite:///{path}"
    with Suite(url, settings={"TRIVET_WORKER": worker, "TRIVET_WORKERS": "1"}) as running:
        yield running


@pytest.fixture
def ask(suite: Suite) -> Callable[..., requests.Response]:
    """A read as the administrator, in a format, not taken yet."""
    headers = {"Authorization": f"Bearer {suite.admin_token()}"}

    def send(address: str, accept: str, **more: str) -> requests.Response:
        sent = {**headers, "Accept": accept, **{name.replace("_", "-"): value for name, value in more.items()}}
        return requests.get(f"{suite.base_url}/rest/v1/{address}", headers=sent, stream=True, timeout=60)

    return send


def memory(suite: Suite, service: str) -> int:
    """The bytes that a service's worker processes hold at present."""
    head = suite.process_id(service)
    children = Path(f"/proc/{head}/task/{head}/children").read_text().split()
    sizes = [Path(f"/proc/{child}/statm").read_text().split()[1] for child in children]
    return sum(map(int, sizes)) * 4096


def test_all_rows_come_in_every_format_and_no_service_holds_them(suite, ask):
    for accept in ("text/csv", "application/x-ndjson", "application/xml"):
        assert ask("readings?limit=5000", accept).content  # so that what is made once is there
    before = {service: memory(suite, service) for service in ("rest", "data")}
    found = ask("readings?order=id", "application/x-ndjson").iter_lines()
    ids = [json.loads(line)["id"] for line in found]
    assert ids == list(range(1, ROWS + 1))
    lines = ask("readings?order=id", "text/csv").iter_lines()
    assert next(lines) == b"id,sensor,value,note"
    assert next(lines) == b'1,"sensor 1",0.01,'
    assert next(lines) == b'2,"sensor 2",0.02,"even, ""2"""'
    assert sum(1 for _ in lines) == ROWS - 2
    answer = ask("readings?order=id&select=id,note", "application/xml")
    answer.raw.decode_content = True
    rows = [row.findtext("id") for _, row in etree.iterparse(answer.raw, tag="row")]
    assert (rows[0], rows[-1], len(rows)) == ("1", str(ROWS), ROWS)
    grown = {service: memory(suite, service) - before[service] for service in before}
    assert max(grown.values()) < MOST_GROWTH, grown


def test_times_come_in_the_zone_that_a_request_asks_for(suite, ask):
    answer = ask("moments?select=at", "application/json", Prefer="timezone=Asia/Tokyo, count=exact")
    assert answer.json() == [{"at": "2024-07-01T21:00:00+09:00"}]
    assert answer.headers["Preference-Applied"] == "count=exact, timezone=Asia/Tokyo"
    assert ask("moments?select=at", "application/json").json() == [{"at": "2024-07-01T12:00:00+00:00"}]
    assert ask("moments?select=at", "text/csv", Prefer="timezone=-03:30").content == b"at\n2024-07-01T08:30:00-03:30"
    lenient = ask("moments?select=at", "application/json", Prefer="timezone=Nowhere")
    assert (lenient.json()[0]["at"], "Preference-Applied" in lenient.headers) == ("2024-07-01T12:00:00+00:00", False)
    strict = ask("moments?select=at", "application/json", Prefer="timezone=Nowhere, handling=strict")
    assert (strict.status_code, strict.json()["code"]) == (400, "PGRST122")
    headers = {"Authorization": f"Bearer {suite.admin_token()}", "Prefer": "timezone=Asia/Tokyo"}
    query = {"query": "{ moments { at } }"}
    answer = requests.post(f"{suite.base_url}/graphql", json=query, headers=headers, timeout=30)
    assert answer.json() == {"data": {"moments": [{"at": "2024-07-01T21:00:00+09:00"}]}}


def soap(suite: Suite, body: str) -> requests.Response:
    """A SOAP call as the administrator, its answer not taken yet."""
    text = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{body}</s:Body></s:Envelope>'
    headers = {"Authorization": f"Bearer {suite.admin_token()}", "Content-Type": "text/xml"}
    answer = requests.post(f"{suite.base_url}/soap/v1", text, headers=headers, stream=True, timeout=60)
    answer.raw.decode_content = True
    return answer


def list_of(limit: int) -> str:
    """A list of so many readings, counted."""
    return (
        '<ListReadings xmlns="urn:trivet:v1"><orderBy><item><field>id</field></item></orderBy>'
        f"<page><limit>{limit}</limit><includeTotal>true</includeTotal></page></ListReadings>"
    )


def test_a_soap_list_of_any_length_is_held_by_no_service(suite):
    short = etree.fromstring(soap(suite, list_of(1000)).content)
    assert len(short.findall(".//{urn:trivet:v1}Readings")) == 1000
    assert soap(suite, list_of(5000)).content
    before = {service: memory(suite, service) for service in ("soap", "data")}
    ids, total = [], None
    for _, element in etree.iterparse(soap(suite, list_of(1_000_000)).raw, tag="{urn:trivet:v1}*"):
        if element.tag.endswith("Readings"):
            ids.append(int(element.findtext("{urn:trivet:v1}id")))
            element.clear()
        elif element.tag.endswith("totalCount"):
            total = int(element.text)
    assert (ids, total) == (list(range(1, ROWS + 1)), ROWS)
    grown = {service: memory(suite, service) - before[service] for service in before}
    assert max(grown.values()) < MOST_GROWTH, grown
    broken = soap(suite, '<ListBroken xmlns="urn:trivet:v1"><page><limit>1000000</limit></page></ListBroken>')
    assert broken.status_code == 200
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        list(broken.iter_content(65536))
    wrong = soap(suite, list_of(5000).replace("<field>id", "<field>nope"))
    assert (wrong.status_code, b"Fault" in wrong.content) == (500, True)


def test_they_are_counted_where_that_is_asked_for(ask):
    answer = ask("readings?select=id&order=id&limit=50000&offset=10", "text/csv", Prefer="count=exact")
    assert (answer.status_code, answer.headers["Content-Range"]) == (206, f"10-50009/{ROWS}")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "Content-Length" not in answer.headers
    assert answer.content.count(b"\n") == 50_000


def test_a_short_answer_is_like_any_other(ask):
    answer = ask("readings?select=id&limit=2&order=id", "application/x-ndjson")
    assert answer.content.replace(b" ", b"") == b'{"id":1}\n{"id":2}\n'
    assert answer.headers["Content-Range"] == "0-1/*"
    assert answer.headers["ETag"]


def test_what_fails_before_the_first_row_is_an_error(ask):
    answer = ask("readings?nope=eq.1", "text/csv")
    assert (answer.status_code, answer.json()["code"]) == (400, "42703")
    answer = ask("readings?offset=200000", "application/xml", Prefer="count=exact")
    assert (answer.status_code, answer.json()["code"]) == (416, "PGRST103")


def test_what_fails_later_cuts_the_answer_off(ask):
    answer = ask("broken?order=id", "application/x-ndjson")
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        list(answer.iter_content(65536))


def running(suite: Suite) -> int:
    """How many streams data has under way, as PostgreSQL sees it."""
    url = suite._choices["DATABASE_URL"]
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            " and (state = 'active' or state like 'idle in transaction%') and backend_type = 'client backend'"
        ).fetchone()
    return row[0]


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until it is so."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def begun(suite: Suite, address: str) -> socket.socket:
    """A client that has asked, takes the first bytes, and no more."""
    client = socket.create_connection(("127.0.0.1", suite.port))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.sendall(
        f"GET /rest/v1/{address} HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n"
        f"Authorization: Bearer {suite.admin_token()}\r\n\r\n".encode()
    )
    assert client.recv(12) == b"HTTP/1.1 200"
    return client


def test_a_client_that_takes_nothing_stops_the_database_and_one_that_leaves_ends_it(suite, ask):
    if not suite._choices["DATABASE_URL"].startswith("postgresql"):
        pytest.skip("only a server can be asked what it does")
    client = begun(suite, "endless")
    with client:
        wait_for(lambda: running(suite) == 1)

        def waits() -> bool:
            """The server waits for somebody to take more."""
            with psycopg.connect(suite._choices["DATABASE_URL"]) as connection:
                row = connection.execute(
                    "select count(*) from pg_stat_activity where state = 'idle in transaction'"
                    " and datname = current_database() and now() - state_change > interval '1 second'"
                ).fetchone()
            return row == (1,)

        wait_for(waits)
        assert ask("readings?select=id&id=eq.1", "text/csv").content == b"id\n1"  # others are served meanwhile
    wait_for(lambda: running(suite) == 0)


def test_many_that_leave_take_no_room(suite, ask):
    for _ in range(12):  # more than may be under way
        begun(suite, "endless").close()
        wait_for(lambda: ask("readings?select=id&id=eq.1", "text/csv").status_code == 200)
    assert ask("readings?select=id", "text/csv").content.count(b"\n") == ROWS


def test_more_than_may_be_under_way_are_refused(suite, ask):
    held = []
    try:
        while len(held) < 12:
            held.append(begun(suite, "endless"))
    except (AssertionError, http.client.HTTPException):
        assert held
        answer = ask("readings?select=id", "text/csv")
        assert (answer.status_code, answer.json()["code"]) == (503, "PGRST001")
        assert requests.get(
            f"{suite.base_url}/rest/v1/readings?id=eq.1",
            headers={"Authorization": f"Bearer {suite.admin_token()}"},
            timeout=30,
        ).json()
    else:
        raise AssertionError("there is room for any number")
    finally:
        for client in held:
            client.close()
