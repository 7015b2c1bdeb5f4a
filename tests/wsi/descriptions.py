"""WS-I Basic Profile 1.1's rules for descriptions (§4), each by its number: what in a WSDL breaks it.

R2112, a SHOULD NOT, is left out on purpose: types are called ``ArrayOfX``, by which .NET knows lists. The binding of SOAP 1.2
is none that the profile knows; what it says of the other holds for it as well.
"""

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from tests.wsi.rules import Rules

Element = etree._Element
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"
SOAP = ("{http://schemas.xmlsoap.org/wsdl/soap/}", "{http://schemas.xmlsoap.org/wsdl/soap12/}")
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
HTTP = "http://schemas.xmlsoap.org/soap/http"
RULES: Rules[Element] = Rules()


def _soap(root: Element, *names: str) -> Iterator[Element]:
    return root.iter(*(prefix + name for prefix in SOAP for name in names))


def _name(element: Element) -> str:
    return f"{etree.QName(element).localname} {element.get('name', '')}".strip()


def _resolved(element: Element, name: str | None) -> tuple[str, str]:
    prefix, _, local = (name or "").rpartition(":")
    return element.nsmap.get(prefix or None) or "", local


def _elements(root: Element) -> dict[tuple[str, str], Element]:
    return {
        (schema.get("targetNamespace", ""), each.get("name", "")): each
        for schema in root.iter(f"{XSD}schema")
        for each in schema.iterchildren(f"{XSD}element")
    }


@RULES.enter("R2001", "R2002", "R2003", "R2007", "R2008")
def imports(root: Element) -> Iterator[str]:
    """wsdl:import is for WSDL alone and says where; xs:import stands in schemas."""
    for each in root.iter(f"{WSDL}import"):
        if not each.get("location"):
            yield _name(each)
    for each in root.iter(f"{XSD}import"):
        if each.getparent().tag != f"{XSD}schema":
            yield _name(each)


@RULES.enter("R2022", "R2023")
def order(root: Element) -> Iterator[str]:
    """Imports, then types, then the rest."""
    ranks = [{f"{WSDL}documentation": 0, f"{WSDL}import": 1, f"{WSDL}types": 2}.get(str(each.tag), 3) for each in root]
    if ranks != sorted(ranks):
        yield "definitions"


@RULES.enter("R2026", "R2027")
def required_extensions(root: Element) -> Iterator[str]:
    """No extension has to be understood."""
    yield from (_name(each) for each in root.iter() if each.get(f"{WSDL}required") in ("true", "1"))


@RULES.enter("R2101", "R2102")
def references(root: Element) -> Iterator[str]:
    """What is referred to is there."""
    known = {
        (schema.get("targetNamespace", ""), each.get("name", ""))
        for schema in root.iter(f"{XSD}schema")
        for each in schema
        if each.tag in (f"{XSD}complexType", f"{XSD}simpleType")
    }
    for each in root.iter(f"{XSD}element"):
        name = _resolved(each, each.get("type"))
        if each.get("type") and f"{{{name[0]}}}" != XSD and name not in known:
            yield f"{_name(each)} of the type {name[1]}"


@RULES.enter("R2105")
def target_namespaces(root: Element) -> Iterator[str]:
    """Every schema that declares anything has a namespace."""
    for schema in root.iter(f"{XSD}schema"):
        imports_only = all(each.tag in (f"{XSD}import", f"{XSD}annotation") for each in schema)
        if not schema.get("targetNamespace") and not imports_only:
            yield "schema"


@RULES.enter("R2110", "R2111", "R2113")
def arrays_of_rpc(root: Element) -> Iterator[str]:
    """Nothing of the arrays of rpc/encoded."""
    for each in root.iter():
        if not isinstance(each.tag, str):
            continue
        values = [str(value) for value in each.attrib.values()]
        named = [_resolved(each, value)[0] for value in values if ":" in value]
        if ENCODING in named or any("arrayType" in str(name) for name in each.attrib):
            yield _name(each)


@RULES.enter("R2201", "R2210")
def one_part(root: Element) -> Iterator[str]:
    """A body is of one part at most."""
    yield from (_name(each) for each in root.iter(f"{WSDL}message") if len(each.findall(f"{WSDL}part")) > 1)


@RULES.enter("R2204", "R2205", "R2206", "R2306", "R2712")
def parts(root: Element) -> Iterator[str]:
    """Parts refer to global elements, and to no types."""
    known = _elements(root)
    for part in root.iter(f"{WSDL}part"):
        if part.get("type") or _resolved(part, part.get("element")) not in known:
            yield _name(part.getparent())


@RULES.enter("R2301", "R2303")
def exchanges(root: Element) -> Iterator[str]:
    """Requests come before answers: nobody is notified or solicited."""
    for port in root.iter(f"{WSDL}portType"):
        for operation in port.iterchildren(f"{WSDL}operation"):
            tags = [etree.QName(each).localname for each in operation if each.tag != f"{WSDL}documentation"]
            if tags[:1] != ["input"] or tags != sorted(tags, key=["input", "output", "fault"].index):
                yield _name(operation)


@RULES.enter("R2304")
def no_overloads(root: Element) -> Iterator[str]:
    """An operation's name is its own."""
    for port in root.iter(f"{WSDL}portType"):
        names = Counter(each.get("name") for each in port.iterchildren(f"{WSDL}operation"))
        yield from (f"operation {name}" for name, number in names.items() if number > 1)


