"""The WSDL 1.1 document of a port type: WS-I Basic Profile 1.1, document/literal wrapped, types inline or beside it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote

from soap_service import namespaces as ns
from soap_service import schema
from soap_service.markup import attribute, content
from soap_service.port_type import Operation, PortType
from soap_service.profiles import address_of
from soap_service.resource_type import Verb

SERVICE = "TrivetService"
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'


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


def write(
    port: PortType,
    *,
    namespace: str,
    address: str,
    versions: Iterable[str] = ("11", "12"),
    schema_at: str | None = None,
) -> bytes:
    """The document, SOAP 1.1 first; ``versions`` are keys of `BINDINGS`.

    ``schema_at`` is where the types are; None: in the document itself, as most toolkits like it best.
    """
    chosen = [BINDINGS[version] for version in versions]
    address = address_of(address, port.profile)
    operations = list(port.operations.values())
    target = attribute(namespace)
    parts = [
        f'{_DECLARATION}<wsdl:definitions name="{SERVICE}" targetNamespace="{target}" xmlns:wsdl="{ns.WSDL}"'
        f' xmlns:soap="{ns.WSDL_SOAP11}" xmlns:soap12="{ns.WSDL_SOAP12}" xmlns:xs="{ns.XSD}" xmlns:tns="{target}">\n'
        "<wsdl:types>\n",
        *(schema.write(port, namespace) if schema_at is None else [_import(target, schema_at)]),
        "</wsdl:types>\n",
        *map(_messages, operations),
        '<wsdl:message name="ServiceFault"><wsdl:part name="fault" element="tns:ServiceFault"/></wsdl:message>\n',
        *_port_type(operations),
        *(part for binding in chosen for part in _binding(binding, operations, target)),
        *_service(chosen, address),
        "</wsdl:definitions>\n",
    ]
    return "".join(parts).encode()


def write_schema(port: PortType, namespace: str) -> bytes:
    """The document of the types alone."""
    return "".join([_DECLARATION, *schema.write(port, namespace)]).encode()


def _import(target: str, schema_at: str) -> str:
    """A schema that only imports: such a one has no namespace of its own (WS-I BP 1.1, R2105)."""
    imported = f'<xs:import namespace="{target}" schemaLocation="{attribute(schema_at)}"/>'
    return f'<xs:schema xmlns:xs="{ns.XSD}">{imported}</xs:schema>\n'


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
    Verb.CREATE_BATCH: "New rows of {}, all of them or none.",
    Verb.UPSERT: "A new row of {}, or new values for the row that has its key; created says which.",
    Verb.UPDATE: "Changes a row of {}: an absent element is left as it is; xsi:nil, or a name in setNull, means NULL.",
    Verb.DELETE: "Deletes a row of {} by its key.",
    Verb.LOGIN: "A token for a name and a password, good as the header block AuthToken and as HTTP's bearer.",
    Verb.LOGOUT: "Ends the session that the token is of.",
    Verb.GET_VERSION: "What answers here; catalogVersion changes where this document may have changed.",
    Verb.QUERY: "Rows of a table by a query in REST's words, as names and values.",
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
