"""A field's values looked up by keys: what is kept is not asked for, and who asks the same waits for one answer."""

import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from chassis.bounded import Bounded
from chassis.flights import Flights

from data_service.processing.asks import KEYS
from data_service.processing.enrich import EnrichRule
from data_service.remote.database import DatabaseAsker
from data_service.remote.matching import Key, Name, distinct, matched
from data_service.remote.source import Source
from data_service.remote.trouble import Trouble

_MOST_KEPT = 10_000  # values of one field
_LONGEST_KEPT = 16_384  # characters of one


class Found(NamedTuple):
    """Values by their keys' names; for keys that are not in it the ``trouble`` says why."""

    values: dict[Name, Any]
    trouble: Trouble | None = None


class Lookup:
    """Looks up the values of one field."""

    def __init__(self, rule: EnrichRule) -> None:
        self.rule = rule
        self._kept: Bounded[Name, tuple[float, Any]] = Bounded(_MOST_KEPT, "enrichment")
        self._flights: Flights[frozenset[Name], Found] = Flights()

    def values(self, source: Source, keys: Iterable[Key]) -> Found:
        """The values of some keys, each asked for once, from memory where they are kept."""
        wanted = distinct(keys)
        found = self._remembered(wanted)
        missing = {name: key for name, key in wanted.items() if name not in found}
        if not missing:
            return Found(found)
        asked = self._flights.share(frozenset(missing), partial(self._ask, source, list(missing.values())))
        return Found(found | asked.values, asked.trouble)

    def _remembered(self, wanted: Iterable[Name]) -> dict[Name, Any]:
        if not self.rule.cache:
            return {}
        now = time.monotonic()
        kept = ((name, self._kept.get(name)) for name in wanted)
        return {name: entry[1] for name, entry in kept if entry is not None and entry[0] > now}

    def _ask(self, source: Source, keys: Sequence[Key]) -> Found:
        size = self.rule.batch
        batches = [keys[at : at + size] for at in range(0, len(keys), size)]
        results = source.call([partial(self._batch, source, batch) for batch in batches], self.rule.timeout)
        values: dict[Name, Any] = {}
        trouble: Trouble | None = None
        for result in results:
            if isinstance(result, Trouble):
                trouble = trouble or result
            else:
                values |= result
        self._keep(values)
        return Found(values, trouble)

    def _batch(self, source: Source, keys: Sequence[Key], deadline: float) -> dict[Name, Any]:
        rule = self.rule
        try:
            if isinstance(source.asker, DatabaseAsker):
                return matched(rule, keys, source.asker.look_up(rule, keys, deadline))
            return matched(rule, keys, source.asker.ask(rule.ask, self._given(keys), deadline, again=True))
        except ValueError as fault:
            raise Trouble("failed", f"its answer does not fit: {fault}") from None

    def _given(self, keys: Sequence[Key]) -> dict[str, Any]:
        names = [own for own, _ in self.rule.keys]
        if self.rule.each:
            return dict(zip(names, keys[0], strict=True))
        columns: dict[str, Any] = {name: [key[at] for key in keys] for at, name in enumerate(names)}
        theirs = [name for _, name in self.rule.keys]
        return {**columns, KEYS: [dict(zip(theirs, key, strict=True)) for key in keys]}

    def _keep(self, values: dict[Name, Any]) -> None:
        if not self.rule.cache:
            return
        until = time.monotonic() + self.rule.cache
        for name, value in values.items():
            if not isinstance(value, str | list | dict) or len(str(value)) <= _LONGEST_KEPT:
                self._kept.put(name, (until, value))
