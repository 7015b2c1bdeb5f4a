"""The store that the soak is run on: rows that never change and are known by heart, and rows that its clients write."""

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

ITEMS = 500
COLUMNS = ("id", "name", "price", "grade")
_SCHEMA = """
create table items (id integer primary key, name text not null, price numeric(10, 2) not null, grade integer not null);
create table notes (key text primary key, author text not null, body text not null, n integer not null);
create table counters (id integer primary key, value integer not null);
insert into counters (id, value) values (1, 0);
"""
_CONFIGURATION = """version: 1
anonymous_role: anonymous
resources:
  items:
    permissions:
      clerk: {{select: {{columns: [id, name, price, grade], filter: {{}}, allow_aggregations: true}}}}
      anonymous: {{select: {{columns: [{open_columns}], filter: {{id: {{_lte: 400}}}}}}}}
  counters:
    permissions:
      clerk:
        select: {{columns: [id, value], filter: {{}}}}
        update: {{columns: [value], filter: {{}}}}
  notes:
    permissions:
      clerk:
        select: {{columns: [key, author, body, n], filter: {{author: {{_eq: X-Hasura-Author}}}}}}
        insert: {{columns: [key, body, n], check: {{}}, set: {{author: X-Hasura-Author}}}}
        update: {{columns: [body, n], filter: {{author: {{_eq: X-Hasura-Author}}}}}}
        delete: {{filter: {{author: {{_eq: X-Hasura-Author}}}}}}
"""


def item(number: int) -> dict[str, Any]:
    """The row of this number: it is the same for ever."""
    return {
        "id": number,
        "name": f"item {number} – naïve <&> “{number * 7919 % 1000}”",
        "price": Decimal(number * 137 % 9973) / 100,
        "grade": number * 31 % 7,
    }


def configuration(*, shows_grades: bool) -> str:
    """The policies; those who are not signed in see the items' grades, or don't."""
    return _CONFIGURATION.format(open_columns="id, name, grade" if shows_grades else "id, name")


def make_sqlite(path: Path) -> str:
    """Make the store in a file; its address."""
    connection = sqlite3.connect(path)
    connection.executescript(_SCHEMA)
    rows = [
        tuple(str(value) if isinstance(value, Decimal) else value for value in item(n).values()) for n in _numbers()
    ]
    connection.executemany("insert into items values (?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return str(path)


def postgres_script() -> str:
    """What makes the store in an empty PostgreSQL database."""
    rows = ", ".join(f"({row['id']}, '{row['name']}', {row['price']}, {row['grade']})" for row in map(item, _numbers()))
    return f"{_SCHEMA} insert into items values {rows};"


def _numbers() -> range:
    return range(1, ITEMS + 1)
