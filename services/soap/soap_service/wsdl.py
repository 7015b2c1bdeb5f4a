"""The WSDL 1.1 document of a port type, types inline: WS-I Basic Profile 1.1, document/literal wrapped."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple
from urllib.parse import quote

from contracts.catalog import Field

from soap_service import namespaces as ns
from soap_service import wsdl_groups, xsd
from soap_service.markup import attribute, content
from soap_service.port_type import CONNECTIVES, FieldElement, FunctionType, Operation, PortType, ResourceType, Verb
from soap_service.profiles import address_of
from soap_service.schema_parts import complex, member, type_of
from soap_service.structures import Items, Object, types_of

SERVICE = "TrivetService"
_STRINGS = "tns:" + xsd.array_of("string")


class Binding(NamedTuple):
    """One of the two bindings: its names, and the prefix of its WSDL extension."""

    name: str
    port: str
    prefix: str
    operation: str  # further attributes of its operations


BINDINGS = {
    "11": Binding("TrivetSoap11", "TrivetSoap11Port", "soap", ""),
    "12": Binding("TrivetSoap12", "TrivetSoap12Port", "soap12", ' soapActionRequired="false"'),
}


def write(port: PortType, *, namespace: str, address: str, versions: Iterable[str] = ("11", "12")) -> bytes:
    """The document, SOAP 1.1 first; ``versions`` are keys of `BINDINGS`."""
    chosen = [BINDINGS[version] for version in versions]
    address = address_of(address, port.profile)
    operations = list(port.operations.values())
    target = attribute(namespace)
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<wsdl:definitions name="{SERVICE}" targetNamespace="{target}" xmlns:wsdl="{ns.WSDL}"'
        f' xmlns:soap="{ns.WSDL_SOAP11}" xmlns:soap12="{ns.WSDL_SOAP12}" xmlns:xs="{ns.XSD}" xmlns:tns="{target}">\n'
        f'<wsdl:types>\n<xs:schema xmlns:tns="{target}" targetNamespace="{target}" elementFormDefault="qualified"'
        ' attributeFormDefault="unqualified">\n',
        *_shared_types(),
        *(part for type in port.types for part in _types(type, port)),
        *(part for called in port.functions for part in _results(called, port)),
        *(part for operation in operations for part in _wrappers(operation)),
        "</xs:schema>\n</wsdl:types>\n",
        *map(_messages, operations),
        '<wsdl:message name="ServiceFault"><wsdl:part name="fault" element="tns:ServiceFault"/></wsdl:message>\n',
        *_port_type(operations),
        *(part for binding in chosen for part in _binding(binding, operations, target)),
        *_service(chosen, address),
        "</wsdl:definitions>\n",
    ]
    return "".join(parts).encode()


# --- types -----------------------------------------------------------------------------------------------------------


def _shared_types() -> Iterator[str]:
    for scalar in xsd.SCALARS:
        yield complex(xsd.array_of(scalar), [member(scalar, f"xs:{scalar}", many=True, nillable=True)])
    for name, filter in xsd.FILTERS.items():
        yield complex(name, (_operand(element, filter.operand) for element in filter.elements))
    yield complex("Page", [member("limit", "xs:int"), member("offset", "xs:int"), member("includeTotal", "xs:boolean")])
    order = [member("field", "xs:string", least=1), member("descending", "xs:boolean")]
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


_FAULT_MEMBERS = ("code", "message", "details", "hint", "traceId")


def _operand(element: str, type: str) -> str:
    return member(element, "xs:boolean" if element == "isNull" else f"xs:{type}", many=element == "in")


def _types(type: ResourceType, port: PortType) -> Iterator[str]:
    name = type.name
    field = partial(_field, nillable=port.profile.nillable)
    if type.fields:
        relations = (
            member(each.name, _related(port.by_resource[each.relation.target], each.relation.cardinality))
            for each in type.relations
        )
        yield complex(name, [*map(field, type.fields), *relations], type.resource.comment)
        yield complex(f"ArrayOf{name}", [member(name, f"tns:{name}", many=True)])
        if name in port.related:
            yield complex(f"Related{name}", map(field, type.fields), type.resource.comment)
            yield complex(f"ArrayOfRelated{name}", [member(name, f"tns:Related{name}", many=True)])
        yield complex(f"{name}Filter", _filter_members(type))
    if Verb.AGGREGATE in type.verbs:
        yield from wsdl_groups.types_of(type, nillable=port.profile.nillable)
    if Verb.CREATE in type.verbs:
        yield complex(f"{name}Input", (field(each, required=_required(each.field)) for each in type.create or ()))
    if Verb.UPDATE in type.verbs:
        yield complex(f"{name}Patch", map(field, type.patch or ()))


def _results(called: FunctionType, port: PortType) -> Iterator[str]:
    """The types of a function's own rows and of its structured arguments."""
    if called.own and called.rows is not None:
        name = called.rows.name
        yield complex(name, (_field(each, nillable=port.profile.nillable) for each in called.rows.fields))
        yield complex(f"ArrayOf{name}", [member(name, f"tns:{name}", many=True)])
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


