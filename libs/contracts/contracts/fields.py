"""Fields of resources: their types in a portable form, who gives their values, and how protected ones are seen."""

from typing import Any, Literal

import msgspec

FieldType = Literal[
    "int2", "int4", "int8", "numeric", "float4", "float8", "bool", "text", "uuid",
    "date", "time", "timetz", "timestamp", "timestamptz", "interval", "json", "bytes",
    "enum", "array", "range", "other",
]  # fmt: skip
Origin = Literal["column", "expression", "python", "remote"]
Form = Literal["clear", "hidden", "pattern", "hash", "token"]


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a mask's pattern: a fixed ``text``, the value's ``first`` or ``last`` characters, or its ``domain``.

    The domain is what follows the last ``@``.
    """

    kind: Literal["text", "first", "last", "domain"]
    text: str = ""
    count: int = 0


class Guard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a protected field is seen: data's own business, which is never sent to facades.

    ``about`` names the column that the value comes from, whatever views it passed (schema.table.column). ``store`` is
    how it is kept: as it is, as a token, or encrypted; ``index`` is then the field beside it with its blind index,
    empty where a view has left that out. ``stored`` is the field as the database has it, ``keys`` what data hashes and
    opens with.
    """

    form: Form
    about: str
    stored: "Field"
    parts: tuple[Part, ...] = ()
    store: Literal["plain", "token", "sealed"] = "plain"
    index: str | None = None
    keys: Any = None

    @property
    def in_sql(self) -> bool:
        """True where the database itself can say what is seen, so that it can be used like any other field."""
        return self.form == "hidden" or self.store == "plain" or (self.store == "token" and self.form == "token")

    @property
    def searchable(self) -> bool:
        """True where it is seen as it is, and the database can find values by what was hashed likewise."""
        return self.form == "clear" and (self.store == "token" or bool(self.index))


class Representation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How values of a domain are written outside: functions of the database, as SQL names them, or none (empty).

    ``output`` makes JSON of a value, ``body`` a value of JSON, ``text`` one of a filter's text. Facades never get it.
    """

    output: str = ""
    body: str = ""
    text: str = ""


class Field(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One field of a resource.

    ``type`` is the portable type, ``db_type`` the database's own name of it, fit for a cast there (PostgreSQL:
    schema-qualified where needed, with modifiers). ``element`` is the portable type of an array's elements;
    ``length`` counts characters; ``values`` are an enum's. ``default`` is the database's own expression, None where
    there is none: it is never sent to facades (they see ``has_default``).

    ``origin`` says who gives the value: a ``column``, an ``expression`` over columns, a ``python`` function, or a
    ``remote`` source. ``expression`` alternates SQL text and names of columns, beginning and ending with text; it is
    never sent to facades. What is not ``filterable`` can be read, and nothing else: no filter, order, group, distinct
    or aggregate may name it. With a ``guard`` it is protected; facades never get that.
    ``keywords`` is the text of a JSON object: the JSON Schema keywords that a value must satisfy as a client gives it.
    ``cell`` is data's own predicate on a row, without which the role sees null instead (of inherited roles); facades
    never get that either. ``enum`` names the enum table that it refers to (`Catalog.enums`).
    """

    name: str
    type: FieldType
    db_type: str
    nullable: bool = True
    has_default: bool = False
    default: str | None = None
    generated: bool = False
    identity: Literal["always", "default"] | None = None
    comment: str | None = None
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    values: tuple[str, ...] = ()
    element: FieldType | None = None
    domain: str | None = None
    origin: Origin = "column"
    expression: tuple[str, ...] = ()
    filterable: bool = True
    guard: Guard | None = None
    keywords: str | None = None
    representation: Representation | None = None
    cell: Any = None
    enum: str | None = None

    @property
    def writable(self) -> bool:
        """False where the database, or a rule, alone makes the value."""
        return self.origin == "column" and not self.generated and self.identity != "always"
