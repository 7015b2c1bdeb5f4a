"""All remote sources of a configuration, opened, and opened anew where the configuration changes."""

import logging
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from data_service.policy_document import ConfigurationError, Fault
from data_service.processing.enrich import EnrichRule
from data_service.processing.sources import SourceRule
from data_service.remote.database import DatabaseAsker, Opener
from data_service.remote.http import HttpClient
from data_service.remote.lookup import Lookup
from data_service.remote.rest import GraphqlAsker, RestAsker
from data_service.remote.secrets import Secrets
from data_service.remote.source import Source

log = logging.getLogger("trivet.remote")


class Remote:
    """The sources by name. ``copies`` is the folder for the last good copies of WSDLs, ``secrets`` that of secrets.

    ``open_data`` opens another database.
    """

    def __init__(self, *, secrets: Path | None, copies: Path, open_data: Opener) -> None:
        self._secrets = Secrets(secrets)
        self._copies = copies
        self._open_data = open_data
        self._sources: dict[str, Source] = {}
        self._lookups: dict[str, Lookup] = {}

    def follow(self, rules: Mapping[str, SourceRule], file: str = "") -> None:
        """Have just these sources open; one whose rule has not changed goes on as it is.

        Raises `ConfigurationError` where a secret can't be read.
        """
        faults = self.faults(rules, file)
        if faults:
            raise ConfigurationError(faults)
        for name in [name for name, source in self._sources.items() if rules.get(name) != source.rule]:
            self._sources.pop(name).close()
        for name, rule in rules.items():
            if name not in self._sources:
                self._sources[name] = self._open(rule)

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
        return [Fault(file, line, fault) for line, fault in missing if fault is not None]

    def close(self) -> None:
        """Close all."""
        self.follow({})

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
