"""The XML Schema of a port type's messages: a global element for each, and the types that they are made of."""

from collections.abc import Iterable, Iterator
from functools import partial

from contracts.fields import Field

from soap_service import namespaces as ns
from soap_service import wsdl_groups, xsd
from soap_service.function_type import CHOOSING, FunctionType
from soap_service.markup import attribute
from soap_service.port_type import Operation, PortType
from soap_service.resource_type import CONNECTIVES, FieldElement, RelationElement, ResourceType, Verb
from soap_service.schema_parts import complex, member, type_of
from soap_service.structures import Items, Object, types_of

_STRINGS = "tns:" + xsd.array_of("string")
_FAULT_MEMBERS = ("code", "message", "details", "hint", "traceId")


def write(port: PortType, namespace: str) -> Iterator[str]:
    """The schema, in parts."""
    target = attribute(namespace)
    yield (
        f'<xs:schema xmlns:xs="{ns.XSD}" xmlns:tns="{target}" targetNamespace="{target}" elementFormDefault="qualified"'
        ' attributeFormDefault="unqualified">\n'
    )
    yield from _shared_types()
    for type in port.types:
        yield from _types(type, port)
    for called in port.functions:
        yield from _results(called, port)
    for operation in port.operations.values():
        yield from _wrappers(operation)
    yield "</xs:schema>\n"


def _shared_types() -> Iterator[str]:
    for scalar in xsd.SCALARS:
        yield complex(xsd.array_of(scalar), [member(scalar, f"xs:{scalar}", many=True, nillable=True)])
    for name, filter in xsd.FILTERS.items():
        yield complex(name, (_operand(element, filter) for element in filter.elements))
    slice_ = [member("limit", "xs:int"), member("offset", "xs:int")]
    yield complex("Page", [*slice_, member("includeTotal", "xs:boolean"), member("cursor", "xs:string", _CURSOR)])
    yield complex("CallPage", slice_)
    order = [member("field", "xs:string", _PATH, least=1), member("descending", "xs:boolean")]
    yield complex("OrderBy", [*order, member("nulls", "xs:string", "first or last")])
    yield complex("OrderByList", [member("item", "tns:OrderBy", many=True)])
    yield from wsdl_groups.shared_types()
    yield '<xs:element name="ServiceFault" type="tns:ServiceFault"/>\n'
    told = [
        member("path", "xs:string"),
        member("message", "xs:string", least=1),
        member("rule", "xs:string", least=1),
    ]
    yield complex("Violation", told)
    members = [member(name, "xs:string", least=name in ("code", "message")) for name in _FAULT_MEMBERS]
    yield complex("ServiceFault", [*members, member("violation", "tns:Violation", many=True)])
    yield '<xs:element name="AuthToken" type="xs:string"/>\n'
    yield complex("RowField", [member("name", "xs:string", least=1), member("value", "xs:string", "absent: NULL")])
    yield complex("Row", [member("field", "tns:RowField", many=True)])
    yield complex("ArrayOfRow", [member("Row", "tns:Row", many=True)])


_CURSOR = "empty: the first page, whose nextCursor then leads to the next one"
_PATH = "a field, or one of a related row: customer/name"


def _operand(element: str, filter: xsd.FilterType) -> str:
    if element == xsd.IS_NULL:
        return member(element, "xs:boolean")
    operator = xsd.OPERATORS[element]
    own = f"tns:{xsd.array_of(filter.operand)}" if filter.array else f"xs:{filter.operand}"
    return member(element, "xs:string" if operator.text else own, many=operator.many)


