"""The JSON answer of data as the response element's text, in the schema's order, written column by column."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import islice
from types import NoneType
from typing import Any, NamedTuple

import msgspec
from contracts.fields import Field
from contracts.problems import Problem
from contracts.results import Result
from msgspec.structs import astuple

from soap_service import cursors, groups, xsd
from soap_service.call import Call, Included, Order
from soap_service.function_type import FunctionType
from soap_service.markup import attribute
from soap_service.port_type import PortType
from soap_service.resource_type import FieldElement, ResourceType, Verb

Write = Callable[[Result], str]
Part = tuple[str, Iterable[object]]
"""A column within its row: a format, and what is put into it for each row."""


class _Member(NamedTuple):
    """A member of rows: its key in JSON, the type that it is read as, and what writes its column."""

    key: str
    type: Any
    write: Callable[[Sequence[Any]], Part]


def writer(call: Call, namespace: str, port: PortType) -> Write:
    """A function from the results of a call's operation to the response element."""
    verb, type = call.called.verb, call.called.type
    opening = f'<{call.called.name}Response xmlns="{attribute(namespace)}">'
    closing = f"</{call.called.name}Response>"
    if verb is Verb.DELETE:
        return lambda result: f"{opening}<affectedRows>{result.affected or 0}</affectedRows>{closing}"
    if verb is Verb.AGGREGATE:
        return groups.writer(type, opening, closing, nillable=port.profile.nillable)
    called = call.called.called
    if called is not None and called.rows is None:
        return _value_writer(called, opening, closing, nillable=port.profile.nillable)
    rows = _Rows(type.name, type, call.fields, call.relations, port)
    if verb is Verb.CREATE_BATCH:
        return _batch_writer(rows, opening, closing, read_back=bool(call.fields))
    if not (verb is Verb.LIST or (called is not None and called.function.returns.many)):
        return _row_writer(rows, call, opening, closing)
    return ListWriter(rows, opening, closing, call.order)


class ListWriter:
    """Writes the response element of rows: as a whole, or some rows at a time."""

    def __init__(self, rows: "_Rows", opening: str, closing: str, order: Order | None = None) -> None:
        self.opening = f"{opening}<items>"
        self._closing = closing
        self._elements = rows.elements
        self._decode = _decoder(list[rows.type])  # type: ignore[name-defined]  # made at run time
        self._order = order
        self._decode_last = _decoder(list[_struct(order.keys)]) if order is not None else None  # type: ignore[misc]  # made at run time

    def __call__(self, result: Result) -> str:
        body = result.body or b"[]"
        return self.opening + self.rows(body) + self.ending(result, body)

    def rows(self, body: bytes) -> str:
        """The elements of rows, which are a JSON array."""
        return "".join(self._elements(self._decode(body)))

    def ending(self, head: Result, last: bytes) -> str:
        """What follows the last row, which is at the end of ``last``, a JSON array of rows."""
        total = f"<totalCount>{head.total}</totalCount>" if head.total is not None else ""
        return f"</items>{total}{'' if self._order is None else self._cursor(last)}{self._closing}"

    def _cursor(self, last: bytes) -> str:
        """Where the next page begins; nothing where this one is empty."""
        assert self._order is not None
        assert self._decode_last is not None
        rows = self._decode_last(last)
        return f"<nextCursor>{cursors.write(self._order, list(astuple(rows[-1])))}</nextCursor>" if rows else ""


def _row_writer(rows: "_Rows", call: Call, opening: str, closing: str) -> Write:
    """Writes the response element of one row, or none."""
    decode_row = _decoder(rows.type | None)
    tells = call.called.verb is Verb.UPSERT

    def write_row(result: Result) -> str:
        row = decode_row(result.body) if result.body else None
        if row is None and call.guarded:
            raise Problem("TRV111", "No row with this key is as ifMatch says", hint="Get it again, and try once more")
        created = f"<created>{'false' if result.inserted == 0 else 'true'}</created>" if tells else ""
        element = rows.elements((row,))[0] if row is not None else ""
        return f"{opening}{element}{created}{closing}"

    return write_row


def _batch_writer(rows: "_Rows", opening: str, closing: str, *, read_back: bool) -> Write:
    """Writes the response element of rows that were made, and their number."""
    decode = _decoder(list[rows.type])  # type: ignore[name-defined]  # made at run time

    def write_batch(result: Result) -> str:
        found = "".join(rows.elements(decode(result.body or b"[]"))) if read_back else ""
        items = f"<items>{found}</items>" if read_back else ""
        return f"{opening}{items}<affectedRows>{result.affected or 0}</affectedRows>{closing}"

    return write_batch


def _value_writer(called: FunctionType, opening: str, closing: str, *, nillable: bool) -> Write:
    """What a function gives that is no row."""
    if called.value is None:
        return lambda result: opening + closing
    member, decode = _field(called.value, nillable=nillable), _decoder(Any)

    def write_value(result: Result) -> str:
        form, texts = member.write((decode(result.body),))
        return f"{opening}{form % next(iter(texts))}{closing}"

    return write_value


