"""A promised service: the port type that was saved, and as much of it as a role may use of the tables as they are."""

import copy
import dataclasses
from collections.abc import Iterable, Iterator

import msgspec
from chassis.bounded import Bounded
from contracts.data import Data
from contracts.fields import Field
from contracts.identity import Caller
from contracts.problems import Problem
from contracts.promise import Promise

from soap_service import xsd
from soap_service.port_type import PortType, next_serial
from soap_service.ports import Ports
from soap_service.profiles import Profile
from soap_service.resource_type import GENERAL, FieldElement, ResourceType, Verb

_BOUND = 64
_INTEGERS = frozenset({"int2", "int4", "int8"})


class PromisedPort(PortType):
    """A promised port type, limited to what the role of ``today`` may do; names and order are those of the promise.

    ``broken`` has a problem for each operation that can't be kept: a value's type is not the promised one any more.
    """

    def __init__(self, whole: PortType, today: PortType) -> None:
        self.__dict__.update(copy.copy(whole).__dict__)
        self.serial = next_serial()
        self.catalog = today.catalog
        now = today.by_resource
        self.types = tuple(_limited(type, now.get(type.resource.name)) for type in whole.types)
        self.by_resource = {type.resource.name: type for type in self.types}
        of_whole = {type.name: type for type in self.types}
        self.operations = {
            name: dataclasses.replace(operation, type=of_whole[operation.type.name])
            for name, operation in whole.operations.items()
            if operation.verb not in GENERAL and operation.verb in of_whole[operation.type.name].verbs
        }
        self.operations |= {name: each for name, each in whole.operations.items() if each.verb in GENERAL}
        self.broken: dict[str, Problem] = {}
        for name, operation in whole.operations.items():
            type = now.get(operation.type.resource.name)
            changed = list(_changed(operation.type, type)) if type is not None else []
            if changed:
                self.broken[name] = Problem(
                    "TRV320",
                    f"The promised service can't be held: {', '.join(changed)}",
                    hint="Undo the change, or save the contract anew under another version",
                )


class PromisedPorts(Ports):
    """The port types of a promise, for each role and profile, each made once; ``ports`` are those of the tables."""

    def __init__(self, promise: Promise, data: Data, ports: Ports) -> None:
        super().__init__(data)
        self._promise = promise
        self._today = ports
        self._whole: dict[str, PortType] = {}
        self._limited: Bounded[tuple[str, str, str], PromisedPort] = Bounded(_BOUND)

    def whole(self, profile: Profile) -> PortType:
        """All that is promised, whoever asks."""
        port = self._whole.get(profile.name)
        if port is None:
            port = self._whole[profile.name] = closed(PortType(self._promise.catalog, profile))
        return port

    def of(self, caller: Caller, profile: Profile, only: tuple[str, ...] = ()) -> PromisedPort:
        """What a caller may use of it now, whatever part is asked for. Raises `Problem`."""
        catalog = self._data.catalog(caller)
        key = (caller.principal.role, catalog.version, profile.name)
        port = self._limited.get(key)
        if port is None:
            port = PromisedPort(self.whole(profile), self._today.of(caller, profile))
            self._limited.put(key, port)
        return port


def closed(port: PortType) -> PortType:
    """The port type without queries in other words: these could name what was never promised."""
    port.operations.pop(Verb.QUERY.value, None)
    return port


def _limited(promised: ResourceType, today: ResourceType | None) -> ResourceType:
    """What is left of a type; nothing where the role sees nothing of its resource."""
    if today is None:
        gone = msgspec.structs.replace(
            promised.resource, insertable=False, updatable=False, deletable=False, aggregates=False
        )
        return dataclasses.replace(promised, resource=gone, fields=(), key=(), create=None, patch=None)
    old, new = promised.resource, today.resource
    resource = msgspec.structs.replace(
        new, deletable=old.deletable and new.deletable, aggregates=old.aggregates and new.aggregates
    )
    key = _kept(promised.key, today.fields)
    return dataclasses.replace(
        promised,
        resource=resource,
        fields=_kept(promised.fields, today.fields),
        key=key if len(key) == len(promised.key) else (),
        create=_given(promised.create, today.create),
        patch=_given(promised.patch, today.patch),
    )


def _given(
    promised: tuple[FieldElement, ...] | None, today: tuple[FieldElement, ...] | None
) -> tuple[FieldElement, ...] | None:
    return None if promised is None or today is None else _kept(promised, today)


def _kept(promised: tuple[FieldElement, ...], today: Iterable[FieldElement]) -> tuple[FieldElement, ...]:
    """The promised elements that there are fields for, as the fields are now; nil is said where it was promised."""
    fields = {element.field.name: element.field for element in today}
    return tuple(
        dataclasses.replace(
            element, field=msgspec.structs.replace(fields[element.field.name], nullable=element.field.nullable)
        )
        for element in promised
        if element.field.name in fields
    )


def _changed(promised: ResourceType, today: ResourceType) -> Iterator[str]:
    fields = {element.field.name: element.field for element in (*today.fields, *(today.create or ()))}
    for element in dict.fromkeys((*promised.fields, *(promised.create or ()), *(promised.patch or ()))):
        field = fields.get(element.field.name)
        if field is not None and not _same(element.field, field):
            yield f"{promised.resource.name}.{field.name} is no {element.field.type} any more but {field.type}"


def _same(promised: Field, today: Field) -> bool:
    """Whether values of a field can be said as it was promised; a wider integer can, until one is too large."""
    if promised.type in _INTEGERS and today.type in _INTEGERS:
        return True
    arrays = [field.type == "array" for field in (promised, today)]
    return arrays[0] == arrays[1] and xsd.kind_of(promised).xsd == xsd.kind_of(today).xsd
