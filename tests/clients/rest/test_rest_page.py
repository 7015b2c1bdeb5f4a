"""docs/rest.md does what it says: its database, its requests and their answers, in their order, on both databases."""

import json
import re
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest
from data_service.execute.sqlite import SqliteDatabase

from tests.clients.rest import gallery
from tests.clients.rest.museum import serve

PAGE = (Path(__file__).parents[3] / "docs" / "rest.md").read_text(encoding="utf-8")
TABLES, *FUNCTIONS = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXCHANGES = re.findall(r"^```http\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
POSTGRESQL_ONLY = ("select=label", "/rpc/page", "/posters", "application/vnd.titles")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database("rest_page")
        with gallery.served(url, tmp_path, script=TABLES + "".join(FUNCTIONS)) as made:
            yield made
        return
    with sqlite3.connect(tmp_path / "films.db") as connection:
        connection.executescript(TABLES)
    connection.close()
    database = SqliteDatabase(tmp_path / "films.db", size=2, limit=10.0)
    yield serve(database, tmp_path, None, "sqlite", lambda: None)
    database.close()


def test_the_page_shows_exchanges():
    assert len(EXCHANGES) > 25


def test_the_page(place):
    for exchange in EXCHANGES:
        asked, answered = exchange.split("\nHTTP ")
        (line, headers, body), (status, told, expected) = parts(asked), parts(answered)
        method, address = line.split(" ", 1)
        if place.kind == "sqlite" and any(name in asked for name in POSTGRESQL_ONLY):
            continue
        answer = place.client.open(address, method=method, headers=headers, data=body or None)
        assert answer.status_code == int(status), (exchange, answer.text)
        assert {name: answer.headers.get(name) for name in told} == told, exchange
        if not expected:
            assert answer.data == b"", exchange
        elif expected[0] in "[{":
            named = answer.text.replace("main.film", "public.film")  # the one schema of SQLite
            assert exact(named) == exact(expected), exchange
        else:
            assert answer.text.strip() == expected, exchange


def parts(text):
    """The first line, the headers and the body of a message."""
    head, _, body = text.partition("\n\n")
    first, *lines = head.strip().split("\n")
    return first, dict(line.split(": ", 1) for line in lines), body.strip()


def exact(text):
    return json.loads(text, parse_float=Decimal)