def _struct(keys: Sequence[str], types: Sequence[Any] | None = None) -> Any:
    """A struct with a member for each key of a JSON object, None where it is not there."""
    members = zip(keys, types or [Any] * len(keys), strict=True)
    fields = [(f"m{index}", type, msgspec.field(name=key, default=None)) for index, (key, type) in enumerate(members)]
    return msgspec.defstruct("Row", fields, gc=False)


def _decoder(type: Any) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(type, float_hook=Decimal).decode


class _Rows:
    """Writes rows of a type as elements of a name; ``type`` is the struct that they are read as."""

    def __init__(
        self,
        name: str,
        type: ResourceType,
        fields: tuple[FieldElement, ...],
        relations: tuple[Included, ...],
        port: PortType,
    ) -> None:
        members = [_field(element, nillable=port.profile.nillable) for element in fields]
        members += [_relation(element, port) for element in relations]
        self._opening, self._closing = f"<{name}>", f"</{name}>"
        self._writers = [member.write for member in members]
        self.type: Any = _struct([member.key for member in members], [member.type for member in members])

    def elements(self, rows: Sequence[Any]) -> list[str]:
        """The rows' elements."""
        if not rows:
            return []
        columns = zip(*map(astuple, rows))  # noqa: B905  (the default is quicker, and the lengths are sure)
        parts = [write(column) for write, column in zip(self._writers, columns)]  # noqa: B905
        formats, texts = zip(*parts)  # noqa: B905
        # (no name in XML holds a per cent sign)
        row = self._opening + "".join(formats) + self._closing
        return list(map(row.__mod__, zip(*texts)))  # noqa: B905


def _field(element: FieldElement, *, nillable: bool) -> _Member:
    """A field's member: nil where it is null, or is nothing that its type can say.

    In a profile without nil the element is left out instead.
    """
    name, write_values, quick = element.name, _values_writer(element.field), xsd.column_of(element.field)
    opening, closing = f"<{name}>", f"</{name}>"
    whole = f"{opening}%s{closing}"
    nil = f'<{name} xsi:nil="true"/>' if element.field.nullable and nillable else ""

    def write(values: Sequence[Any]) -> Part:
        kinds = set(map(type, values))
        if NoneType not in kinds:
            texts = quick(values, kinds)
            if texts is not None:
                return whole, texts
            return "%s", [nil if text is None else f"{opening}{text}{closing}" for text in write_values(values)]
        kinds.remove(NoneType)
        if not kinds:
            return "%s", [nil] * len(values)
        present = [value for value in values if value is not None]
        given = iter(quick(present, kinds) or write_values(present))
        texts = [None if value is None else next(given) for value in values]
        return "%s", [nil if text is None else f"{opening}{text}{closing}" for text in texts]

    return _Member(name, Any, write)


def _values_writer(field: Field) -> Callable[[Sequence[Any]], list[str | None]]:
    """A function from any values to their texts, None for what the type can't say."""
    kind = xsd.kind_of(field)
    if field.type == "array":
        return lambda values: [_items(kind, value) for value in values]
    return lambda values: [kind.write(value) for value in values]


def _items(kind: xsd.Kind, value: Any) -> str | None:
    """An array's items."""
    if not isinstance(value, list):
        return None
    texts = [None if item is None else _item(kind, item) for item in value]
    return "".join(
        f'<{kind.xsd} xsi:nil="true"/>' if text is None else f"<{kind.xsd}>{text}</{kind.xsd}>" for text in texts
    )


def _item(kind: xsd.Kind, item: Any) -> str | None:
    """An item of an array; an array within an array is JSON text where its type can hold it."""
    if isinstance(item, list) and kind.xsd == "string":
        return xsd.KINDS["json"].write(item)
    return kind.write(item)


def _relation(included: Included, port: PortType) -> _Member:
    target = port.by_resource[included.element.relation.target]
    name = included.element.name
    if included.element.relation.cardinality == "one":
        one = _Rows(
            name, target, target.fields, included.nested, port
        )  # the same members under the relation's own name

        def write_one(values: Sequence[Any]) -> Part:
            texts = iter(one.elements([row for row in values if row is not None]))
            return "%s", ["" if row is None else next(texts) for row in values]

        return _Member(name, one.type | None, write_one)

    many = _Rows(target.name, target, target.fields, included.nested, port)

    def write_many(values: Sequence[Any]) -> Part:
        texts = iter(many.elements([row for rows in values for row in rows or ()]))
        return f"<{name}>%s</{name}>", ["".join(islice(texts, len(rows or ()))) for rows in values]

    return _Member(name, list[many.type] | None, write_many)  # type: ignore[name-defined]  # made at run time
