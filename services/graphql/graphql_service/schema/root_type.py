"""Root types whose fields are made as documents name them: of a thousand root fields a role may never ask for most."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from graphql import GraphQLField, GraphQLObjectType


class RootFields(Mapping[str, GraphQLField]):
    """Fields by name; each is made by ``make`` when it is first asked for."""

    def __init__(self, names: Collection[str], make: Callable[[str], GraphQLField]) -> None:
        self._names = names
        self._make = make
        self._made: dict[str, GraphQLField] = {}

    def __getitem__(self, name: str) -> GraphQLField:
        found = self._made.get(name)
        if found is None:
            if name not in self._names:
                raise KeyError(name)
            found = self._made.setdefault(name, self._make(name))  # another thread may have been faster
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


class RootType(GraphQLObjectType):
    """``query_root`` or ``mutation_root``."""

    def __init__(self, name: str, fields: RootFields) -> None:
        super().__init__(name, {})
        self._own = fields

    @property
    def fields(self) -> Any:
        """The fields, as a mapping that makes them."""
        return self._own
