"""Whole columns say what each of their values says alone."""

from decimal import Decimal

import msgspec
import pytest
from contracts.results import Result
from hypothesis import given, settings
from hypothesis import strategies as st
from soap_service import xsd
from soap_service.call import Call, Included
from soap_service.port_type import Operation
from soap_service.resource_type import Verb
from soap_service.response import writer

WORDS = st.sampled_from(
    ["", "a", "a<b>&", "\r", "\x00", "\uffff", "ü😀", "%s", "%", "NaN", "Infinity", "-Infinity", "12", "1.50", "x\n", "\\x00ff",
     "2024-02-29", "2024-02-29\n2024-03-01", "2024-02-29T12:00:01+00:00", "2024-02-29 12:00:01.5+00", "12024-02-29 12:00:01",
     "2024-02-29T12:00:01.123456+00:00", "2024-02-29T12:00:01Z", "2024-02-29T12:00:01+05:30", "infinity", "0044-03-15 BC",
     "23:59:58", "23:59:58.5", "23:59", "23:59:58+01", "1 year 2 days", "-00:00:00.5", "8f14e45f-ceea-467f-9575-05f1a2b3c4d5"]
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-(2**63), 2**64),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).filter(lambda number: abs(number) < 10**20),
    st.sampled_from(["1E+400", "1E-7", "0.000001", "-0", "-0.0", "3.0", "0E-9", "1." + "0" * 400, "9" * 2500]).map(
        Decimal
    ),
)
MOMENTS = st.one_of(st.datetimes().map(str), st.datetimes().map(lambda moment: moment.isoformat() + "+00:00"))
DAYS = st.dates().map(str)
CLOCKS = st.times().map(str)
# a column of one kind, as a database has them, with some of others between, as SQLite may
USUAL = (NUMBERS, st.integers(0, 9), st.booleans(), WORDS, MOMENTS, DAYS, CLOCKS, st.text(max_size=4))
ANY = st.one_of(*USUAL, st.lists(st.integers(), max_size=2), st.dictionaries(WORDS, st.integers(), max_size=1))
COLUMNS = st.sampled_from(USUAL).flatmap(lambda usual: st.lists(usual | usual | usual | ANY, min_size=1, max_size=4))
COLUMNS |= st.sampled_from(USUAL).flatmap(lambda usual: st.lists(usual, min_size=1, max_size=4))
quiet = settings(max_examples=300, deadline=None)


@pytest.mark.parametrize("kind", xsd.KINDS)
@given(COLUMNS)
@quiet
def test_a_column_s_texts_are_its_values_texts(kind, values):
    texts = xsd.KINDS[kind].column(values, set(map(type, values)))
    if texts is not None:
        assert [str(text) for text in texts] == [xsd.KINDS[kind].write(value) for value in values]


@pytest.mark.parametrize(
    "kind, values",
    [
        ("int4", [1, -2]),
        ("numeric", [Decimal("1.50"), 2, Decimal("-0.0001")]),
        ("float8", [Decimal("0.1"), 2]),
        ("bool", [True, False]),
        ("text", ["a", "<b>"]),
        ("date", ["2024-02-29", "12024-02-29"]),
        ("time", ["23:59:58", "23:59:58.123"]),
        ("timestamp", ["2024-02-29T12:00:01", "2024-02-29 12:00:01.5"]),
        ("timestamptz", ["2024-02-29T12:00:01+00:00", "2024-02-29T12:00:01.123456+00:00"]),
    ],
)
def test_usual_values_are_written_at_once(kind, values):
    assert xsd.KINDS[kind].column(values, set(map(type, values))) is not None


@pytest.fixture(scope="module")
def written(port):
    """The elements of rows of order items."""
    type = port.by_resource["order_items"]
    included = tuple(map(Included, type.relations))
    write = writer(Call(Operation(Verb.LIST, type), None, [], type.fields, included), "urn:x", port)
    encode = msgspec.json.Encoder(decimal_format="number").encode
    return lambda rows: write(Result(body=encode(rows))).partition("<items>")[2].partition("</items>")[0]


CELLS = st.none() | ANY
ROWS = st.fixed_dictionaries(
    dict.fromkeys(("order", "big", "price", "title", "day", "made", "extra", "tags"), CELLS),
    optional={"customer2": st.none() | st.fixed_dictionaries({"id": CELLS}, optional={"name": CELLS})},
)


@given(st.lists(ROWS, max_size=4))
@quiet
def test_rows_are_what_each_of_them_is_alone(written, rows):
    assert written(rows) == "".join(written([row]) for row in rows)
