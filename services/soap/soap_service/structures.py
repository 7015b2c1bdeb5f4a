"""Structured values of Python's functions as XML: types made from their JSON Schema."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from contracts.structured import Schema, leaf_type, without_null

from soap_service import xsd
from soap_service.names import pascal_case, unique

ITEM = "item"


@dataclass(frozen=True)
class Leaf:
    """A value of a built-in type."""

    kind: xsd.Kind

    @property
    def type(self) -> str:
        """The type's name, with its prefix in a WSDL."""
        return f"xs:{self.kind.xsd}"


@dataclass(frozen=True)
class Items:
    """A list: its type's name, and the element that each item is."""

    name: str
    element: str
    of: "Structure"

    @property
    def type(self) -> str:
        """The type's name, with its prefix in a WSDL."""
        return f"tns:{self.name}"


@dataclass(frozen=True)
class Member:
    """A member of an object: its element, its key in JSON, and what it holds."""

    element: str
    key: str
    structure: "Structure"
    required: bool
    nullable: bool
    comment: str | None = None


@dataclass(frozen=True)
class Object:
    """An object: its type's name and its members in order."""

    name: str
    members: tuple[Member, ...]
    comment: str | None = None

    @property
    def type(self) -> str:
        """The type's name, with its prefix in a WSDL."""
        return f"tns:{self.name}"


Structure = Leaf | Items | Object


def structure_of(schema: Schema, base: str, spell: Callable[[str], str], name: Callable[[str], str]) -> Structure:
    """The structure of a schema. ``spell`` names elements; ``name`` gives a type's name like ``base``, each once."""
    bare, _ = without_null(schema)
    if bare.get("properties"):
        own = name(base)
        required = frozenset(bare.get("required", ()))
        elements = unique(spell(key) for key in bare["properties"])
        found = tuple(
            Member(
                element,
                key,
                structure_of(inner, base + pascal_case(key), spell, name),
                required=key in required,
                nullable=without_null(inner)[1],
                comment=inner.get("description"),
            )
            for element, (key, inner) in zip(elements, bare["properties"].items(), strict=True)
        )
        return Object(own, found, bare.get("description"))
    if bare.get("type") == "array" and "items" in bare:
        of = structure_of(bare["items"], base, spell, name)
        if isinstance(of, Leaf):
            return Items(xsd.array_of(of.kind.xsd), of.kind.xsd, of)
        return Items(f"ArrayOf{of.name}", ITEM, of)
    return Leaf(xsd.KINDS[leaf_type(bare)])


def types_of(structure: Structure) -> Iterator[Items | Object]:
    """The types to be declared for a structure, each once; lists of built-in types are there for all."""
    match structure:
        case Object():
            yield structure
            for member in structure.members:
                yield from types_of(member.structure)
        case Items() if not isinstance(structure.of, Leaf):
            yield structure
            yield from types_of(structure.of)
