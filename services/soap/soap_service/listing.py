"""The page that a browser gets: the operations of the service, and where its WSDL is."""

from html import escape
from itertools import groupby

from soap_service.port_type import Operation, PortType
from soap_service.profiles import address_of
from soap_service.resource_type import GENERAL
from soap_service.wsdl import describe

_STYLE = "body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}code{background:#eee}"


def write(port: PortType, address: str) -> str:
    """The page as HTML."""
    groups = groupby(port.operations.values(), key=_group)
    sections = "".join(
        f"<h2>{escape(name)}</h2><ul>"
        + "".join(f"<li><code>{escape(each.name)}</code> {escape(describe(each))}</li>" for each in operations)
        + "</ul>"
        for name, operations in groups
    )
    shown = escape(address_of(address, port.profile))
    document = f"{shown}{'&amp;' if '?' in shown else '?'}wsdl"
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>SOAP</title><style>{_STYLE}</style></head>'
        f'<body><h1>SOAP 1.1 and 1.2</h1><p>The WSDL is at <a href="{document}">{document}</a>.</p>'
        f"{'<p>Nothing is open to you without a login.</p>' if port.empty else ''}{sections}</body></html>"
    )


def _group(operation: Operation) -> str:
    if operation.verb in GENERAL:
        return "For all"
    return operation.type.resource.name if operation.called is None else "Functions"
