"""SOAP services asked by their WSDL: zeep reads it and writes the messages, our own client carries them."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import zeep
from lxml import etree
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault as SoapFault
from zeep.helpers import serialize_object
from zeep.wsse.username import UsernameToken

from data_service.policy_document import suggestion
from data_service.processing.asks import Ask
from data_service.processing.enrich import EnrichRule
from data_service.processing.remote_operations import OperationRule, snake_case
from data_service.processing.sources import SourceRule
from data_service.remote.credentials import headers_of
from data_service.remote.functions import Operation, told_by_wsdl
from data_service.remote.http import HttpClient
from data_service.remote.places import fill
from data_service.remote.secrets import Secrets
from data_service.remote.soap_types import operations_of, signature_of
from data_service.remote.trouble import Trouble

log = logging.getLogger("trivet.remote")
logging.getLogger("zeep").setLevel(logging.WARNING)  # what it tells at a lower level are whole messages
_LONGEST = 300  # characters of what a service says
_SOON = 10.0  # seconds until a WSDL that could not be read is tried again


class SoapAsker:
    """Calls the operations of a WSDL. ``copies`` is a folder for its last good copy, and those of what it includes."""

    def __init__(self, rule: SourceRule, http: HttpClient, secrets: Secrets, copies: Path) -> None:
        self._rule = rule
        self._secrets = secrets
        self._transport = _Transport(rule, http, secrets, copies)
        self._client: zeep.Client | None = None
        self._lock = threading.Lock()
        self._failed: tuple[float, Trouble] | None = None

    def ask(self, ask: Ask, values: Mapping[str, Any], deadline: float, *, again: bool) -> Any:
        """What the operation gives, as plain values. Raises `Trouble`; `told` is the text of a SOAP fault."""
        arguments = fill(ask.given or {}, values)
        client = self.client(deadline)
        with self._transport.until(deadline, again=again):
            try:
                answer = client.service[ask.what](**arguments)
            except SoapFault as fault:
                raise Trouble("failed", "it answers with a fault", told=str(fault.message)[:_LONGEST]) from None
            except AttributeError:
                raise Trouble("failed", f"its WSDL has no operation {ask.what[:100]}") from None
            except (ZeepError, etree.Error, TypeError, ValueError, KeyError) as fault:
                raise Trouble("failed", f"{ask.what[:100]} can't be asked or understood: {_kind(fault)}") from None
        return serialize_object(answer, dict)

    def forget(self) -> None:
        """Read the WSDL again at the next use."""
        self._client = self._failed = None

    def misfit(self, rule: EnrichRule) -> str | None:
        """Why the WSDL can't answer a field's rule; None where it can. Raises `Trouble`."""
        known = operations_of(self.client())
        if rule.ask.what not in known:
            return f"the WSDL has no operation {rule.ask.what}{suggestion(rule.ask.what, known)}"
        arguments = [argument.name for argument in signature_of(known[rule.ask.what]).arguments]
        for name in rule.ask.given or {}:
            if name not in arguments:
                return f"{rule.ask.what} takes no {name}{suggestion(name, arguments)}"
        return None

    def known(self) -> bool:
        """Whether the WSDL is known; it is asked for where it is not."""
        try:
            return self.client() is not None
        except Trouble:
            return False

    def operations(self) -> tuple[list[Operation], list[tuple[int, str]]]:
        """The operations that are served; by line, those that the WSDL lacks. Raises `Trouble`."""
        rule = self._rule
        if not rule.operations and not rule.every_operation:
            self.client()
            return [], []
        known = operations_of(self.client())
        wanted = [
            OperationRule(snake_case(name), Ask("wsdl", name), line=rule.line) for name in known if rule.every_operation
        ]
        found: list[Operation] = []
        missing: list[tuple[int, str]] = []
        for one in (*wanted, *rule.operations):
            if one.ask.what not in known:
                missing.append((one.line, f"its WSDL has no operation {one.ask.what}{suggestion(one.ask.what, known)}"))
                continue
            arguments, returns = signature_of(known[one.ask.what])
            named = replace(one, comment=one.comment or f"{one.ask.what} of {rule.name}")
            found.append(told_by_wsdl(rule.name, named, arguments, returns))
        return found, missing

    def client(self, deadline: float | None = None) -> zeep.Client:
        """The client, its WSDL read at the first use. Raises `Trouble`."""
        if self._client is None:
            with self._lock:
                if self._client is None:
                    self._client = self._loaded(deadline or time.monotonic() + self._rule.timeout)
        return self._client

    def _loaded(self, deadline: float) -> zeep.Client:
        if self._failed is not None and time.monotonic() < self._failed[0]:
            raise self._failed[1]
        with self._transport.until(deadline, again=True):
            try:
                return zeep.Client(
                    str(self._rule.address),
                    transport=self._transport,
                    settings=zeep.Settings(forbid_dtd=True, forbid_entities=True),
                    wsse=_Token(self._rule, self._secrets) if self._rule.scheme == "wsse" else None,
                )
            except Trouble as fault:
                trouble = Trouble(fault.kind, f"its WSDL can't be read: {fault.reason}")
            except Exception as fault:  # noqa: BLE001  (whatever a WSDL brings about in zeep)
                trouble = Trouble("failed", f"its WSDL can't be understood: {_kind(fault)}")
        self._failed = (time.monotonic() + _SOON, trouble)
        raise trouble


class _Token(UsernameToken):
    """The user's name and password, read anew for each message."""

    def __init__(self, rule: SourceRule, secrets: Secrets) -> None:
        user, self._password = rule.login or ("", "")
        self._secrets = secrets
        super().__init__(user, "")  # type: ignore[no-untyped-call]

    def apply(self, envelope: Any, headers: Any) -> Any:
        user = UsernameToken(self.username, self._secrets.reveal(self._password))
        return user.apply(envelope, headers)


