"""Packed bodies: unpacked as they were, within their limit, and never at the price of more than they weigh."""

import gzip
import zlib

import pytest
from chassis.packed import unpacked
from contracts.problems import Problem

SIZES = [0, 1, 16_384, 100_000]


def refusal(body, limit, encoding="gzip"):
    """The code with which a body is refused."""
    with pytest.raises(Problem) as refused:
        unpacked(body, encoding, limit)
    return refused.value.code


@pytest.mark.parametrize("size", SIZES)
def test_a_body_comes_out_as_it_was_packed(size):
    content = bytes(at * at % 251 for at in range(size))
    assert unpacked(gzip.compress(content), "gzip", size) == content
    assert unpacked(zlib.compress(content), "deflate", size) == content
    assert unpacked(gzip.compress(content) * 3, "x-gzip", 3 * size) == content * 3


@pytest.mark.parametrize("size", SIZES[1:])
def test_a_body_beyond_its_limit_or_cut_off_is_refused(size):
    packed = gzip.compress(bytes(size))
    assert refusal(packed, size - 1) == "TRV103"
    assert refusal(packed + packed, 2 * size - 1) == "TRV103"
    assert refusal(packed[:-1], size) == "TRV100"
    assert refusal(packed + packed[:-1], 2 * size) == "TRV100"
    assert refusal(packed + b"more", 2 * size) == "TRV100"


def test_very_many_empty_pieces_are_refused():
    """A body of half a million of them took minutes, in which nobody else was answered."""
    assert unpacked(gzip.compress(b"") * 1000, "gzip", 0) == b""
    assert refusal(gzip.compress(b"") * 20_000, 1) == "TRV103"
