"""The map of translations: an operation is translated once for all requests whose variables have the same shape.

What changes the shape is told by `readers`; everything else is a value, and the translation says where it goes.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from chassis.bounded import Bounded
from contracts.operations import Value

from graphql_service.errors import Refusal
from graphql_service.request import (
    Compiled,
    Prepared,
    PreparedOperation,
    compile_operation,
    demand_roots,
    translate,
)
from graphql_service.schema import RoleSchema
from graphql_service.slots import Below, Filling, Floor, Looked, Slots, filling
from graphql_service.variables import Variables

_SHAPES = 4096
_LARGEST = 2000  # the size of a shape that is kept: one with hundreds of conditions won't come again


class _Kept(NamedTuple):
    """A translation for all values of a shape but those under ``floors``; ``fill`` puts a request's values in."""

    compiled: Compiled
    fill: Filling
    floors: tuple[Floor, ...]

    def serves(self, values: list[Any]) -> bool:
        """Whether these values are among those that it was made for."""
        for place, bound in self.floors:  # noqa: SIM110  (half the time of a generator, on the path of every request)
            if values[place] < bound:
                return False
        return True


_ALONE: Final = "alone"  # what is kept for a shape whose translation depends on values


class Shapes:
    """Translations by document, operation and the shape of the variables, for every role's schema."""

    def __init__(self, bound: int = _SHAPES) -> None:
        self._kept: Bounded[tuple[Any, ...], _Kept | str] = Bounded(bound, "graphql_shapes")

    def __len__(self) -> int:
        return len(self._kept)

    def translate(
        self, role_schema: RoleSchema, prepared: Prepared, operation: PreparedOperation, given: Mapping[str, Any]
    ) -> tuple[Compiled, list[Value]]:
        """The operation, the same object for the same shape of the variables, and its values. Raises `Refusal`."""
        demand_roots(operation)
        variables = operation.variables  # the same for all that follows, whatever another thread learns meanwhile
        tokens: list[Any] = [variables]
        values: list[Any] = []
        variables.read(given, tokens, values.append)
        key = tuple(tokens)
        kept = self._kept.get(key)
        if kept is None and prepared.lasting and _size(key) <= _LARGEST:
            kept = _learn(role_schema, prepared, operation, variables, given)
            if kept is not None:
                self._kept.put(key, kept)
        if isinstance(kept, _Kept) and kept.serves(values):
            return kept.compiled, kept.fill(values)
        compiled = compile_operation(role_schema, prepared, operation, given)
        return compiled, compiled.values

    def clear(self) -> None:
        """Forget all translations: a schema that they were made with holds no longer."""
        self._kept.clear()


def _size(key: tuple[Any, ...]) -> int:
    """Roughly how many characters there are in a key."""
    return sum(len(token) if isinstance(token, str) else 1 for token in key)


def _learn(
    role_schema: RoleSchema,
    prepared: Prepared,
    operation: PreparedOperation,
    variables: Variables,
    given: Mapping[str, Any],
) -> _Kept | str | None:
    """The translation for all requests of a shape; None where this one is refused, or its shape was not all of it.

    A variable that the translation looks at belongs to the shape from then on (a directive's condition, a JSON path).
    """
    slots = Slots()
    found = variables.read(given, [], slots.stand_in)
    try:
        compiled = translate(role_schema, prepared, operation, found)
    except (Refusal, Below):
        return None
    except Looked as looked:
        name = next((name for name, value in found.items() if value is looked.slot), None)
        fixing = variables.fixing(name) if name is not None else None
        if fixing is None:
            return _ALONE
        operation.variables = fixing
        return None
    if compiled.introspective and found:
        return _ALONE
    slots.forget()
    return _Kept(compiled, filling(compiled.values, slots.count), tuple(slots.floors))
