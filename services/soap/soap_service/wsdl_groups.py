"""The types of Aggregate requests, and of the groups in their answers."""

from collections.abc import Iterator

from soap_service import aggregates, groups
from soap_service.resource_type import ResourceType
from soap_service.schema_parts import complex, member, type_of


def shared_types() -> Iterator[str]:
    """The types of an Aggregate request's parts, the same for all resources."""
    function = member("function", "xs:string", f"One of: {', '.join(aggregates.FUNCTIONS)}", least=1)
    of = [function, member("field", "xs:string", "count without a field counts rows")]
    distinct = member("distinct", "xs:boolean")
    yield complex("Aggregate", [*of, distinct])
    yield complex("AggregateList", [member("item", "tns:Aggregate", many=True)])
    yield complex("Having", [*of, distinct, *(member(name, "xs:string") for name in aggregates.OPERATORS)])
    yield complex("HavingList", [member("item", "tns:Having", many=True)])
    order = [
        member("function", "xs:string", "absent: the order is by what is grouped by"),
        member("field", "xs:string"),
    ]
    yield complex(
        "GroupOrder", [*order, member("descending", "xs:boolean"), member("nulls", "xs:string", "first or last")]
    )
    yield complex("GroupOrderList", [member("item", "tns:GroupOrder", many=True)])


def types_of(type: ResourceType, *, nillable: bool) -> Iterator[str]:
    """The types of an Aggregate answer's groups."""
    name = f"{type.name}Group"
    kinds = {"Key": groups.elements_of(aggregates.KEY, type), "Counts": groups.elements_of(aggregates.COUNT_OF, type)}
    if type.numbers:
        kinds["Numbers"] = groups.elements_of("sum", type)
    for kind, elements in kinds.items():
        members = (member(each.name, type_of(field), nillable=nillable) for each, field in elements)
        yield complex(name + kind, members)
    parts = [member(aggregates.KEY, f"tns:{name}Key"), member(aggregates.COUNT, "xs:long")]
    for part in groups.PARTS[1:]:
        kind = "Counts" if part == aggregates.COUNT_OF else "Key" if part in ("min", "max") else "Numbers"
        if kind in kinds:
            parts.append(member(part, f"tns:{name}{kind}"))
    yield complex(name, parts)
    yield complex(f"ArrayOf{name}", [member(name, f"tns:{name}", many=True)])
