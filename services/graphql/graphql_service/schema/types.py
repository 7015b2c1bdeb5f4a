"""The types of a role's schema, each made when it is first asked for: 370 tables cost nothing until they are used."""

import threading
from collections.abc import Callable
from functools import cached_property, partial
from typing import TypeVar, cast

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLString,
)

from graphql_service.schema.enums import table_enum
from graphql_service.schema.exposed import Exposed, ExposedField
from graphql_service.schema.exposure import Exposure
from graphql_service.schema.scalars import TREE_PATTERNS, Scalar

Maker = Callable[["Types", Exposed], GraphQLNamedType | None]
SharedMaker = Callable[["Types"], GraphQLNamedType]
T = TypeVar("T", bound=GraphQLNamedType)
Leaf = GraphQLScalarType | GraphQLEnumType
TEXT = Scalar("String", operators="text")
_STANDARD: dict[str, GraphQLScalarType] = {
    "Int": GraphQLInt,
    "Float": GraphQLFloat,
    "String": GraphQLString,
    "Boolean": GraphQLBoolean,
}


class Types:
    """Types by name; the same name always gives the same type, whichever thread asks.

    ``makers`` make a resource's types by the pattern of their names, ``shared`` the types that belong to none,
    ``comparison`` the input type that filters by a scalar.
    """

    def __init__(
        self,
        exposure: Exposure,
        makers: dict[str, Maker],
        shared: dict[str, SharedMaker],
        comparison: Callable[["Types", Scalar], GraphQLInputObjectType],
    ) -> None:
        self.exposure = exposure
        self._makers = makers
        self._shared = shared
        self._comparison = comparison
        self._made: dict[str, GraphQLNamedType | None] = {}
        self._lock = threading.RLock()

    def get(self, name: str) -> GraphQLNamedType | None:
        """The type of this name, or None where the schema has none."""
        make = self._index.get(name)
        if make is not None:
            return make()
        found = self._named(name)
        return None if found is None else self._of(*found)

    def object(self, pattern: str, exposed: Exposed) -> GraphQLObjectType:
        """A resource's object type that is known to exist."""
        return cast("GraphQLObjectType", self._of(pattern, exposed))

    def input(self, pattern: str, exposed: Exposed) -> GraphQLInputObjectType:
        """A resource's input type that is known to exist."""
        return cast("GraphQLInputObjectType", self._of(pattern, exposed))

    def enum(self, pattern: str, exposed: Exposed) -> GraphQLEnumType:
        """A resource's enum type that is known to exist."""
        return cast("GraphQLEnumType", self._of(pattern, exposed))

    def object_if_any(self, pattern: str, exposed: Exposed) -> GraphQLObjectType | None:
        """A resource's object type, or None where it would be empty."""
        return cast("GraphQLObjectType | None", self._of(pattern, exposed))

    def input_if_any(self, pattern: str, exposed: Exposed) -> GraphQLInputObjectType | None:
        """A resource's input type, or None where it would be empty."""
        return cast("GraphQLInputObjectType | None", self._of(pattern, exposed))

    def shared(self, name: str) -> GraphQLNamedType:
        """A type that belongs to no resource (``order_by``, ``query_root``)."""
        made = self._make(name, lambda: self._shared[name](self))
        return cast("GraphQLNamedType", made)

    def scalar(self, name: str) -> GraphQLScalarType:
        """The scalar of this name."""
        if name in _STANDARD:
            return _STANDARD[name]
        return cast("GraphQLScalarType", self._make(name, lambda: GraphQLScalarType(name)))

    def leaf(self, scalar: Scalar) -> Leaf:
        """The type of this name: the scalar, or the enum of an enum table."""
        if scalar.operators != "enum":
            return self.scalar(scalar.name)
        made = self._make(scalar.name, lambda: table_enum(scalar.name, self.exposure.enum_values(scalar)))
        return cast("GraphQLEnumType", made)

    def value(self, field: ExposedField) -> "Leaf | GraphQLList[GraphQLNonNull[Leaf]]":
        """The type of a field's values, nullable."""
        leaf = self.leaf(field.scalar)
        return GraphQLList(GraphQLNonNull(leaf)) if field.scalar.array else leaf

    def comparison(self, scalar: Scalar) -> GraphQLInputObjectType:
        """The input type that filters by a scalar."""
        made = self._make(scalar.comparison, lambda: self._comparison(self, scalar))
        return cast("GraphQLInputObjectType", made)

    def _of(self, pattern: str, exposed: Exposed) -> GraphQLNamedType | None:
        name = pattern.format(exposed.type_name)
        if name in self._made:
            return self._made[name]
        return self._make(name, lambda: self._makers[pattern](self, exposed))

    def _make(self, name: str, make: Callable[[], GraphQLNamedType | None]) -> GraphQLNamedType | None:
        with self._lock:
            if name not in self._made:
                made = make()
                if made is not None:
                    self.exposure.naming.worn(made)
                self._made[name] = made
            return self._made[name]

    def _named(self, name: str) -> tuple[str, Exposed] | None:
        """The resource, and the pattern, of a type by its name."""
        for pattern, middle, suffix in self._patterns:
            if not name.endswith(suffix):
                continue
            stem = name[: len(name) - len(suffix)]
            if middle:
                stem = stem[: (len(stem) - len(middle)) // 2]
                if name != stem + middle + stem + suffix:
                    continue
            exposed = self._worn.get(stem)
            if exposed is not None:
                return pattern, exposed
        return None

    @cached_property
    def _patterns(self) -> list[tuple[str, str, str]]:
        """The patterns of types' names, with what stands between two places for the resource's and after them."""
        worn = self.exposure.naming.type
        found = []
        for pattern in self._makers:
            first, *others = pattern.replace("{0}", "{}").split("{}")[1:]
            middle, suffix = (first, others[0]) if others else ("", first)
            found.append((pattern, worn(middle) if middle else "", worn(suffix) if suffix else ""))
        return found

    @cached_property
    def _worn(self) -> dict[str, Exposed]:
        worn = self.exposure.naming.type
        return {worn(name): exposed for name, exposed in self.exposure.by_type.items()}

    @cached_property
    def _index(self) -> dict[str, Callable[[], GraphQLNamedType | None]]:
        """The types that belong to no resource, by name."""
        index: dict[str, Callable[[], GraphQLNamedType | None]] = {}
        worn = self.exposure.naming.type
        trees = any(scalar.operators == "tree" for scalar in self.exposure.scalars)
        beside = (*_STANDARD, *(TREE_PATTERNS if trees else ()))
        for scalar in (*self.exposure.scalars, *map(Scalar, beside)):
            name = worn(scalar.name) if scalar.operators == "enum" else scalar.name
            index[name] = partial(self.leaf, scalar)
        for scalar in (*self.exposure.scalars, *map(Scalar, ("Int", "Float", "Boolean", "float8")), TEXT):
            index[worn(scalar.comparison)] = partial(self.comparison, scalar)
        for name in self._shared:
            index[worn(name)] = partial(self.shared, name)
        return index