@RULES.enter("R2401", "R2701", "R2702")
def transports(root: Element) -> Iterator[str]:
    """Each binding is one of SOAP over HTTP."""
    for binding in root.iter(f"{WSDL}binding"):
        found = [each for each in binding if each.tag in [f"{prefix}binding" for prefix in SOAP]]
        if len(found) != 1 or found[0].get("transport") != HTTP:
            yield _name(binding)


@RULES.enter("R2705")
def styles(root: Element) -> Iterator[str]:
    """All is document."""
    yield from (
        _name(each) for each in _soap(root, "binding", "operation") if each.get("style", "document") != "document"
    )


@RULES.enter("R2706", "R2707")
def literal(root: Element) -> Iterator[str]:
    """All is literal."""
    yield from (_name(each) for each in _soap(root, "body", "fault", "header") if each.get("use") != "literal")


@RULES.enter("R2710")
def signatures(root: Element) -> Iterator[str]:
    """What stands in the body tells an operation from all others."""
    messages = {
        each.get("name"): _resolved(part, part.get("element"))
        for each in root.iter(f"{WSDL}message")
        for part in each.iterchildren(f"{WSDL}part")
    }
    for port in root.iter(f"{WSDL}portType"):
        found = Counter(messages.get(_resolved(each, each.get("message"))[1]) for each in port.iter(f"{WSDL}input"))
        yield from (f"element {name}" for name, number in found.items() if number > 1)


@RULES.enter("R2716")
def no_namespaces(root: Element) -> Iterator[str]:
    """Bodies and faults of document/literal name no namespace."""
    yield from (_name(each) for each in _soap(root, "body", "fault", "header") if each.get("namespace") is not None)


@RULES.enter("R2718")
def bound_alike(root: Element) -> Iterator[str]:
    """A binding has the operations of its port type."""
    ports = {
        each.get("name"): sorted(each_op.get("name", "") for each_op in each.iterchildren(f"{WSDL}operation"))
        for each in root.iter(f"{WSDL}portType")
    }
    for binding in root.iter(f"{WSDL}binding"):
        names = sorted(each.get("name", "") for each in binding.iterchildren(f"{WSDL}operation"))
        if names != ports.get(_resolved(binding, binding.get("type"))[1]):
            yield _name(binding)


@RULES.enter("R2721", "R2722", "R2723", "R2740", "R2741", "R2754")
def faults(root: Element) -> Iterator[str]:
    """Faults are bound by their names, each of the port type's and no others."""
    declared = {
        (port.get("name"), operation.get("name")): sorted(
            each.get("name", "") for each in operation.iter(f"{WSDL}fault")
        )
        for port in root.iter(f"{WSDL}portType")
        for operation in port.iterchildren(f"{WSDL}operation")
    }
    for binding in root.iter(f"{WSDL}binding"):
        port = _resolved(binding, binding.get("type"))[1]
        for operation in binding.iterchildren(f"{WSDL}operation"):
            bound = [
                (each.get("name", ""), [fault.get("name") for fault in each]) for each in operation.iter(f"{WSDL}fault")
            ]
            if sorted(name for name, _ in bound) != declared.get((port, operation.get("name"))):
                yield _name(operation)
            yield from (f"{_name(operation)} fault {name}" for name, names in bound if names != [name])


@RULES.enter("R2745")
def actions(root: Element) -> Iterator[str]:
    """Each operation says its SOAPAction, and no two the same."""
    for binding in root.iter(f"{WSDL}binding"):
        found = Counter(each.get("soapAction") for each in _soap(binding, "operation"))
        yield from (f"soapAction {action}" for action, number in found.items() if number > 1 or not action)


@RULES.enter("R2711")
def addresses(root: Element) -> Iterator[str]:
    """One port at an address, for each binding's own kind."""
    found = Counter((each.tag, each.get("location")) for each in _soap(root, "address"))
    yield from (f"address {location}" for (_, location), number in found.items() if number > 1 or not location)


@RULES.enter("R4002", "R4003", "R4004")
def encoding(root: Element) -> Iterator[str]:
    """XML 1.0 in UTF-8 or UTF-16."""
    info = root.getroottree().docinfo
    if info.xml_version != "1.0" or (info.encoding or "UTF-8").upper() not in ("UTF-8", "UTF-16"):
        yield f"{info.xml_version} {info.encoding}"


@RULES.enter("wrapped")
def wrapped(root: Element) -> Iterator[str]:
    """What generators know as wrapped: one part ``parameters``, an element of the operation's name, a plain sequence."""
    known = _elements(root)
    messages = {each.get("name"): each for each in root.iter(f"{WSDL}message")}
    for port in root.iter(f"{WSDL}portType"):
        for operation in port.iterchildren(f"{WSDL}operation"):
            for kind, suffix in (("input", ""), ("output", "Response")):
                found = operation.find(f"{WSDL}{kind}")
                if found is None:
                    continue
                part = messages[_resolved(found, found.get("message"))[1]].find(f"{WSDL}part")
                name = _resolved(part, part.get("element"))
                element = known.get(name)
                inner = [each.tag for each in element.iter()] if element is not None else []
                plain = {f"{XSD}{tag}" for tag in ("element", "complexType", "sequence", "annotation", "documentation")}
                if part.get("name") != "parameters" or name[1] != operation.get("name") + suffix or set(inner) - plain:
                    yield _name(operation)
