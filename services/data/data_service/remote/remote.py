"""All remote sources of a configuration, opened, and opened anew where the configuration changes."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from contracts.catalog import Function, Returns
from contracts.identity import Caller
from contracts.operations import Value
from contracts.problems import Problem

from data_service.policy_document import ConfigurationError, Fault
from data_service.processing.enrich import EnrichRule
from data_service.processing.sources import SourceRule, unreachable
from data_service.remote.database import DatabaseAsker, Opener
from data_service.remote.functions import Operation, called, described
from data_service.remote.http import HttpClient
from data_service.remote.lookup import Lookup
from data_service.remote.rest import GraphqlAsker, RestAsker
from data_service.remote.secrets import Secrets
from data_service.remote.source import Source
from data_service.remote.trouble import Trouble

NO_ADDRESSES: Mapping[str, str] = MappingProxyType({})
log = logging.getLogger("trivet.remote")


class Remote:
    """The sources by name. ``copies`` is the folder for the last good copies of WSDLs, ``secrets`` that of secrets.

    ``open_data`` opens another database. ``read_only``: no operation is called that may change something.
    ``addresses`` stand for those in the configuration, by the source's name.
    """

    def __init__(
        self,
        *,
        secrets: Path | None,
        copies: Path,
        open_data: Opener,
        read_only: bool = False,
        addresses: Mapping[str, str] = NO_ADDRESSES,
    ) -> None:
        self._read_only = read_only
        self._addresses = addresses
        self._secrets = Secrets(secrets)
        self._copies = copies
        self._open_data = open_data
        self._sources: dict[str, Source] = {}
        self._lookups: dict[str, Lookup] = {}
        self._operations: dict[str, Operation] = {}
        self._missing: list[SourceRule] = []  # those that could not be asked what they can do
        self._file = ""

    def follow(self, rules: Mapping[str, SourceRule], file: str = "") -> None:
        """Have just these sources open; one whose rule has not changed goes on as it is.

        Raises `ConfigurationError` where a secret can't be read, or an address that stands for another be called.
        """
        rules = {name: self._placed(rule) for name, rule in rules.items()}
        faults = self.faults(rules, file)
        if faults:
            raise ConfigurationError(faults)
        self._file = file
        for name in [name for name, source in self._sources.items() if rules.get(name) != source.rule]:
            self._sources.pop(name).close()
        for name, rule in rules.items():
            if name not in self._sources:
                self._sources[name] = self._open(rule)
        self._operations = self._served(file)

    def misfits(self, rules: Iterable[EnrichRule]) -> list[Fault]:
        """What in the rules does not fit their sources, as far as these can be asked now."""
        faults: list[Fault] = []
        for rule in rules:
            source = self._sources.get(rule.source)
            if source is None or source.rule in self._missing or rule.ask.kind not in ("wsdl", "database"):
                continue
            try:
                fault = source.asker.misfit(rule)
            except Trouble as trouble:
                log.warning("%s:%s: source %s: %s", self._file, rule.line, rule.source, trouble.reason)
                continue
            if fault is not None:
                faults.append(Fault(self._file, rule.line, fault))
        return faults

    def functions(self) -> tuple[Function, ...]:
        """The operations of sources that are served; those of a WSDL that can't be had are missing."""
        return tuple(operation.function for operation in self._operations.values())

    def lines(self) -> dict[str, int]:
        """Where each of these operations stands."""
        return {name: operation.line for name, operation in self._operations.items()}

    def reread(self) -> None:
        """Read all WSDLs again when `follow` is called next."""
        for source in self._sources.values():
            if source.rule.kind == "wsdl":
                source.asker.forget()

    def undescribed(self) -> tuple[Function, ...]:
        """The operations of sources that could not be asked what they can do: their names, and nothing more."""
        return tuple(
            Function(name=rule.name, schema="", function=rule.name, returns=Returns(kind="void"), source="remote")
            for source in self._missing
            for rule in source.operations
        )

    def missing(self) -> tuple[SourceRule, ...]:
        """The sources that could not be asked what they can do."""
        return tuple(self._missing)

    def mark(self) -> str:
        """What is another when `functions` would be: a WSDL that could not be had is asked for again."""
        missing = [source for source in self._sources.values() if source.rule in self._missing]
        if any(source.asker.known() for source in missing):
            self._operations = self._served(self._file)
        told = [(operation.source, operation.function) for operation in self._operations.values()]
        return sha256(msgspec.json.encode(told)).hexdigest() if told or self._missing else ""

    def call(
        self, function: Function, arguments: Mapping[str, Value], caller: Caller, session: object, *, writes: bool
    ) -> Any:
        """Call a remote operation (`data_service.execute.foreign.Foreign`). Raises `Problem`."""
        operation = self._operations.get(function.name)
        source = self.get(operation.source) if operation is not None else None
        if operation is None or source is None:
            raise Trouble("failed", "it is not open").problem(function.name, function.name)
        if not function.reads_only and (self._read_only or not writes):
            raise Problem("25006", f"cannot execute {function.name} in a read-only transaction")
        return called(operation, source, arguments)

    def lookup(self, place: str, rule: EnrichRule) -> Lookup:
        """What looks up the values of the field at a place; it is the same until its rule changes."""
        known = self._lookups.get(place)
        if known is None or known.rule != rule:
            known = self._lookups[place] = Lookup(rule)
        return known

    def get(self, name: str) -> Source | None:
        """The source of this name, None where there is none now."""
        return self._sources.get(name)

    def faults(self, rules: Mapping[str, SourceRule], file: str) -> list[Fault]:
        """What is wrong with the sources beside their wording: secrets that can't be read."""
        missing = [(rule.line, self._secrets.fault(secret)) for rule in rules.values() for secret in rule.secrets()]
        missing += [
            (rule.line, unreachable(rule.address, inner=rule.inner))
            for name, rule in rules.items()
            if name in self._addresses and rule.kind != "database" and isinstance(rule.address, str)
        ]
        return [Fault(file, line, fault) for line, fault in missing if fault is not None]

    def close(self) -> None:
        """Close all."""
        self.follow({})

    def _placed(self, rule: SourceRule) -> SourceRule:
        """The rule with the address that its source has here."""
        return replace(rule, address=self._addresses[rule.name]) if rule.name in self._addresses else rule

    def _served(self, file: str) -> dict[str, Operation]:
        """All operations that are served. Raises `ConfigurationError` where two have one name, or a WSDL lacks one."""
        faults: list[Fault] = []
        found: dict[str, Operation] = {}
        self._missing = []
        for source in self._sources.values():
            try:
                operations = self._operations_of(source, faults, file)
            except Trouble as trouble:
                self._missing.append(source.rule)
                log.warning("%s:%s: source %s: %s", file, source.rule.line, source.rule.name, trouble.reason)
                continue
            for operation in operations:
                name = operation.function.name
                if name in found:
                    faults.append(
                        Fault(file, operation.line, f"{name} is an operation of {found[name].source} already")
                    )
                found[name] = operation
        if faults:
            raise ConfigurationError(faults)
        return found

    def _operations_of(self, source: Source, faults: list[Fault], file: str) -> list[Operation]:
        rule = source.rule
        if rule.kind == "wsdl":
            operations, missing = source.asker.operations()
            faults += [Fault(file, line, message) for line, message in missing]
            return list(operations)
        return [described(rule.name, operation) for operation in rule.operations]

    def _open(self, rule: SourceRule) -> Source:
        if rule.kind == "database":
            database = DatabaseAsker(rule, lambda: self._open_data(self._secrets.reveal(rule.address), rule))
            return Source(rule, database, database.close)
        http = HttpClient(
            (str(rule.address), *rule.hosts),
            inner=rule.inner,
            ca=rule.ca,
            connections=rule.connections,
            most=rule.max_bytes,
        )
        asker: Any
        if rule.kind == "wsdl":
            from data_service.remote.soap import SoapAsker  # what it needs is large, and few need it

            asker = SoapAsker(rule, http, self._secrets, self._copies / sha256(rule.name.encode()).hexdigest()[:16])
        else:
            asker = (RestAsker if rule.kind == "rest" else GraphqlAsker)(rule, http, self._secrets)
        return Source(rule, asker, http.close)
