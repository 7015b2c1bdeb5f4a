"""The question that shows a resource, as a SOAP 1.1 message."""

from collections.abc import Iterable

from chassis.examples import LIMIT, Example, Question, Write
from contracts.catalog import Catalog

from soap_service.markup import attribute, content
from soap_service.namespaces import SOAP11
from soap_service.port_type import PortType
from soap_service.resource_type import Verb
from soap_service.versions import SOAP_1_1


def writer(namespace: str) -> Write:
    """The function that writes the request for a question."""

    def write(catalog: Catalog, question: Question) -> Example:
        headers = {"Content-Type": f"{SOAP_1_1.media_type}; charset=utf-8", "SOAPAction": '""'}
        body = _envelope(PortType(catalog), question, namespace)
        return Example(method="POST", path="/soap/v1", headers=headers, body=body)

    return write


def _envelope(port: PortType, question: Question, namespace: str) -> str:
    type = port.by_resource[question.resource.name]
    called = Verb.LIST.value + type.name
    lines = [
        f'<soap:Envelope xmlns:soap="{SOAP11}">',
        "  <soap:Body>",
        f'    <{called} xmlns="{attribute(namespace)}">',
    ]
    lines += _order(question.sort)
    lines += ["      <page>", f"        <limit>{LIMIT}</limit>", "      </page>"]
    lines += _strings("fields", (field.name for field in question.fields))
    if question.relation is not None:
        lines += _strings("include", [question.relation.name])
    return "\n".join([*lines, f"    </{called}>", "  </soap:Body>", "</soap:Envelope>"])


def _order(names: tuple[str, ...]) -> list[str]:
    items = [f"        <item><field>{content(name)}</field><descending>true</descending></item>" for name in names]
    return ["      <orderBy>", *items, "      </orderBy>"] if items else []


def _strings(name: str, texts: Iterable[str]) -> list[str]:
    items = [f"        <string>{content(text)}</string>" for text in texts]
    return [f"      <{name}>", *items, f"      </{name}>"]
