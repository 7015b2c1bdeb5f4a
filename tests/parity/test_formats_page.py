"""What docs/processing.md says of groups and formats: its own requests, and the answers that stand beside them."""

import json
import re
from pathlib import Path

import pytest
from lxml import etree

from tests.fixtures.guarded_store import ADMIN, SOAP_NAMESPACE, Suite, exact

SECTIONS = (Path(__file__).parents[2] / "docs" / "processing.md").read_text(encoding="utf-8").split("\n## ")
PAGE = "".join(part for part in SECTIONS if part.startswith(("Groups\n", "Formats of rows", "Time zone by request\n")))
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
PAIRS = [pytest.param(*BLOCKS[at], *BLOCKS[at + 1], id=f"{at // 2}-{BLOCKS[at][0]}") for at in range(0, len(BLOCKS), 2)]


def test_there_are_examples() -> None:
    assert [block[0] for block in BLOCKS[::2]] == ["rest", "graphql", "xml", "rest", "rest"]


@pytest.mark.parametrize(("asks", "question", "answers", "answer"), PAIRS)
def test_an_example(suite: Suite, asks: str, question: str, answers: str, answer: str) -> None:
    """The answer is as the page has it, whatever spaces the database puts between."""
    if asks == "rest":
        line, *headers = question.strip().splitlines()
        address = line.removeprefix("GET /rest/v1/")
        given = dict(header.split(": ") for header in headers)
        found = suite.send("GET", address, ADMIN, **given).data
        assert (
            (exact(found) == json.loads(answer))
            if answers == "json"
            else (found.decode().rstrip("\n") == answer.rstrip("\n"))
        )
    elif asks == "graphql":
        assert json.loads(suite.ask(question, ADMIN).data) == json.loads(answer)
    else:
        envelope = etree.fromstring(suite.post(question, ADMIN).data)
        items = envelope.find(f".//{{{SOAP_NAMESPACE}}}items")
        assert plain(items) == plain(etree.fromstring(answer))


def plain(element: etree._Element) -> object:
    """An element's name and text, or its children's."""
    name = etree.QName(element).localname
    return name, [plain(child) for child in element] or (element.text or "").strip()
