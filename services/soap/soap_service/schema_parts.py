"""What XML Schema documents are made of, as text: complex types, their elements, and documentation."""

from collections.abc import Iterable

from contracts.fields import Field

from soap_service import xsd
from soap_service.markup import content


def complex(name: str, members: Iterable[str], comment: str | None = None) -> str:
    """A complex type of elements in order."""
    inner = "".join(members)
    return f'<xs:complexType name="{name}">{note(comment)}<xs:sequence>{inner}</xs:sequence></xs:complexType>\n'


def member(
    name: str, type: str, comment: str | None = None, *, least: int = 0, many: bool = False, nillable: bool = False
) -> str:
    """An element of a type."""
    occurs = ("" if least else ' minOccurs="0"') + (' maxOccurs="unbounded"' if many else "")
    nil = ' nillable="true"' if nillable else ""
    if not comment:
        return f'<xs:element name="{name}" type="{type}"{occurs}{nil}/>'
    return f'<xs:element name="{name}" type="{type}"{occurs}{nil}>{note(comment)}</xs:element>'


def note(text: str | None) -> str:
    """Documentation, if there is any."""
    return f"<xs:annotation><xs:documentation>{content(text)}</xs:documentation></xs:annotation>" if text else ""


def type_of(field: Field) -> str:
    """The type of a field's element."""
    name = xsd.kind_of(field).xsd
    return f"tns:{xsd.array_of(name)}" if field.type == "array" else f"xs:{name}"
