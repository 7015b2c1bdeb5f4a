"""A function as XML: its name, the elements of its arguments, and its result."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts.catalog import WHOLE_BODY, Argument, Function, Returns
from contracts.fields import Field, FieldType
from contracts.structured import is_structured

from soap_service.names import fold, numbered, pascal_case, unique
from soap_service.profiles import Profile
from soap_service.resource_type import FieldElement, ResourceType, bare, field_elements
from soap_service.structures import Structure, structure_of

CHOOSING = ("filter", "orderBy", "page", "fields", "include")
"""The elements that choose among rows, and what of them comes."""


@dataclass(frozen=True)
class FunctionType:
    """A function as XML: its name, the elements of its arguments, and its result.

    ``rows`` is the type of the rows that it gives, ``own`` where that is made for them alone; ``value`` the element of
    what is no row. With neither it gives nothing. ``structures`` are those of arguments that are more than a value, by
    their elements. ``choosing`` has the elements that choose among many rows, by their names in a List.
    """

    function: Function
    name: str
    arguments: tuple[FieldElement, ...]
    rows: ResourceType | None
    own: bool
    value: FieldElement | None
    structures: Mapping[str, Structure]
    choosing: Mapping[str, str]


def function_types(
    calls: Mapping[str, Function], types: Mapping[str, ResourceType], taken: set[str], profile: Profile
) -> Iterator[FunctionType]:
    """The functions, each under a name that neither one that is ``taken`` nor another has; ``types`` by resource."""
    for name, function in calls.items():
        plain = pascal_case(name)
        spelt = (profile.spell_type(candidate) for candidate in numbered(plain))
        chosen = next(each for each in spelt if taken.isdisjoint(_family(each)))
        taken |= _family(chosen)
        yield _function_type(function, chosen, types, taken, profile)


def _family(name: str) -> set[str]:
    names = (f"Call{name}", f"Call{name}Response", f"{name}Result", f"ArrayOf{name}Result", f"{name}ResultFilter")
    return {fold(each) for each in names}


def _function_type(
    function: Function, name: str, types: Mapping[str, ResourceType], taken: set[str], profile: Profile
) -> FunctionType:
    returns = function.returns
    own = returns.kind == "rows" and returns.resource is None
    rows = types.get(returns.resource) if returns.resource is not None else None
    arguments = field_elements(tuple(map(_of_argument, function.arguments)), profile)

    def type_name(base: str) -> str:
        spelt = (profile.spell_type(candidate) for candidate in numbered(base))
        chosen = next(each for each in spelt if taken.isdisjoint({fold(each), fold(f"ArrayOf{each}")}))
        taken.update((fold(chosen), fold(f"ArrayOf{chosen}")))
        return chosen

    rows = rows_of(function, f"{name}Result", returns.fields, profile) if own else rows
    return FunctionType(
        function=function,
        name=name,
        arguments=arguments,
        rows=rows,
        own=own,
        value=FieldElement("result", _of_result(returns), "result") if returns.kind == "scalar" else None,
        structures={
            element.name: structure_of(
                argument.schema or {}, name + pascal_case(argument.name), profile.spell, type_name
            )
            for element, argument in zip(arguments, function.arguments, strict=True)
            if is_structured(argument.schema)
        },
        choosing=_choosing(rows, arguments) if rows is not None and rows.fields and returns.many else {},
    )


def _choosing(rows: ResourceType, arguments: tuple[FieldElement, ...]) -> dict[str, str]:
    """The elements beside the arguments, numbered where one of these has the name."""
    names = CHOOSING if rows.relations else CHOOSING[:-1]
    return dict(zip(names, unique(names, [argument.name for argument in arguments]), strict=True))


def rows_of(function: Function, name: str, fields: tuple[Field, ...], profile: Profile) -> ResourceType:
    """What a function's own rows are as XML."""
    return bare(name, fields, profile, schema=function.schema, table=function.name)


def _of_argument(argument: Argument) -> Field:
    return Field(
        name=argument.name or WHOLE_BODY,
        type=argument.type,
        db_type=argument.db_type,
        element=argument.element,
        values=argument.values,
        nullable=argument.nullable,
        has_default=not argument.required,
        comment=argument.comment,
    )


def _of_result(returns: Returns) -> Field:
    """A value, or a set of values as an array (of arrays: of their JSON texts)."""
    if not returns.many:
        return Field(
            name="result",
            type=returns.type,
            db_type=returns.db_type,
            element=returns.element,
            values=returns.values,
        )
    element: FieldType = "json" if returns.type == "array" else returns.type
    return Field(name="result", type="array", db_type=f"{returns.db_type}[]", element=element, values=returns.values)
