"""Another database asked: one read for a batch of keys, through an engine of its own that only reads."""

import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

import msgspec
from contracts.catalog import Catalog
from contracts.filters import And, Compare, FieldRef, Filter, Or, Param
from contracts.identity import ADMIN_ROLE, Caller, Principal
from contracts.operations import FieldOutput, Node, Operation, Read, Value
from contracts.problems import Kind, Problem, describe
from contracts.results import Result

from data_service.policy_document import suggestion
from data_service.processing.enrich import EnrichRule
from data_service.processing.sources import SourceRule
from data_service.remote.matching import Key
from data_service.remote.trouble import Trouble

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_READER = Principal(role=ADMIN_ROLE, subject=None)


class Data(Protocol):
    """An engine over the other database."""

    def execute(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Result:
        """Answer one operation. Raises `Problem`."""
        ...

    def catalog(self, caller: Caller) -> Catalog:
        """What there is."""
        ...

    def refresh(self, *, force: bool = False) -> bool:
        """Read the catalog where it has changed. Raises `Problem`."""
        ...

    def close(self) -> None:
        """Close its connections."""
        ...


Opener = Callable[[str, SourceRule], Data]  # the engine over the database at an address


class DatabaseAsker:
    """Looks up rows of a table by their keys. The database is opened at the first question."""

    def __init__(self, rule: SourceRule, open_data: Callable[[], Data]) -> None:
        self._rule = rule
        self._open = open_data
        self._data: Data | None = None

    def look_up(self, rule: EnrichRule, keys: Sequence[Key], deadline: float) -> list[Mapping[str, Any]]:
        """The rows of the keys. Raises `Trouble`."""
        theirs = [name for _, name in rule.keys]
        wanted = tuple(dict.fromkeys([*theirs, *rule.value[:1]])) if rule.value else ()
        outputs = tuple(FieldOutput(name, FieldRef(name)) for name in wanted)
        condition, values = _condition(theirs, keys)
        node = Node(outputs=outputs, filter=condition) if outputs else Node(filter=condition)
        try:
            body = self._opened().execute(Read(rule.ask.what, node), values, _caller(deadline)).body
        except Problem as problem:
            slow = problem.kind is Kind.TIMEOUT or time.monotonic() >= deadline
            raise Trouble("slow" if slow else "failed", f"{problem.code}: {describe(problem.code).meaning}") from None
        if len(body) > self._rule.max_bytes:
            raise Trouble("failed", f"its answer is longer than {self._rule.max_bytes} bytes")
        found: list[Mapping[str, Any]] = _decode(body)
        return found

    def misfit(self, rule: EnrichRule) -> str | None:
        """Why the database can't answer a field's rule; None where it can. Raises `Trouble`."""
        try:
            catalog = self._opened().catalog(_caller(time.monotonic() + self._rule.timeout))
        except Problem as problem:
            raise Trouble("failed", f"{problem.code}: {describe(problem.code).meaning}") from None
        table = catalog.by_name.get(rule.ask.what)
        if table is None:
            return f"there is no table {rule.ask.what}{suggestion(rule.ask.what, catalog.by_name)}"
        for name in (*(name for _, name in rule.keys), *rule.value[:1]):
            if name not in table.by_name:
                return f"{table.name} has no column {name}{suggestion(name, table.by_name)}"
        return None

    def close(self) -> None:
        """Close the connections."""
        if self._data is not None:
            self._data.close()

    def _opened(self) -> Data:
        if self._data is None:
            data = self._open()
            data.refresh()
            self._data = data
        return self._data


def _caller(deadline: float) -> Caller:
    return Caller(principal=_READER, deadline=deadline)


def _condition(names: Sequence[str], keys: Sequence[Key]) -> tuple[Filter, list[Value]]:
    """That a row has one of the keys, and the values."""
    if len(names) == 1:
        return Compare(FieldRef(names[0]), "in", Param(0)), [[key[0] for key in keys]]
    # as many as a power of two, so that there are few shapes of such statements
    padded = [*keys, *[keys[-1]] * ((1 << (len(keys) - 1).bit_length()) - len(keys))]
    width = len(names)
    alternatives = tuple(
        And(tuple(Compare(FieldRef(name), "eq", Param(at * width + n)) for n, name in enumerate(names)))
        for at in range(len(padded))
    )
    return Or(alternatives), [value for key in padded for value in key]
