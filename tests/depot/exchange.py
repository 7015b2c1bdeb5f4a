"""Exchanges as text: requests to REST and the answers that they must have, one after the other.

A case begins with ``### what it is about``; its steps are parted by a line ``--``. A step is a request (first line,
headers, an empty line, the body) and after ``HTTP status`` the answer's headers and body in the same form. A header
without a value must be absent. ``~`` is a body that is not looked at; JSON is compared as what it says.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient


@dataclass(frozen=True)
class Message:
    """A request or an answer."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @classmethod
    def parse(cls, text: str) -> "Message":
        """The message that a text says."""
        head, _, body = text.strip("\n").partition("\n\n")
        first, *lines = head.split("\n")
        headers = (line.partition(":") for line in lines)
        return cls(first, tuple((name.strip(), value.strip()) for name, _, value in headers), body.rstrip("\n"))


@dataclass(frozen=True)
class Exchange:
    """A request with the answer that it must have."""

    asked: Message
    told: Message

    def hold(self, client: FlaskClient, prefix: str = "") -> None:
        """Ask, and compare."""
        method, address = self.asked.first.split(" ", 1)
        body = self.asked.body.replace("\\n", "\n") if "csv" in str(self.asked.headers) else self.asked.body
        answer = client.open(
            prefix + address, method=method, headers=list(self.asked.headers), data=body.encode() if body else None
        )
        assert f"HTTP {answer.status_code}" == self.told.first, answer.text
        for name, value in self.told.headers:
            given = answer.headers.getlist(name)
            assert (value in given) if value else not given, (name, given)
        if self.told.body != "~":
            found = answer.get_data(as_text=True).replace("'main.", "'depot.")  # SQLite's one schema
            assert said(found) == said(self.told.body), found


def said(text: str) -> Any:
    """What a body says: the value of JSON, numbers with all their digits, or the text itself."""
    text = text.strip("\n")
    if "\n{" in text:  # an object a line
        return [said(line) for line in text.split("\n")]
    if text[:1] in ("{", "[", '"') or text in ("null", "true", "false") or text.lstrip("-").isdecimal():
        return json.loads(text, parse_float=Decimal)
    return text


def cases(path: Path) -> list[tuple[str, list[Exchange]]]:
    """The cases of a file with their titles."""
    found = []
    for text in path.read_text(encoding="utf-8").split("\n### ")[1:]:
        title, _, steps = text.partition("\n")
        exchanges = []
        for step in steps.split("\n--\n"):
            asked, _, told = step.partition("\nHTTP ")
            exchanges.append(Exchange(Message.parse(asked), Message.parse("HTTP " + told)))
        found.append((f"{path.stem}: {title}", exchanges))
    return found
