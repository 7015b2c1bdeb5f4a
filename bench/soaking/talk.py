"""A client's kept connection to the suite, and how it speaks the three protocols."""

import http.client
import json
import re
import select
import time
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

_PATIENCE = 40.0
_DOWN = (502, 503, 504)


class Lost(Exception):
    """No answer, or one that says that there is none now: what was asked may have been done or not."""

    def __init__(self, text: str, begun: float) -> None:
        super().__init__(text)
        self.begun = begun


class Talk:
    """One client, signed in with ``token`` where it is given."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._connection: http.client.HTTPConnection | None = None
        self.token = ""

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body of an answer. Raises `Lost`."""
        begun = time.time()
        kept = self._kept()
        connection = kept or http.client.HTTPConnection(self._host, timeout=_PATIENCE)
        self._connection = None
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            connection.request(method, path, body, {**sent, **(headers or {})})
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as fault:
            connection.close()
            # a connection may be closed between two requests: only a client that hears nothing at all asks again
            if (
                kept is not None
                and method == "GET"
                and isinstance(fault, http.client.RemoteDisconnected | BrokenPipeError)
            ):
                return self.ask(method, path, body, headers)
            raise Lost(f"{method} {path[:80]}: {fault!r}", begun) from None
        if answer.status in _DOWN:
            connection.close()
            raise Lost(f"{method} {path[:80]}: {answer.status} {data[:200]!r}", begun)
        self._connection = connection
        return answer.status, answer.headers, data

    def _kept(self) -> http.client.HTTPConnection | None:
        """The connection of the last request, unless the other side has closed it since."""
        kept = self._connection
        if kept is None or kept.sock is None or not select.select([kept.sock], [], [], 0)[0]:
            return kept
        self.close()
        return None

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def rest(self, method: str, path: str, row: dict[str, Any] | None = None, prefer: str = "") -> tuple[int, Any]:
        """Status and parsed body."""
        headers = {"Content-Type": "application/json"} if row is not None else {}
        if prefer:
            headers["Prefer"] = prefer
        body = json.dumps(row).encode() if row is not None else None
        status, _, data = self.ask(method, f"/rest/v1/{path}", body, headers)
        return status, json.loads(data, parse_float=Decimal) if data else None

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole parsed answer."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        _, _, data = self.ask("POST", "/v1/graphql", body, {"Content-Type": "application/json"})
        found: dict[str, Any] = json.loads(data, parse_float=Decimal)
        return found

    def soap(self, call: str) -> tuple[int, ElementTree.Element]:
        """Status and body element of the answer to a call, given as XML in our namespace."""
        name = re.match(r"<(\w+)", call)
        assert name is not None
        call = call.replace(name[0], f'{name[0]} xmlns="urn:trivet:v1"', 1)
        text = f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{call}</e:Body></e:Envelope>'
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        status, _, data = self.ask("POST", "/soap/v1", text.encode(), headers)
        body = ElementTree.fromstring(data)[-1]  # noqa: S314  (our own suite's answer)
        return status, body[0]

    def login(self, email: str, password: str) -> None:
        """Sign in. Raises `Lost`, and `AssertionError` where that is refused."""
        self.token = ""
        body = json.dumps({"email": email, "password": password}).encode()
        status, _, data = self.ask(
            "POST", "/auth/v1/token?grant_type=password", body, {"Content-Type": "application/json"}
        )
        assert status == 200, f"login: {status} {data[:200]!r}"
        self.token = json.loads(data)["access_token"]


def soap_rows(element: ElementTree.Element) -> list[dict[str, str]]:
    """The rows in a SOAP answer: every element that has only leaves."""
    if len(element) and not any(len(child) for child in element):
        return [{child.tag.rpartition("}")[2]: child.text or "" for child in element}]
    return [row for child in element for row in soap_rows(child)]


def xml(text: str) -> str:
    """Text as it stands in XML."""
    return escape(text)
