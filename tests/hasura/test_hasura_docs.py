"""What docs/graphql.md shows: its documents, asked of the library, give the answers beside them."""

import json
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "graphql.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
PAIRS = [(text, after[1]) for (kind, text), after in pairwise(BLOCKS) if kind == "graphql"]


def test_there_are_examples():
    assert len(PAIRS) >= 9
    assert len(PAIRS) == sum(kind == "graphql" for kind, _ in BLOCKS)


@pytest.mark.parametrize(("question", "answer"), PAIRS)
def test_an_example(writing, question, answer):
    assert writing.data_of(question) == json.loads(answer, parse_float=Decimal)
