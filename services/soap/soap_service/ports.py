"""Each role's operations, kept until its catalog changes."""

from chassis.bounded import Bounded
from contracts.data import Data
from contracts.identity import Caller

from soap_service.port_type import PortType
from soap_service.profiles import Profile

_BOUND = 64
_PARTS = 16


class Ports:
    """The port types of all roles over ``data``, each made once."""

    def __init__(self, data: Data) -> None:
        self._data = data
        self._ports: Bounded[tuple[str, str, str], PortType] = Bounded(_BOUND, "soap_ports")
        self._parts: Bounded[tuple[int, tuple[str, ...]], PortType] = Bounded(_PARTS)

    def of(self, caller: Caller, profile: Profile, only: tuple[str, ...] = ()) -> PortType:
        """What a caller is offered under a profile; of some resources ``only``, where any are named.

        Raises `Problem`.
        """
        catalog = self._data.catalog(caller)
        key = (caller.principal.role, catalog.version, profile.name)
        port = self._ports.get(key)
        if port is None:
            port = PortType(catalog, profile)
            self._ports.put(key, port)
        return self._part(port, only) if only else port

    def _part(self, port: PortType, only: tuple[str, ...]) -> PortType:
        part = self._parts.get((port.serial, only))
        if part is None:
            part = PortType(port.catalog, port.profile, only)
            self._parts.put((port.serial, only), part)
        return part
