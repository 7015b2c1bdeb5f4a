"""Examples as commands for a shell."""

import re
import shlex

import msgspec
from chassis.examples import Example

from gateway_service.examples import Examples

_ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><ListYourTable/></s:Body></s:Envelope>'
)
# where there is nothing to show yet
GENERIC: Examples = {
    "rest": Example(method="GET", path="/rest/v1/your_table?select=id&limit=5"),
    "graphql": Example(
        method="POST",
        path="/graphql",
        headers={"Content-Type": "application/json"},
        body='{"query":"{ your_table(limit: 5) { id } }"}',
    ),
    "soap": Example(method="POST", path="/soap/v1", headers={"Content-Type": "text/xml"}, body=_ENVELOPE),
}


def command(example: Example, public_url: str, *, token: bool) -> str:
    """The example for curl, on one line. ``token``: it carries the access token in ``$TOKEN``."""
    words = ["curl", "-s", shlex.quote(public_url + example.path)]
    if token:
        words.insert(2, '-H "Authorization: Bearer $TOKEN"')
    words += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in example.headers.items()]
    if example.body:
        words.append(f"-d {shlex.quote(_on_one_line(example.body))}")
    return " ".join(words)


def sign_in(public_url: str, email: str, password: str) -> str:
    """The command that puts an access token into ``$TOKEN``."""
    body = msgspec.json.encode({"email": email, "password": password}).decode()
    address = shlex.quote(f"{public_url}/auth/v1/token?grant_type=password")
    cut = r"""sed 's/.*"access_token": *"\([^"]*\)".*/\1/'"""
    return f"TOKEN=$(curl -s {address} -H 'Content-Type: application/json' -d {shlex.quote(body)} | {cut})"


def _on_one_line(body: str) -> str:
    if body.startswith("{"):  # JSON, with a GraphQL document in it: neither minds
        return re.sub(r"(?:\\n|\s)+", " ", body)
    return re.sub(r">\s+<", "><", body)
