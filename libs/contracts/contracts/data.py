"""The protocol that the engine in data and the client of data both implement."""

from collections.abc import Sequence
from typing import Protocol

from contracts.catalog import Catalog
from contracts.identity import Caller
from contracts.operations import Operation, Value
from contracts.results import Result, Stream


class Data(Protocol):
    """Where operations are answered."""

    def execute(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Result:
        """Answer one operation for the caller. Raises `Problem`."""
        ...

    def stream(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Stream:
        """The rows of a read of shape ``many``, however many there are. Raises `Problem`."""
        ...

    def catalog(self, caller: Caller) -> Catalog:
        """The catalog as the caller's role may see it. Raises `Problem`."""
        ...
