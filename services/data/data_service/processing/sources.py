"""`sources:` of the configuration: the remote hosts that may be called, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from data_service.policy_document import Faults, Node, mapping, name
from data_service.processing.remote_operations import OperationRule, parse_operations
from data_service.processing.scalars import number, text, truth
from data_service.remote.addresses import is_inner, is_written_address
from data_service.remote.http import origin

SourceKind = Literal["rest", "graphql", "wsdl", "database"]
KINDS: tuple[SourceKind, ...] = ("rest", "graphql", "wsdl", "database")
_HTTP = ("hosts", "inner", "ca", "headers", "basic", "bearer", "max_bytes", "operations")
_ALL = ("timeout", "connections", "failures", "pause")
_USUAL_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that stands in a file of this name in the folder of secrets, not in the configuration."""

    name: str


Text = str | Secret


@dataclass(frozen=True, slots=True)
class SourceRule:
    """A remote source.

    ``address``: where it is (of the kind ``wsdl``: its WSDL). ``hosts``: addresses of further hosts that may be called.
    ``inner``: its names may lead to addresses that are not of the public internet. ``login``: a user and a password,
    sent as ``basic`` or ``wsse`` (`scheme`). ``timeout`` in seconds for each call, at most ``connections`` at once;
    after ``failures`` in a row it is left alone for ``pause`` seconds. ``max_bytes`` bound an answer. ``line`` is
    where it stands.
    """

    name: str
    kind: SourceKind
    address: Text
    hosts: tuple[str, ...] = ()
    inner: bool = False
    ca: str | None = None
    headers: tuple[tuple[str, Text], ...] = ()
    login: tuple[str, Text] | None = None
    scheme: Literal["basic", "wsse"] = "basic"
    bearer: Text | None = None
    timeout: float = 5.0
    connections: int = 4
    failures: int = 5
    pause: float = 10.0
    max_bytes: int = _USUAL_BYTES
    operations: tuple[OperationRule, ...] = ()
    every_operation: bool = False
    line: int = field(default=1, compare=False)

    def secrets(self) -> tuple[Secret, ...]:
        """All secrets that it needs."""
        texts = [self.address, self.bearer, *(value for _, value in self.headers), self.login and self.login[1]]
        return tuple(value for value in texts if isinstance(value, Secret))


def parse_sources(node: Node | None, faults: Faults) -> Mapping[str, SourceRule]:
    """The sources by name; what is wrong goes to ``faults``."""
    given = mapping(node, faults, "sources") if node is not None else {}
    found = {key: _Reader(key, item, faults).source() for key, item in given.items()}
    return {key: rule for key, rule in found.items() if rule is not None}


def unreachable(address: str, *, inner: bool) -> str | None:
    """Why an address can't be called, None where it can; in the clear only within one's own network (``inner``)."""
    try:
        scheme, host, _ = origin(address)
    except ValueError as fault:
        return f"{address} can't be called: {fault}"
    if scheme == "http" and not (inner or (is_written_address(host) and is_inner(host.strip("[]")))):
        advice = "use https://, or write `inner: true` for a host of your own network"
        return f"{address} would be called in the clear: {advice}"
    return None


class _Reader:
    """One source."""

    def __init__(self, key: str, node: Node, faults: Faults) -> None:
        self._key = key
        self._node = node
        self._faults = faults

    def source(self) -> SourceRule | None:
        faults, place = self._faults, f"the source {self._key}"
        kinds = [kind for kind in KINDS if isinstance(self._node.value, Mapping) and kind in self._node.value]
        if len(kinds) != 1:
            mapping(self._node, faults, place, (*KINDS, *_HTTP, *_ALL, "wsse"))
            faults.add(self._node.line, f"{place} needs one of {', '.join(KINDS)}: what it is, and its address")
            return None
        kind = kinds[0]
        known = (kind, *_ALL, *(_HTTP if kind != "database" else ()), *(("wsse",) if kind == "wsdl" else ()))
        keys = mapping(self._node, faults, place, known)
        address = self._text(keys[kind], kind)
        if address is None:
            return None
        inner, hosts = truth(keys, "inner", faults), self._hosts(keys)
        if kind != "database":
            for item in (keys[kind], *(keys["hosts"].value if hosts else ())):
                self._reachable(item, inner)
        served, every = parse_operations(keys.get("operations"), kind, faults)
        scheme: Literal["basic", "wsse"] = "wsse" if "wsse" in keys else "basic"
        return SourceRule(
            name=self._key,
            kind=kind,
            address=address,
            hosts=hosts,
            inner=inner,
            ca=text(keys, "ca", faults),
            headers=self._headers(keys),
            login=self._login(keys, scheme),
            scheme=scheme,
            bearer=self._text(keys["bearer"], "bearer") if "bearer" in keys else None,
            timeout=number(keys, "timeout", 5.0, faults, least=0.01, most=300),
            connections=int(number(keys, "connections", 4, faults, least=1, most=64)),
            failures=int(number(keys, "failures", 5, faults, least=1, most=1000)),
            pause=number(keys, "pause", 10.0, faults, least=0.01, most=3600),
            max_bytes=int(number(keys, "max_bytes", _USUAL_BYTES, faults, least=1, most=2**28)),
            operations=served,
            every_operation=every,
            line=self._node.line,
        )

    def _text(self, node: Node, what: str) -> Text | None:
        """A text, or ``{secret: name}``."""
        if not isinstance(node.value, Mapping):
            return name(node, self._faults, what)
        keys = mapping(node, self._faults, what, ("secret",))
        found = text(keys, "secret", self._faults)
        if found is None:
            self._faults.add(node.line, f"{what} must be a text or `{{secret: name}}`")
            return None
        if "/" in found or found.startswith("."):
            self._faults.add(node.line, f"a secret is a file's name in the folder of secrets, not {found}")
        return Secret(found)

    def _hosts(self, keys: Mapping[str, Node]) -> tuple[str, ...]:
        node = keys.get("hosts")
        if node is None:
            return ()
        if not isinstance(node.value, tuple):
            self._faults.add(node.line, f"hosts must be a list of addresses, not {node.kind}")
            return ()
        return tuple(found for item in node.value if (found := name(item, self._faults, "hosts")) is not None)

    def _reachable(self, node: Node, inner: bool) -> None:
        """An address that can be called, and safely so."""
        if not isinstance(node.value, str):
            if not isinstance(node.value, Mapping) or "secret" not in node.value:
                return
            self._faults.add(node.line, "an address to be called stands in the file; only credentials are secrets")
            return
        fault = unreachable(node.value, inner=inner)
        if fault is not None:
            self._faults.add(node.line, fault)

    def _headers(self, keys: Mapping[str, Node]) -> tuple[tuple[str, Text], ...]:
        given = mapping(keys["headers"], self._faults, "headers") if "headers" in keys else {}
        found = ((key, self._text(item, f"the header {key}")) for key, item in given.items())
        return tuple((key, value) for key, value in found if value is not None)

    def _login(self, keys: Mapping[str, Node], scheme: str) -> tuple[str, Text] | None:
        if scheme not in keys:
            return None
        given = mapping(keys[scheme], self._faults, scheme, ("user", "password"))
        user = text(given, "user", self._faults)
        password = self._text(given["password"], "password") if "password" in given else None
        if user is None or password is None:
            self._faults.add(keys[scheme].line, f"{scheme} needs user and password")
            return None
        return user, password