def _related(target: ResourceType, cardinality: str) -> str:
    """The type of related rows, which is without relations of its own: what comes with a row goes one level deep.

    And types that lead on to each other through a whole database are more than some toolkits can bear.
    """
    return f"tns:Related{target.name}" if cardinality == "one" else f"tns:ArrayOfRelated{target.name}"


def _field(element: FieldElement, *, nillable: bool, required: bool = False) -> str:
    field = element.field
    nillable = nillable and field.nullable
    return member(element.name, type_of(field), _comment(field), least=required, nillable=nillable)


def _comment(field: Field) -> str | None:
    values = f"One of: {', '.join(field.values)}" if field.values else None
    return "\n".join(filter(None, (field.comment, values))) or None


def _required(field: Field) -> bool:
    return not (field.nullable or field.has_default or field.identity)


def _filter_members(type: ResourceType) -> Iterator[str]:
    for name in CONNECTIVES:
        yield member(name, f"tns:{type.name}Filter", many=name != "not")
    for name, element in type.by_filter_name.items():
        yield member(name, f"tns:{xsd.filter_of(element.field)}")


# --- operations ------------------------------------------------------------------------------------------------------


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
    return found


def _result(called: FunctionType) -> list[str]:
    if called.rows is not None:
        name = called.rows.name
        many = called.function.returns.many
        return [member("items", f"tns:ArrayOf{name}", least=1) if many else member(name, f"tns:{name}")]
    return [_field(called.value, nillable=True)] if called.value is not None else []


def _key(type: ResourceType) -> list[str]:
    return [member(part.name, type_of(part.field), least=1) for part in type.key]


def _list(type: ResourceType) -> list[str]:
    members = [member("filter", f"tns:{type.name}Filter"), member("orderBy", "tns:OrderByList")]
    members += [member("page", "tns:Page"), member("fields", _STRINGS)]
    return [*members, member("include", _STRINGS)] if type.relations else members


def _create(type: ResourceType) -> list[str]:
    return [member(type.element, f"tns:{type.name}Input", least=1)]


def _update(type: ResourceType) -> list[str]:
    return [*_key(type), member(type.patch_name, f"tns:{type.name}Patch"), member(type.nulls_name, _STRINGS)]


def _aggregate(type: ResourceType) -> list[str]:
    members = [member("filter", f"tns:{type.name}Filter"), member("groupBy", _STRINGS)]
    members += [member("aggregates", "tns:AggregateList"), member("having", "tns:HavingList")]
    return [*members, member("orderBy", "tns:GroupOrderList"), member("page", "tns:Page")]


_REQUESTS = {
    Verb.AGGREGATE: _aggregate,
    Verb.GET: _key,
    Verb.LIST: _list,
    Verb.CREATE: _create,
    Verb.UPDATE: _update,
    Verb.DELETE: _key,
}


