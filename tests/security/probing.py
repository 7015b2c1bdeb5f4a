"""Requests by which a role may try to learn what is hidden from it, in every protocol."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.fixtures.guarded_store import Suite, Who

CLERK = Who("clerk")
BOB = Who("customer", {"customer_id": "2"})
ADA = Who("customer", {"customer_id": "1"})
AGENT = Who("agent")
COURIER = Who("courier")
DROPBOX = Who("dropbox")
NOBODY = Who("anonymous")
_REQUEST_ID = re.compile(r"<traceId>\w+</traceId>")


@dataclass(frozen=True)
class Probe:
    """One request of one role; ``text`` is an address of REST, a GraphQL document or a SOAP body."""

    who: Who
    protocol: str
    text: str
    method: str = "GET"
    body: Any = None

    def __str__(self) -> str:
        return f"{self.who.role}-{self.protocol}-{self.method}-{self.text}"

    def send(self, suite: Suite) -> tuple[int, str, str]:
        """Status, what the headers tell of rows, and text of the answer, without what differs from call to call."""
        if self.protocol == "graphql":
            answer = suite.ask(self.text, self.who)
        elif self.protocol == "soap":
            answer = suite.post(self.text, self.who)
        else:
            prefer = "count=exact, return=representation"
            answer = suite.send(self.method, self.text, self.who, self.body, Prefer=prefer)
        told = f"{answer.headers.get('Content-Range')} {answer.headers.get('Location')}"
        return answer.status_code, told, _REQUEST_ID.sub("", answer.text)


def rest(who: Who, address: str) -> Probe:
    """A read by REST."""
    return Probe(who, "rest", address)


def write(who: Who, method: str, address: str, body: Any = None) -> Probe:
    """A write by REST."""
    return Probe(who, "rest", address, method, body)


def graphql(who: Who, text: str) -> Probe:
    """A GraphQL document."""
    return Probe(who, "graphql", text)


def soap(who: Who, text: str) -> Probe:
    """A SOAP body."""
    return Probe(who, "soap", text)


def listing(who: Who, resource: str, filter: str = "", rest: str = "") -> Probe:
    """A SOAP List with the text of a filter."""
    inner = f"<filter>{filter}</filter>" if filter else ""
    return soap(who, f"<List{resource}>{inner}{rest}</List{resource}>")


def escaped(text: str) -> str:
    """A text as a part of an address."""
    return quote(text, safe="")


def string(text: str) -> str:
    """A text as a GraphQL string."""
    return json.dumps(text, ensure_ascii=False)
