"""Functions that are not the database's own, as a protocol: whoever implements it is handed to the engine by source."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from contracts.catalog import Function
from contracts.identity import Caller
from contracts.operations import Value

if TYPE_CHECKING:
    from data_service.execute.database import Session


class Foreign(Protocol):
    """Where functions of a source (``python``, ``remote``) are called."""

    def call(
        self, function: Function, arguments: Mapping[str, Value], caller: Caller, session: "Session", *, writes: bool
    ) -> Any:
        """What the function gives: a JSON value; of ``rows`` an object or None, a list of objects where they are many.

        It runs while ``session``'s transaction is open, which whatever it raises rolls back, and which without
        ``writes`` is read-only. Raises `Problem`.
        """
        ...


class ForeignCalls:
    """The foreign functions as one caller calls them."""

    __slots__ = ("_by_source", "_caller")

    def __init__(self, by_source: Mapping[str, Foreign], caller: Caller) -> None:
        self._by_source = by_source
        self._caller = caller

    def call(self, function: Function, arguments: Mapping[str, Value], session: "Session", *, writes: bool) -> Any:
        """What the function gives (`Foreign.call`)."""
        return self._by_source[function.source].call(function, arguments, self._caller, session, writes=writes)