def _types(type: ResourceType, port: PortType) -> Iterator[str]:
    name = type.name
    field = partial(_field, nillable=port.profile.nillable)
    if type.fields:
        fields = [field(each) for each in type.fields]
        yield complex(name, [*fields, *_relations(type.relations, port)], type.resource.comment)
        yield complex(f"ArrayOf{name}", [member(name, f"tns:{name}", many=True)])
        yield complex(f"{name}Filter", _filter_members(type, port, related=False))
        if type.resource.name in port.related:
            yield complex(f"Related{name}", [*fields, *_relations(type.upward, port)], type.resource.comment)
            yield complex(f"ArrayOfRelated{name}", [member(name, f"tns:Related{name}", many=True)])
            yield complex(f"Related{name}Filter", _filter_members(type, port, related=True))
    if Verb.AGGREGATE in type.verbs:
        yield from wsdl_groups.types_of(type, nillable=port.profile.nillable)
    if Verb.CREATE in type.verbs:
        yield complex(f"{name}Input", (field(each, required=_required(each.field)) for each in type.create or ()))
        yield complex(f"ArrayOf{name}Input", [member(f"{name}Input", f"tns:{name}Input", many=True)])
    if Verb.UPDATE in type.verbs:
        yield complex(f"{name}Patch", map(field, type.patch or ()))


def _results(called: FunctionType, port: PortType) -> Iterator[str]:
    """The types of a function's own rows and of its structured arguments."""
    if called.own and called.rows is not None:
        name = called.rows.name
        yield complex(name, (_field(each, nillable=port.profile.nillable) for each in called.rows.fields))
        yield complex(f"ArrayOf{name}", [member(name, f"tns:{name}", many=True)])
        if called.choosing:
            yield complex(f"{name}Filter", _filter_members(called.rows, port, related=False))
    for structure in called.structures.values():
        for declared in types_of(structure):
            yield _structure(declared)


def _structure(declared: Items | Object) -> str:
    if isinstance(declared, Items):
        return complex(declared.name, [member(declared.element, declared.of.type, many=True)])
    members = (
        member(each.element, each.structure.type, each.comment, least=each.required, nillable=each.nullable)
        for each in declared.members
    )
    return complex(declared.name, members, declared.comment)


def _relations(elements: Iterable[RelationElement], port: PortType) -> Iterator[str]:
    for each in elements:
        name = _target(each, port)
        yield member(each.name, f"tns:{name}" if each.relation.cardinality == "one" else f"tns:ArrayOf{name}")


def _target(element: RelationElement, port: PortType) -> str:
    name = port.by_resource[element.relation.target].name
    return f"Related{name}" if element.related else name


def _field(element: FieldElement, *, nillable: bool, required: bool = False) -> str:
    field = element.field
    nillable = nillable and field.nullable
    return member(element.name, type_of(field), _comment(field), least=required, nillable=nillable)


def _comment(field: Field) -> str | None:
    values = f"One of: {', '.join(field.values)}" if field.values else None
    return "\n".join(filter(None, (field.comment, values))) or None


def _required(field: Field) -> bool:
    return not (field.nullable or field.has_default or field.identity)


_EXISTS = "some related row is so; empty: there is one"


def _filter_members(type: ResourceType, port: PortType, *, related: bool) -> Iterator[str]:
    own = f"tns:Related{type.name}Filter" if related else f"tns:{type.name}Filter"
    for name in CONNECTIVES:
        yield member(name, own, many=name != "not")
    for name, element in type.by_filter_name.items():
        yield member(name, f"tns:{xsd.filter_of(element.field)}")
    for relation in type.onward(related=related):
        yield member(relation.filter_name, f"tns:{_target(relation, port)}Filter", _EXISTS)


# --- messages --------------------------------------------------------------------------------------------------------


def _wrappers(operation: Operation) -> Iterator[str]:
    called = operation.called
    yield _wrapper(operation.name, _REQUESTS[operation.verb](operation.type) if called is None else _arguments(called))
    yield _wrapper(f"{operation.name}Response", _answer(operation) if called is None else _result(called))


def _wrapper(name: str, members: Iterable[str]) -> str:
    inner = "".join(members)
    return (
        f'<xs:element name="{name}"><xs:complexType><xs:sequence>{inner}</xs:sequence></xs:complexType></xs:element>\n'
    )


def _arguments(called: FunctionType) -> list[str]:
    found = []
    for element, argument in zip(called.arguments, called.function.arguments, strict=True):
        structure = called.structures.get(element.name)
        if structure is None:
            found.append(_field(element, nillable=True, required=argument.required))
        else:
            nil = {"least": argument.required, "nillable": argument.nullable}
            found.append(member(element.name, structure.type, argument.comment, **nil))
    types = _choosing(called.rows, "CallPage") if called.rows is not None else {}
    return [*found, *(member(own, types[name]) for name, own in called.choosing.items())]


