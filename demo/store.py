"""Makes the demo store's database from a seed: `python -m demo.store PATH`."""

import json
import os
import random
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from demo.words import (
    ADJECTIVES,
    CATEGORIES,
    CITIES,
    FIRST_NAMES,
    LAST_NAMES,
    NOTES,
    NOUNS,
    REMARKS,
    STREETS,
    TAGS,
    TEST_CARDS,
    TITLES,
)

SEED = 1
CUSTOMERS, PRODUCTS, ORDERS, ITEMS, EMPLOYEES = 1_000, 500, 10_000, 40_000, 24
_START = datetime(2023, 1, 1)
_END = datetime(2025, 6, 30, 12)
# moments that bite: leap day, turns of years, the hour that clocks skip and the one they run twice
_MOMENTS = (
    datetime(2024, 2, 29, 23, 59, 59), datetime(2023, 12, 31, 23, 59, 59), datetime(2024, 1, 1, 0, 0, 0),
    datetime(2024, 3, 31, 2, 30), datetime(2024, 10, 27, 2, 30), datetime(2024, 12, 30, 12), datetime(2025, 1, 1),
)  # fmt: skip
_BIRTHDAYS = ("2000-02-29", "1969-12-31", "1970-01-01", "1899-12-31", "1999-12-31")
_PRICES = (10_10, 0, 10, 1, 99_999_999_99, 20_00, 100_00)  # in cents; the first products' own
_STATUSES = ("new", "paid", "shipped", "returned", "cancelled")
_WEIGHTS = (8, 15, 68, 3, 6)

Row = tuple[Any, ...]


def make(path: Path, seed: int = SEED) -> None:
    """Write the store to ``path``, replacing what was there; the same seed gives the same rows.

    The file appears at once and whole. Raises `OSError` where the folder can't be written to.
    """
    descriptor, unfinished = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(descriptor)
    try:
        with closing(sqlite3.connect(unfinished)) as connection:
            connection.execute("pragma synchronous = off")  # nothing is lost with a file that is not there yet
            _Store(connection, random.Random(seed)).fill()  # noqa: S311  (the same rows every time are the point)
            connection.execute("pragma synchronous = full")
            connection.execute("pragma journal_mode = wal")  # readers don't wait for writers
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def cards(path: Path) -> list[str]:
    """The card numbers in a store, each once."""
    with closing(sqlite3.connect(path)) as connection:
        sql = "select distinct card_number from payments where card_number is not null order by 1"
        return [card for (card,) in connection.execute(sql)]


