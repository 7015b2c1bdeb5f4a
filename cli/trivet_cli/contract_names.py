"""The names of a WSDL as SAP has to take them: ABAP knows 30 characters, no case, and no underscore at the start."""

import re
from collections import Counter
from collections.abc import Iterator

from trivet_cli.contract_wsdl import Outline, outline

_LONGEST = 30
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


def misfits(document: bytes) -> list[str]:
    """What of a WSDL SAP would not take, each in a line. Raises `ValueError` where it is no WSDL."""
    found = outline(document)
    return list(dict.fromkeys([*_places(found), *_alike(found)]))


def _places(found: Outline) -> Iterator[str]:
    for name in (*found.operations, *found.types):
        yield from _unfit(name, name)
    for type_name, members in found.types.items():
        for member in members:
            yield from _unfit(f"{type_name}/{member.name}", member.name)


def _unfit(place: str, name: str) -> Iterator[str]:
    if len(name) > _LONGEST:
        yield f"{place}: {name} has {len(name)} characters, and {_LONGEST} are known"
    if _PLAIN.fullmatch(name) is None:
        yield f"{place}: {name} does not begin with a letter, or has other signs than letters, digits and underscores"


def _alike(found: Outline) -> Iterator[str]:
    groups = {"the operations": list(found.operations), "the types": list(found.types)}
    groups |= {name: [member.name for member in members] for name, members in found.types.items()}
    for place, names in groups.items():
        for folded, number in Counter(name.casefold() for name in names).items():
            if number > 1:
                alike = [name for name in names if name.casefold() == folded]
                yield f"{place}: {' and '.join(alike)} differ in case alone"