class _Reply(NamedTuple):
    """As much of an answer as zeep looks at."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    encoding: str | None = None


class _Call(threading.local):
    """The call that the thread at hand makes."""

    deadline = 0.0
    again = False


class _Transport(zeep.Transport):
    """Carries zeep's messages; it opens no files, and calls nobody whom the configuration does not name."""

    def __init__(self, rule: SourceRule, http: HttpClient, secrets: Secrets, copies: Path) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._rule = rule
        self._http = http
        self._secrets = secrets
        self._copies = copies
        self._call = _Call()

    def until(self, deadline: float, *, again: bool) -> "_Until":
        """All that is carried within has until then."""
        return _Until(self._call, deadline, again)

    def load(self, url: str) -> bytes:
        """A WSDL or schema; the last good copy where it can't be had."""
        copy = self._copies / sha256(url.encode()).hexdigest()[:32]
        try:
            headers = headers_of(self._rule, self._secrets)
            answer = self._http.call("GET", url, headers=headers, deadline=self._call.deadline, again=True)
            if answer.status != 200:
                raise Trouble("failed", f"it answers {answer.status}")
            etree.fromstring(answer.body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
        except (Trouble, ValueError, etree.XMLSyntaxError) as fault:
            if not copy.is_file():
                raise fault if isinstance(fault, Trouble) else Trouble("failed", "it is no XML") from None
            why = fault.reason if isinstance(fault, Trouble) else "it is no XML"
            log.warning("source %s: its WSDL can't be had now, the last good copy serves: %s", self._rule.name, why)
            return copy.read_bytes()
        self._keep(copy, answer.body)
        return answer.body

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> _Reply:
        given = {**headers, **headers_of(self._rule, self._secrets)}
        call = self._call
        answer = self._http.call("POST", address, headers=given, body=message, deadline=call.deadline, again=call.again)
        return _Reply(answer.status, {name.title(): value for name, value in answer.headers.items()}, answer.body)

    def get(self, address: str, params: Any, headers: Any) -> _Reply:
        raise Trouble("failed", "its WSDL asks for HTTP GET, which is no SOAP")

    def _keep(self, copy: Path, text: bytes) -> None:
        try:
            self._copies.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = copy.with_suffix(f".{threading.get_ident()}")
            part.write_bytes(text)
            part.replace(copy)
        except OSError as fault:
            log.warning("source %s: its WSDL can't be kept: %s", self._rule.name, fault.strerror)


class _Until:
    """A time limit for a stretch of code."""

    def __init__(self, call: _Call, deadline: float, again: bool) -> None:
        self._call = call
        self._given = (deadline, again)

    def __enter__(self) -> None:
        self._call.deadline, self._call.again = self._given

    def __exit__(self, *fault: object) -> None:
        self._call.deadline = 0.0


def _kind(fault: Exception) -> str:
    """What the log may say of an error: never a message's text, which may hold values."""
    words = str(fault).splitlines()[0][:200] if isinstance(fault, TypeError | AttributeError) and str(fault) else ""
    return f"{type(fault).__name__}: {words}" if words else type(fault).__name__
