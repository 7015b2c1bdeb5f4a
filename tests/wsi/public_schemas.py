"""The public schemas of WSDL 1.1, its SOAP binding, XML Schema 1.0 and SOAP 1.1, as the package xmlschema ships them.

It has none of SOAP 1.2: messages of that version, and its binding in a WSDL, are held against the rules alone.
"""

from copy import deepcopy
from functools import cache
from pathlib import Path

import xmlschema
from lxml import etree

_FOLDER = Path(xmlschema.__file__).parent / "schemas"
_PARTS = {
    "http://www.w3.org/XML/1998/namespace": "XML/xml.xsd",
    "http://www.w3.org/2001/XMLSchema": "XSD_1.0/XMLSchema.xsd",
    "http://schemas.xmlsoap.org/wsdl/": "WSDL/wsdl.xsd",
    "http://schemas.xmlsoap.org/wsdl/soap/": "WSDL/wsdl-soap.xsd",
    "http://schemas.xmlsoap.org/soap/envelope/": "WSDL/soap-envelope.xsd",
}


@cache
def _schema() -> etree.XMLSchema:
    """All of them in one."""
    imports = "".join(
        f'<xs:import namespace="{namespace}" schemaLocation="{(_FOLDER / path).as_uri()}"/>'
        for namespace, path in _PARTS.items()
    )
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(text))


def faults(document: etree._Element) -> list[str]:
    """What in a WSDL or a SOAP 1.1 message the schemas do not allow.

    The language of a fault's reason is beyond SOAP 1.1's own schema; the Basic Profile has it accepted (R1016).
    """
    schema, document = _schema(), deepcopy(document)
    for reason in document.iter("faultstring"):
        reason.attrib.pop("{http://www.w3.org/XML/1998/namespace}lang", None)
    if schema.validate(document):
        return []
    return [f"line {error.line}: {error.message}" for error in schema.error_log]