def replace_cards(path: Path, others: Mapping[str, str]) -> None:
    """Put something else in the place of each card number."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "update payments set card_number = ? where card_number = ?", [(new, old) for old, new in others.items()]
        )


class _Store:
    """One store in the making."""

    def __init__(self, connection: sqlite3.Connection, chance: random.Random) -> None:
        self._connection = connection
        self._chance = chance
        self._addresses: dict[int, list[int]] = {}
        self._prices: list[int] = []
        self._names: dict[int, str] = {}

    def fill(self) -> None:
        """Make the tables and all their rows, in one transaction."""
        self._connection.executescript(Path(__file__).with_name("schema.sql").read_text(encoding="utf-8"))
        self._connection.execute("begin")
        self._add("employees", self._employees())
        self._add("customers", self._customers())
        self._add("addresses", self._all_addresses())
        self._add("categories", self._categories())
        self._add("products", self._products())
        self._add("tags", enumerate(TAGS, 1))
        self._add("product_tags", self._product_tags())
        self._add_orders()
        self._add("reviews", self._reviews())
        self._add("attachments", self._attachments())
        self._add("settings", _settings())
        self._connection.commit()
        self._connection.execute("analyze")

    def _add(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        rows = list(rows)
        places = ", ".join("?" * len(rows[0]))
        self._connection.executemany(f"insert into {table} values ({places})", rows)  # noqa: S608  (names of our own)

    # --- people ----------------------------------------------------------------------------------------------------

    def _name(self) -> str:
        return f"{self._chance.choice(FIRST_NAMES)} {self._chance.choice(LAST_NAMES)}"

    def _employees(self) -> Iterable[Row]:
        for number in range(1, EMPLOYEES + 1):
            manager = None if number == 1 else 1 if number <= 4 else self._chance.randint(2, 4)
            title = {1: "Director", 7: "Clerk"}.get(number) or (
                "Manager" if number <= 4 else self._chance.choice(TITLES)
            )
            salary = 9_500_00 if number == 1 else self._chance.randrange(1_800_00, 5_200_00)
            hired = date(2012, 2, 29) + timedelta(days=self._chance.randrange(4_000))
            active = number == 7 or self._chance.random() > 0.1
            yield (
                number, self._name(), f"staff{number}@example.com", title, manager, salary / 100, str(hired), active
            )  # fmt: skip

    def _customers(self) -> Iterable[Row]:
        first = ("customer@example.com", "Ada Lovelace", "+44 20 7946 0000", "2000-02-29", 1, "Our first customer")
        for number in range(1, CUSTOMERS + 1):
            email, name, phone, born, vip, note = first if number == 1 else self._customer(number)
            self._names[number] = name
            seen = None if number % 9 == 0 else f"{self._moment()}+00:00"
            yield number, email, name, phone, born, vip, note, seen, self._moment(_START - timedelta(days=900), _START)

    def _customer(self, number: int) -> Row:
        phone = self._chance.choice((None, "", f"+44 20 7946 {self._chance.randrange(10_000):04}"))
        born = None if number % 5 == 0 else str(date(1935, 1, 1) + timedelta(days=self._chance.randrange(26_000)))
        if number % 50 == 1:
            born = self._chance.choice(_BIRTHDAYS)
        return (
            f"customer{number}@example.com", self._name(), phone, born, self._chance.random() < 0.05,
            self._chance.choice(NOTES),
        )  # fmt: skip

    def _all_addresses(self) -> Iterable[Row]:
        number = 0
        for customer in range(1, CUSTOMERS + 1):
            # some have none, and the first two on purpose have two: shipping and billing differ
            for label in ("home", "work", "Großmutter")[: 2 if customer <= 2 else self._chance.choice((0, 1, 1, 2, 3))]:
                number += 1
                self._addresses.setdefault(customer, []).append(number)
                city, country, postcode = self._chance.choice(CITIES)
                street = f"{self._chance.choice(STREETS)} {self._chance.randint(1, 250)}"
                yield number, customer, label, street, city, postcode, country

    # --- goods -----------------------------------------------------------------------------------------------------

    def _categories(self) -> Iterable[Row]:
        number = 0
        for name, below in CATEGORIES.items():
            number += 1
            parent = number
            yield number, name, None
            for child in below:
                number += 1
                yield number, child, parent

    def _products(self) -> Iterable[Row]:
        categories = sum(1 + len(below) for below in CATEGORIES.values())
        for number in range(1, PRODUCTS + 1):
            cents = _PRICES[number - 1] if number <= len(_PRICES) else self._chance.randrange(99, 250_00)
            self._prices.append(cents)
            name = f"{self._chance.choice(ADJECTIVES)} {self._chance.choice(NOUNS)}"
            cost = None if number % 11 == 0 else round(cents * self._chance.uniform(0.3, 0.8)) / 100
            weight = None if number % 7 == 0 else round(self._chance.uniform(0.05, 25), 3)
            released = (
                None if number % 13 == 0 else str(date(2020, 2, 29) + timedelta(days=self._chance.randrange(1_500)))
            )
            yield (
                number, f"TRV-{number:05}", name, self._description(number, name), self._chance.randint(1, categories),
                cents / 100, cost, weight, self._chance.randrange(-2, 200), self._chance.random() < 0.08, released,
                self._attributes(number), self._moment(_START - timedelta(days=600), _START),
            )  # fmt: skip

    def _description(self, number: int, name: str) -> str | None:
        if number % 6 == 0:
            return None
        if number % 100 == 1:  # long, and of more than one script
            return "\n".join(f"{line}. {name}: „{self._chance.choice(TAGS)}“ — 説明 {line}" for line in range(1, 151))
        return f"{name}, as good as it looks." if number % 4 else ""

    def _attributes(self, number: int) -> str | None:
        if number % 8 == 0:
            return None
        found: dict[str, Any] = {
            "colour": self._chance.choice(("red", "blue", "grün", None)),
            "sizes": [1, 2, 3][: number % 4],
        }
        if number % 3 == 0:
            found["care"] = {"washable": number % 2 == 0, "degrees": 30.5}
        return json.dumps(found, ensure_ascii=False)

    def _product_tags(self) -> Iterable[Row]:
        for product in range(1, PRODUCTS + 1):
            for tag in sorted(self._chance.sample(range(1, len(TAGS) + 1), self._chance.choice((0, 1, 2, 3)))):
                yield product, tag

    def _reviews(self) -> Iterable[Row]:
        seen: set[tuple[int, int]] = {(1, 1)}
        yield 1, 1, 1, 5, "Splendid", "It stands.", True, "2024-02-29 23:59:59"
        while len(seen) < 1_500:
            pair = self._chance.randint(1, PRODUCTS - 20), self._chance.randint(1, CUSTOMERS)
            if pair in seen:
                continue
            seen.add(pair)
            title = None if len(seen) % 3 == 0 else self._chance.choice(("Good", "Bad", "So so", "Très bien", "👍"))
            rating = self._chance.choices((1, 2, 3, 4, 5), (5, 8, 15, 40, 32))[0]
            body = self._chance.choice(REMARKS)
            yield len(seen), *pair, rating, title, body, self._chance.random() < 0.8, self._moment()

    def _attachments(self) -> Iterable[Row]:
        yield 1, 1, "empty.bin", "application/octet-stream", b"", "2024-02-29 00:00:00"
        yield 2, 1, "every byte.bin", "application/octet-stream", bytes(range(256)), "2024-02-29 00:00:00"
        yield 3, 2, "missing.pdf", "application/pdf", None, "2024-12-31 23:59:59"
        for number in range(4, 61):
            content = self._chance.randbytes(self._chance.randint(20, 2_000))
            name = f"{self._chance.choice(('photo', 'manual', 'Anleitung', '写真'))}-{number}.png"
            yield number, self._chance.randint(1, PRODUCTS), name, "image/png", content, self._moment()

    # --- orders ----------------------------------------------------------------------------------------------------

    def _add_orders(self) -> None:
        orders: list[Row] = []
        items: list[Row] = []
        payments: list[Row] = []
        for number, lines in enumerate(self._line_counts(), 1):
            bought = list(self._items(number, lines))
            items += bought
            cents = sum(quantity * self._prices[product - 1] for _, _, product, quantity, _ in bought)
            order = self._order(number, cents)
            orders.append(order)
            if order[3] in ("paid", "shipped", "returned"):
                payments += self._payments(number, order, cents, len(payments))
        self._add("orders", orders)
        self._add("order_items", items)
        self._add("payments", payments)

    def _line_counts(self) -> list[int]:
        """How many lines each order has: none to eight, 40,000 in all."""
        counts = [0 if number % 200 == 0 else self._chance.randint(1, 7) for number in range(1, ORDERS + 1)]
        missing = ITEMS - sum(counts)
        while missing:
            index, step = self._chance.randrange(ORDERS), 1 if missing > 0 else -1
            if counts[index] > 0 and 0 < counts[index] + step <= 8:
                counts[index] += step
                missing -= step
        return counts

    def _items(self, order: int, lines: int) -> Iterable[Row]:
        for line in range(1, lines + 1):
            # the first products have prices that bite, the last twenty are never bought
            product = self._chance.choices((1, 2, 3, 4))[0] if line == 8 else self._chance.randint(6, PRODUCTS - 20)
            yield order, line, product, self._chance.choice((1, 1, 1, 2, 3, 12)), self._prices[product - 1] / 100

    def _order(self, number: int, cents: int) -> Row:
        customer = 1 if number % 500 == 1 else self._chance.randint(1, CUSTOMERS - 30)
        status = "new" if not cents else self._chance.choices(_STATUSES, _WEIGHTS)[0]
        ordered = _MOMENTS[number - 1] if number <= len(_MOMENTS) else self._instant(_START, _END)
        shipped = ordered + timedelta(hours=self._chance.randint(1, 200)) if status in ("shipped", "returned") else None
        own = self._addresses.get(customer, [])
        shipping = self._chance.choice(own) if own else None
        billing = self._chance.choice(own) if own and number % 3 else shipping
        employee = None if status == "new" else self._chance.randint(5, EMPLOYEES)
        return (
            number, customer, employee, status, str(ordered), shipped and str(shipped), cents / 100,
            self._chance.choice(NOTES), shipping, billing,
        )  # fmt: skip

    def _payments(self, number: int, order: Row, cents: int, before: int) -> Iterable[Row]:
        parts = (cents,) if number % 20 else (cents // 2, cents - cents // 2)
        if order[3] == "returned":
            parts = (*parts, -cents)
        for place, part in enumerate(parts, before + 1):
            method = self._chance.choices(("card", "transfer", "cash"), (7, 2, 1))[0]
            card = self._chance.choice(TEST_CARDS) if method == "card" else None
            holder = self._names[order[1]] if card else None
            yield place, number, method, part / 100, card, holder, order[4]

    # --- time ------------------------------------------------------------------------------------------------------

    def _instant(self, start: datetime, end: datetime) -> datetime:
        return start + timedelta(seconds=self._chance.randrange(int((end - start).total_seconds())))

    def _moment(self, start: datetime = _START, end: datetime = _END) -> str:
        return str(self._instant(start, end))


def _settings() -> Iterable[Row]:
    values: dict[str, Any] = {
        "currency": "EUR",
        "vat": {"DE": 0.19, "GB": 0.2, "reduced": {"books": 0.07}},
        "opening hours": [{"day": day, "from": "09:00", "to": "18:30"} for day in ("Mon", "Tue", "Wed", "Thu", "Fri")],
        "big": 9_007_199_254_740_993,
        "closed": False,
        "motto": "Three legs don't wobble 🪑",
        "nothing": None,
    }
    for name, value in values.items():
        yield name, json.dumps(value, ensure_ascii=False), "2024-12-31 23:59:59"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m demo.store PATH")
    make(Path(sys.argv[1]))
