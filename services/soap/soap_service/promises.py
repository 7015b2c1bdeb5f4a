"""The services whose contracts were saved in a folder, each at an address of its own (``/soap/v1/Partner``)."""

import dataclasses
import logging
from pathlib import Path
from typing import Any

import msgspec
from chassis.express import Answer, Request
from chassis.facade import Gate
from contracts import promise as promises
from contracts.data import Data
from contracts.identity import Caller
from contracts.problems import Problem
from contracts.promise import Promise
from lxml import etree

from soap_service.door import NAMESPACE, SoapDoor, needs_login
from soap_service.port_type import PortType
from soap_service.ports import Ports
from soap_service.profiles import Profile
from soap_service.promised import PromisedPort, PromisedPorts, closed
from soap_service.receiving import Received
from soap_service.routes import Documents
from soap_service.settings import SoapSettings
from soap_service.shapes import Prepared

log = logging.getLogger("trivet")


@dataclasses.dataclass(frozen=True)
class _Settings(SoapSettings):
    """The settings of a promised service: its namespace and address are its own."""

    service: str = ""

    @property
    def address(self) -> str:
        """Where clients reach the service."""
        return f"{super().address}/{self.service}"


class _Whole(Ports):
    """All that is promised, whoever asks; without a login only where the promise is public."""

    def __init__(self, promise: Promise, data: Data, ports: PromisedPorts) -> None:
        super().__init__(data)
        self._public = promise.public
        self._promised = ports

    def of(self, caller: Caller, profile: Profile, only: tuple[str, ...] = ()) -> PortType:
        """The promised port type, or a part of it. Raises `Problem` PGRST302."""
        if caller.principal.anonymous and not self._public:
            raise needs_login()
        whole = self._promised.whole(profile)
        return closed(self._part(whole, only)) if only else whole


class PromisedDoor(SoapDoor):
    """Answers the messages of one promised service, and gives its ``documents``."""

    def __init__(self, promise: Promise, settings: SoapSettings, data: Data, gate: Gate, ports: Ports) -> None:
        promised = PromisedPorts(promise, data, ports)
        own = dataclasses.asdict(settings) | {"soap_namespace": promise.namespace, "service": promise.service}
        super().__init__(_Settings(**own), data, gate, promised)
        self.documents = Documents(self._settings, gate, _Whole(promise, data, promised))

    def converse(self, request: Request) -> Answer:
        """The answer to a message. Raises `Problem`."""
        request.environ[NAMESPACE] = self._settings.soap_namespace
        return super().converse(request)

    def _read(self, received: Received, port: PortType, caller: Caller) -> tuple[Prepared, list[Any]]:
        name = etree.QName(self._receiver.body(received)).localname
        if isinstance(port, PromisedPort) and name in port.broken:
            raise port.broken[name]
        return super()._read(received, port, caller)


class Promises:
    """The promised services; each is read again when its file was changed, and is gone with it."""

    def __init__(self, settings: SoapSettings, data: Data, gate: Gate, ports: Ports) -> None:
        self._settings = settings
        self._about = (data, gate, ports)
        self._doors: dict[str, tuple[int, PromisedDoor]] = {}

    def door(self, service: str) -> PromisedDoor:
        """The door of a service. Raises `Problem` TRV110 where there is no such service."""
        folder = self._settings.soap_contracts
        if not folder or promises.NAME.fullmatch(service) is None:
            raise _nothing()
        file = Path(folder) / (service + promises.SUFFIX)
        try:
            changed = file.stat().st_mtime_ns
            kept = self._doors.get(service)
            if kept is None or kept[0] != changed:
                found = promises.decode(file.read_bytes())
                if found.service != service:  # on a file system that knows no case
                    raise _nothing()
                kept = self._doors[service] = changed, PromisedDoor(found, self._settings, *self._about)
        except (OSError, msgspec.DecodeError) as error:
            if not isinstance(error, FileNotFoundError):
                log.error("a saved contract can't be read", extra={"fields": {"file": str(file), "error": str(error)}})
            raise _nothing() from None
        return kept[1]


def _nothing() -> Problem:
    return Problem("TRV110", "There is nothing at this address")
