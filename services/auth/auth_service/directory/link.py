"""Connections to servers of the directory: always with TLS and a verified certificate, and three outcomes."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import ldap3
from ldap3.core import results
from ldap3.core.exceptions import LDAPExceptionError
from ldap3.protocol.sasl.sasl import sasl_prep

from auth_service.directory.config import Directory, Server, is_address

# answers to a bind that say something about who binds; all others are about the server
_REFUSALS = {
    results.RESULT_INVALID_CREDENTIALS,
    results.RESULT_INAPPROPRIATE_AUTHENTICATION,
    results.RESULT_NO_SUCH_OBJECT,
    results.RESULT_INVALID_DN_SYNTAX,
    results.RESULT_UNWILLING_TO_PERFORM,
    results.RESULT_CONSTRAINT_VIOLATION,
    results.RESULT_INSUFFICIENT_ACCESS_RIGHTS,
}


class Refused(Exception):
    """The directory refuses this name and password; the message says why, for the operator alone."""


class Unavailable(Exception):
    """The directory can't tell; the message says why, for the operator alone. ``stage``: connect, tls, bind, search."""

    def __init__(self, stage: str, why: str) -> None:
        super().__init__(why)
        self.stage = stage


@dataclass(frozen=True)
class Entry:
    """An entry of the directory; attributes by their name in lower case."""

    dn: str
    attributes: dict[str, tuple[bytes, ...]]

    def raw(self, name: str) -> tuple[bytes, ...]:
        """All values of an attribute."""
        return self.attributes.get(name.lower(), ())

    def texts(self, name: str) -> tuple[str, ...]:
        """All values of an attribute, as text."""
        return tuple(value.decode(errors="replace") for value in self.raw(name))

    def text(self, name: str) -> str:
        """The first value of an attribute as text; empty where there is none."""
        return next(iter(self.texts(name)), "")


class Link:
    """One open connection, TLS established, of one thread. Every method raises `Unavailable`."""

    def __init__(self, connection: "ldap3.Connection", directory: Directory) -> None:
        self._connection = connection
        self._directory = directory

    @property
    def tls_version(self) -> str:
        """The version of TLS, as in ``TLSv1.3``."""
        return str(self._connection.socket.version())

    def bind(self, name: str, password: str) -> None:
        """Bind with a name and a password, once. Raises `Refused`; an empty password never leaves this process."""
        if not name or not password:
            raise Refused("an empty name or password")  # RFC 4513 §5.1.2: such a bind would succeed as nobody
        try:
            sasl_prep(password)  # as the bind does, which would not tell this from a broken connection
        except LDAPExceptionError:
            raise Refused("the password has characters that no password can have (RFC 4013)") from None
        with _faults_told("bind"):
            self._connection.rebind(name, password, read_server_info=False)
            result = self._connection.result or {}
        code, why = result.get("result"), f"{result.get('description')}: {result.get('message') or ''}".rstrip(": ")
        if code in _REFUSALS:
            raise Refused(why)
        if code != results.RESULT_SUCCESS:
            raise Unavailable("bind", why)

    def search(
        self, base: str, filter_: str, attributes: Sequence[str], *, limit: int = 0, itself: bool = False
    ) -> list[Entry]:
        """The entries below ``base`` (or only ``base`` itself) that fit; a base that does not exist has none.

        With a ``limit`` no more than so many, and no fault where there are more.
        """
        with _faults_told("search"):
            self._connection.search(
                base,
                filter_,
                ldap3.BASE if itself else ldap3.SUBTREE,
                attributes=list(attributes),
                size_limit=limit,
                time_limit=self._directory.timeout,
            )
            result, response = self._connection.result or {}, self._connection.response or []
        code = result.get("result")
        if code == results.RESULT_NO_SUCH_OBJECT:
            return []
        if code != results.RESULT_SUCCESS and not (limit and code == results.RESULT_SIZE_LIMIT_EXCEEDED):
            raise Unavailable("search", f"{result.get('description')}: {result.get('message') or ''}".rstrip(": "))
        # a reference to another server is not followed
        return [_entry(found) for found in response if found.get("type") == "searchResEntry"]


@contextmanager
def dial(directory: Directory, server: Server) -> Iterator[Link]:
    """A connection to one server, hung up at the end. Raises `Unavailable`: nothing was bound yet."""
    connection: Any = None
    try:
        with _faults_told("connect"):
            connection = _connection(directory, server)
            connection.open(read_server_info=False)
            if not server.implicit_tls:
                with _faults_told("tls"):
                    connection.start_tls(read_server_info=False)
            if not isinstance(connection.socket, ssl.SSLSocket):
                raise Unavailable("tls", "the connection did not come under TLS")
        yield Link(connection, directory)
    finally:
        if connection is not None:
            _hang_up(connection)


def _connection(directory: Directory, server: Server) -> "ldap3.Connection":
    tls = ldap3.Tls(
        validate=ssl.CERT_REQUIRED,
        version=ssl.PROTOCOL_TLS_CLIENT,
        ca_certs_file=directory.ca_file,
        sni=None if is_address(server.host) else server.host,
    )
    target = ldap3.Server(
        f"[{server.host}]" if ":" in server.host else server.host,
        port=server.port,
        use_ssl=server.implicit_tls,
        tls=tls,
        get_info=ldap3.NONE,
        connect_timeout=directory.connect_timeout,
    )
    return ldap3.Connection(
        target,
        client_strategy=ldap3.SYNC,
        auto_bind=ldap3.AUTO_BIND_NONE,
        auto_referrals=False,
        receive_timeout=directory.timeout,
        raise_exceptions=False,
        check_names=False,
    )


@contextmanager
def _faults_told(stage: str) -> Iterator[None]:
    try:
        yield
    except (Refused, Unavailable):
        raise
    except Exception as fault:  # noqa: BLE001  (ldap3 lets KeyError and others out when what comes is not LDAP)
        text = f"{type(fault).__name__}: {fault}"
        in_tls = stage == "connect" and ("ssl" in text.lower() or "certificate" in text.lower())
        raise Unavailable("tls" if in_tls else stage, text) from None


def _entry(found: dict[str, Any]) -> Entry:
    # a server may answer with ranges and options, as in member;range=0-1499: the part before names the attribute
    raw = found.get("raw_attributes") or {}
    return Entry(str(found["dn"]), {str(name).lower(): tuple(values) for name, values in raw.items()})


def _hang_up(connection: Any) -> None:
    with suppress(Exception):  # it is gone either way
        connection.unbind()