def _result(called: FunctionType) -> list[str]:
    if called.rows is not None:
        name = called.rows.name
        many = called.function.returns.many
        return [member("items", f"tns:ArrayOf{name}", least=1) if many else member(name, f"tns:{name}")]
    return [_field(called.value, nillable=True)] if called.value is not None else []


def _key(type: ResourceType) -> list[str]:
    return [member(part.name, type_of(part.field), least=1) for part in type.key]


def _list(type: ResourceType) -> list[str]:
    return [member(name, each) for name, each in _choosing(type, "Page").items() if name != "include" or type.relations]


def _choosing(type: ResourceType, page: str) -> dict[str, str]:
    """The types of the elements that choose among rows."""
    types = (f"tns:{type.name}Filter", "tns:OrderByList", f"tns:{page}", _STRINGS, _STRINGS)
    return dict(zip(CHOOSING, types, strict=True))


def _create(type: ResourceType) -> list[str]:
    return [member(type.element, f"tns:{type.name}Input", least=1)]


def _create_batch(type: ResourceType) -> list[str]:
    return [member("items", f"tns:ArrayOf{type.name}Input", least=1)]


def _update(type: ResourceType) -> list[str]:
    members = [*_key(type), member(type.patch_name, f"tns:{type.name}Patch"), member(type.nulls_name, _STRINGS)]
    return [*members, member(type.match_name, f"tns:{type.name}Filter")] if type.fields else members


def _login(_: ResourceType) -> list[str]:
    return [member("username", "xs:string", least=1), member("password", "xs:string", least=1)]


def _query(_: ResourceType) -> list[str]:
    query = member("restQuery", "xs:string", "as after the ? of an address of REST: select=id&order=id.desc&limit=5")
    return [member("table", "xs:string", least=1), query]


def _nothing(_: ResourceType) -> list[str]:
    return []


def _aggregate(type: ResourceType) -> list[str]:
    members = [member("filter", f"tns:{type.name}Filter"), member("groupBy", _STRINGS)]
    members += [member("aggregates", "tns:AggregateList"), member("having", "tns:HavingList")]
    return [*members, member("orderBy", "tns:GroupOrderList"), member("page", "tns:Page")]


_REQUESTS = {
    Verb.AGGREGATE: _aggregate,
    Verb.GET: _key,
    Verb.LIST: _list,
    Verb.CREATE: _create,
    Verb.CREATE_BATCH: _create_batch,
    Verb.UPDATE: _update,
    Verb.UPSERT: _create,
    Verb.DELETE: _key,
    Verb.LOGIN: _login,
    Verb.LOGOUT: _nothing,
    Verb.GET_VERSION: _nothing,
    Verb.QUERY: _query,
}


def _answer(operation: Operation) -> list[str]:
    name, total = operation.type.name, member("totalCount", "xs:long")
    match operation.verb:
        case Verb.LIST:
            return [member("items", f"tns:ArrayOf{name}", least=1), total, member("nextCursor", "xs:string")]
        case Verb.AGGREGATE:
            return [member("items", f"tns:ArrayOf{name}Group", least=1), total]
        case Verb.DELETE:
            return [member("affectedRows", "xs:int", least=1)]
        case Verb.LOGIN:
            return [member("token", "xs:string", least=1), member("expiresIn", "xs:int", "seconds", least=1)]
        case Verb.LOGOUT:
            return []
        case Verb.GET_VERSION:
            return [member(part, "xs:string", least=1) for part in ("product", "version", "catalogVersion")]
        case Verb.QUERY:
            return [member("items", "tns:ArrayOfRow", least=1)]
    row = member(name, f"tns:{name}")
    readable = bool(operation.type.fields)
    if operation.verb is Verb.CREATE_BATCH:
        rows = [member("items", f"tns:ArrayOf{name}", least=1)] if readable else []
        return [*rows, member("affectedRows", "xs:int", least=1)]
    if operation.verb is Verb.UPSERT:
        return [*([row] if readable else []), member("created", "xs:boolean", least=1)]
    return [row] if readable else []
