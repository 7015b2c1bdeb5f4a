"""The README's commands, word for word, against the demo store's suite."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """Every indented `curl` of the README, with the lines that it goes on over."""
    blocks = re.findall(r"(?:^    .*\n)+", README, re.MULTILINE)
    plain = ["".join(line[4:] for line in block.splitlines(keepends=True)) for block in blocks]
    return [block for block in plain if block.startswith("curl ")]


@pytest.fixture(scope="module")
def answers(demo_suite):
    """What each command prints."""
    found = []
    for command in commands():
        here = command.replace("http://localhost:8080", demo_suite.base_url)
        done = subprocess.run(["bash", "-c", here], capture_output=True, text=True, timeout=60, check=True)
        found.append(done.stdout)
    return found


def test_there_is_one_for_each_protocol(answers):
    assert len(answers) == 3


def test_rest(answers):
    rows = json.loads(answers[0])
    assert len(rows) == 3
    assert all(set(row) == {"name", "price"} for row in rows)


def test_graphql(answers):
    orders = json.loads(answers[1])["data"]["orders"]
    assert len(orders) == 2
    assert all(order["customer"]["name"] and order["order_items"] for order in orders)


def test_soap(answers):
    assert "GetOrdersResponse" in answers[2]
    assert "<id>1</id>" in answers[2]