def _answer(operation: Operation) -> list[str]:
    name = operation.type.name
    if operation.verb is Verb.LIST:
        return [member("items", f"tns:ArrayOf{name}", least=1), member("totalCount", "xs:long")]
    if operation.verb is Verb.AGGREGATE:
        return [member("items", f"tns:ArrayOf{name}Group", least=1), member("totalCount", "xs:long")]
    if operation.verb is Verb.DELETE:
        return [member("affectedRows", "xs:int", least=1)]
    return [member(name, f"tns:{name}")] if operation.type.fields else []


def _messages(operation: Operation) -> str:
    name = operation.name
    return "".join(
        f'<wsdl:message name="{message}"><wsdl:part name="parameters" element="tns:{element}"/></wsdl:message>\n'
        for message, element in ((f"{name}Request", name), (f"{name}Response", f"{name}Response"))
    )


def _port_type(operations: list[Operation]) -> Iterator[str]:
    yield '<wsdl:portType name="TrivetPort">\n'
    for operation in operations:
        name = operation.name
        yield (
            f'<wsdl:operation name="{name}"><wsdl:documentation>{content(describe(operation))}</wsdl:documentation>'
            f'<wsdl:input message="tns:{name}Request"/><wsdl:output message="tns:{name}Response"/>'
            '<wsdl:fault name="ServiceFault" message="tns:ServiceFault"/></wsdl:operation>\n'
        )
    yield "</wsdl:portType>\n"


_SENTENCES = {
    Verb.GET: "One row of {} by its key; empty if there is none.",
    Verb.LIST: "Rows of {} by filter, order and page; fields and include choose what comes with them.",
    Verb.CREATE: "A new row of {}, answered as it is then. An absent element takes the default.",
    Verb.UPDATE: "Changes a row of {}: an absent element is left as it is; xsi:nil, or a name in setNull, means NULL.",
    Verb.DELETE: "Deletes a row of {} by its key.",
    Verb.AGGREGATE: "Counts, sums and the like over rows of {}, for each group of them that has the same groupBy.",
}


def describe(operation: Operation) -> str:
    """What an operation does, in a sentence, and the resource's comment; of a function its own."""
    if operation.called is not None:
        function = operation.called.function
        return function.comment or f"Calls the function {function.name}."
    resource = operation.type.resource
    sentence = _SENTENCES[operation.verb].format(resource.name)
    return f"{sentence} {resource.comment}" if resource.comment else sentence


# --- bindings --------------------------------------------------------------------------------------------------------


def _binding(binding: Binding, operations: list[Operation], target: str) -> Iterator[str]:
    prefix = binding.prefix
    body = f'<{prefix}:body use="literal"/>'
    fault = f'<wsdl:fault name="ServiceFault"><{prefix}:fault name="ServiceFault" use="literal"/></wsdl:fault>'
    yield f'<wsdl:binding name="{binding.name}" type="tns:TrivetPort">\n'
    yield f'<{prefix}:binding style="document" transport="{ns.HTTP_TRANSPORT}"/>\n'
    for operation in operations:
        action = f'soapAction="{action_of(target, operation.name)}" style="document"{binding.operation}'
        yield (
            f'<wsdl:operation name="{operation.name}"><{prefix}:operation {action}/>'
            f"<wsdl:input>{body}</wsdl:input><wsdl:output>{body}</wsdl:output>{fault}</wsdl:operation>\n"
        )
    yield "</wsdl:binding>\n"


def _service(bindings: list[Binding], address: str) -> Iterator[str]:
    yield f'<wsdl:service name="{SERVICE}">\n'
    for binding in bindings:
        yield (
            f'<wsdl:port name="{binding.port}" binding="tns:{binding.name}">'
            f'<{binding.prefix}:address location="{attribute(address)}"/></wsdl:port>\n'
        )
    yield "</wsdl:service>\n"


def action_of(namespace: str, operation: str) -> str:
    """The SOAPAction of an operation: a URI, for it travels in a header and clients take nothing else there."""
    return quote(f"{namespace}/{operation}", safe=":/-._~!$&'()*+,;=@%")
