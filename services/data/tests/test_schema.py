"""JSON Schema as rules are held against it: keywords, formats, decimals, and words that show no value."""

from decimal import Decimal

import pytest
from data_service.processing.formats import FORMATS
from data_service.processing.schema import Schema


def faults(keywords, value):
    return [fault[1:] for fault in Schema(keywords).faults(value)]


@pytest.mark.parametrize(
    "name, good, bad",
    [
        ("email", "ada@example.com", "ada@"),
        ("email", "ada+x@example.com", "ada@corp.local"),
        ("phone", "+47 22 12 34 56", "22 12 34 56"),
        ("uri", "https://example.com/a?b=%20#c", "example com"),
        ("uri", "urn:isbn:123", "//example.com"),
        ("iban", "NO93 8601 1117 947", "NO94 8601 1117 947"),
        ("uuid", "2d931510-d99f-494a-8c67-87feb05e1594", "2d931510d99f494a8c6787feb05e1594"),
        ("date", "2024-02-29", "2023-02-29"),
        ("time", "23:59:59.5+02:00", "24:00:00"),
        ("date-time", "2024-02-29T12:00:00Z", "2024-02-29"),
        ("hostname", "a-b.example.com", "-a.example.com"),
        ("ipv4", "192.0.2.1", "192.0.2.256"),
        ("ipv6", "2001:db8::1", "2001:db8::g"),
    ],
)
def test_formats(name, good, bad):
    assert (FORMATS[name](good), FORMATS[name](bad)) == (True, False)
    assert faults({"format": name}, bad) == [("format", f"must be a valid {name}")]
    assert faults({"format": name}, 7) == []


@pytest.mark.parametrize(
    "keywords, good, bad, words",
    [
        ({"minLength": 1}, "a", "", "must have at least 1 character"),
        ({"minLength": 2}, "日本", "日", "must have at least 2 characters"),
        ({"pattern": "^[A-Z]+$"}, "ABC", "AbC", "must match ^[A-Z]+$"),
        ({"enum": ["a", 1]}, 1, "b", "must be one of a, 1"),
        ({"const": "x"}, "x", "y", "must be x"),
        ({"minimum": Decimal("0.1")}, Decimal("0.1"), 0, "must be at least 0.1"),
        ({"exclusiveMaximum": 5}, Decimal("4.999"), 5, "must be less than 5"),
        ({"multipleOf": Decimal("0.01")}, Decimal("1.10"), Decimal("1.105"), "must be a multiple of 0.01"),
        ({"multipleOf": 2}, 4, Decimal("1e900"), "must be a multiple of 2"),
        ({"type": "integer"}, Decimal("2.0"), Decimal("2.5"), "must be of type integer"),
        ({"type": ["string", "number"]}, Decimal("2.5"), True, "must be of type string or number"),
        ({"required": ["a", "b"]}, {"a": 1, "b": 2}, {"b": 1}, "must have a"),
        ({"uniqueItems": True}, [1, 2], [1, 1], "must not have the same item twice"),
        ({"anyOf": [{"minimum": 5}, {"maximum": 1}]}, 0, 3, "must satisfy anyOf"),
    ],
)
def test_keywords(keywords, good, bad, words):
    assert faults(keywords, good) == []
    assert [found for _, found in faults(keywords, bad)] == [words]


def test_a_pattern_takes_linear_time():
    assert len(faults({"pattern": "^(a+)+$"}, "a" * 50_000 + "!")) == 1


@pytest.mark.parametrize("keywords", [{"minLength": "two"}, {"pattern": "("}, {"pattern": "(a)\\1"}, {"type": "text"}])
def test_a_schema_that_is_none_is_refused(keywords):
    with pytest.raises(ValueError):
        Schema(keywords)
