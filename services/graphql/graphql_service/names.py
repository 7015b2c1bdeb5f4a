"""Names that GraphQL can say for whatever the database calls its tables, columns and relations.

GraphQL knows letters, digits and underscores only, and keeps names with two leading underscores for itself. A name
that fits is kept; of another the odd characters become underscores, and one that is taken gets a number.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

_FITS = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")
_ODD = re.compile(r"[^_0-9A-Za-z]")
# no enum value may be called so, and every field is also a value of a `_select_column` enum
_NOT_VALUES = frozenset({"true", "false", "null"})
# keys with a meaning of their own beside the fields of a `_bool_exp` or a selection
_CONNECTIVES = frozenset({"_and", "_or", "_not"})
NOT_FIELDS = _NOT_VALUES | _CONNECTIVES


def fitting(name: str) -> str:
    """``name`` with everything replaced that GraphQL can't say."""
    if _FITS.fullmatch(name):
        return name
    plain = _ODD.sub("_", name)
    if plain[:1].isdigit() or not plain:
        plain = "_" + plain
    return re.sub("^__+", "_", plain)


def unique(base: str, taken: Collection[str], patterns: Sequence[str] = ("{}",)) -> str:
    """``base``, or the first numbered form of it that in none of ``patterns`` is among ``taken``."""
    joint = "" if base.endswith("_") else "_"
    name, number = base, 1
    while any(pattern.format(name) in taken for pattern in patterns):
        number += 1
        name = f"{base}{joint}{number}"
    return name


def assign_wished(
    wishes: Mapping[str, str], reserved: Collection[str], patterns: Sequence[str] = ("{}",)
) -> dict[str, str]:
    """The name that each of ``wishes`` has for it, numbered where that is taken in any of ``patterns``."""
    taken = set(reserved)
    chosen: dict[str, str] = {}
    for name, wish in wishes.items():
        chosen[name] = unique(fitting(wish), taken, patterns)
        taken.update(pattern.format(chosen[name]) for pattern in patterns)
    return chosen


def assign(names: Iterable[str], reserved: Collection[str], patterns: Sequence[str] = ("{}",)) -> dict[str, str]:
    """A GraphQL name for each of ``names``, none reserved and none twice, in whichever of ``patterns`` it is used.

    Names that fit choose first, then the others, both in the order given.
    """
    names = list(names)
    taken = set(reserved)
    chosen: dict[str, str] = {}
    for name in sorted(names, key=lambda name: fitting(name) != name):
        chosen[name] = unique(fitting(name), taken, patterns)
        taken.update(pattern.format(chosen[name]) for pattern in patterns)
    return {name: chosen[name] for name in names}
