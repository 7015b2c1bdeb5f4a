"""Names of PostgreSQL as SQL writes them."""

import re

from contracts.fields import Field

_MODIFIERS = re.compile(r"\s*\(\s*\d+\s*(,\s*-?\d+\s*)?\)")
_UNLIMITED = {"character": "bpchar", "bit": "varbit", "character[]": "bpchar[]", "bit[]": "varbit[]"}


def quoted(name: str) -> str:
    """An identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def free_type(db_type: str) -> str:
    """A type without its length: a cast to ``character(3)`` would cut what it compares."""
    bare = _MODIFIERS.sub("", db_type)
    return _UNLIMITED.get(bare, bare)


def is_ltree(field: Field) -> bool:
    """True for paths in a tree, of the extension ``ltree``."""
    return field.db_type == "ltree" or field.db_type.endswith(".ltree")


def of_ltree(field: Field, name: str) -> str:
    """Another type of the extension that a field's type is of, in its schema."""
    return field.db_type.removesuffix("ltree") + name
