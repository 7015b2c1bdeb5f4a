"""Commands to try, filled in with a resource that the caller may really read."""

import re
import shlex
from collections.abc import Sequence

import msgspec
from contracts.catalog import Catalog, Resource

# resources whose name is the same in REST and GraphQL, and in SOAP by the plain part of its rule alone
_PLAIN = re.compile(r"(?!xml)[A-Za-z][a-z0-9]+(?:[A-Z][a-z0-9]+)*(?:_[a-z][a-z0-9]*)*")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_GENERIC = "your_table"


class Example(msgspec.Struct, frozen=True):
    """One way in: its address, the document that describes it, a command to try, and what the command shows."""

    name: str
    address: str
    document: str
    command: str


def examples(catalog: Catalog | None, public_url: str, namespace: str, *, token: bool) -> list[Example]:
    """A command for each API. ``token``: the caller is signed in, so the commands carry ``$TOKEN``."""
    resource = pick(catalog.resources) if catalog is not None else None
    name = resource.name if resource is not None else _GENERIC
    fields = _fields(resource) if resource is not None else ["id"]
    return [
        _rest(public_url, name, fields, token),
        _graphql(public_url, name, fields, token),
        _soap(public_url, name, fields, namespace, token=token),
    ]


def pick(resources: Sequence[Resource]) -> Resource | None:
    """A resource that shows well: a plain name, a table with a key, and other tables behind it."""
    plain = [resource for resource in resources if _PLAIN.fullmatch(resource.name) and _fields(resource)]
    return max(plain, key=_appeal, default=None)


def sign_in(public_url: str, email: str, password: str) -> str:
    """The command that puts an access token into ``$TOKEN``."""
    body = msgspec.json.encode({"email": email, "password": password}).decode()
    address = shlex.quote(f"{public_url}/auth/v1/token?grant_type=password")
    cut = r"""sed 's/.*"access_token": *"\([^"]*\)".*/\1/'"""
    return f"TOKEN=$(curl -s {address} -H 'Content-Type: application/json' -d {shlex.quote(body)} | {cut})"


def _appeal(resource: Resource) -> tuple[bool, bool, int, int]:
    embeds = min(len(resource.relations), 6)
    return (resource.kind == "table", bool(resource.key), embeds, -len(resource.name))


def _fields(resource: Resource) -> list[str]:
    shown = [f.name for f in resource.fields if _FIELD.fullmatch(f.name) and f.type not in ("bytes", "json")]
    return shown[:3]


def _curl(token: bool) -> str:
    return 'curl -s -H "Authorization: Bearer $TOKEN"' if token else "curl -s"


def _rest(url: str, name: str, fields: list[str], token: bool) -> Example:
    address = f"{url}/rest/v1"
    target = f"{address}/{name}?select={','.join(fields)}&limit=3"
    return Example("REST", address, f"{address}/openapi.json", f"{_curl(token)} {shlex.quote(target)}")


def _graphql(url: str, name: str, fields: list[str], token: bool) -> Example:
    address = f"{url}/graphql"
    body = msgspec.json.encode({"query": f"{{ {name}(limit: 3) {{ {' '.join(fields)} }} }}"}).decode()
    command = f"{_curl(token)} {address} -H 'Content-Type: application/json' -d {shlex.quote(body)}"
    return Example("GraphQL", address, address, command)


def _soap(url: str, name: str, fields: list[str], namespace: str, *, token: bool) -> Example:
    address = f"{url}/soap/v1"
    operation = "List" + "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    chosen = "".join(f"<string>{field}</string>" for field in fields)
    envelope = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<{operation} xmlns="{namespace}"><page><limit>3</limit></page><fields>{chosen}</fields>'
        f"</{operation}></s:Body></s:Envelope>"
    )
    command = f"{_curl(token)} {address} -H 'Content-Type: text/xml' -d {shlex.quote(envelope)}"
    return Example("SOAP", address, f"{address}?wsdl", command)
