"""Names, quoted or plain, and the fields and places in JSON that they lead to."""

import re

from contracts.filters import FieldRef
from contracts.problems import Problem

from rest_service.grammar.scanner import Scanner

_PLAIN = re.compile(r"[\w $]+(?:-(?!>)[\w $]+)*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_INDEX = re.compile(r"-?[0-9]{1,9}(?=->|::|[.,)]|\Z)")
_KEY = re.compile(r"[^(\-:.,>)]+(?:-(?!>)[^(\-:.,>)]+)*")
_WHAT = "field name (* or [a..z0..9_$])"


def quoted(scanner: Scanner) -> str | None:
    """A text in double quotes with its escapes undone, or None where none comes next."""
    found = scanner.match(_QUOTED)
    return None if found is None else _ESCAPED.sub(r"\1", found[1])


def name(scanner: Scanner) -> str:
    """A name without the spaces around it. Raises `Problem` PGRST100 where none comes next."""
    scanner.skip_spaces()
    found = quoted(scanner)
    if found is not None:
        scanner.skip_spaces()
        return found
    plain = scanner.match(_PLAIN)
    if plain is None:
        raise scanner.fault(_WHAT)
    return plain[0].strip()


def field(scanner: Scanner) -> FieldRef:
    """A field with the JSON path that may follow it."""
    return field_of(name(scanner), scanner)


def field_of(found: str, scanner: Scanner) -> FieldRef:
    """The field of a name that was read already, with the JSON path that may follow."""
    path: list[str | int] = []
    text = False
    while scanner.at("->"):
        before, text = text, scanner.take("->>")
        if not text:
            scanner.take("->")
        path.append(_step(scanner))
        if before:
            raise _no_way_into_text("->>" if text else "->", path[-1])
    return FieldRef(found, tuple(path), text)


def names(text: str, what: str) -> tuple[str, ...]:
    """The names in a list (``columns``). Raises `Problem` PGRST100."""
    scanner = Scanner(text, what)
    found = [name(scanner)]
    while scanner.take(","):
        found.append(name(scanner))
    scanner.expect_end()
    return tuple(dict.fromkeys(found))


def quote(plain: str) -> str:
    """A name as it must stand in a query string: in quotes where the grammar would misread it."""
    if _PLAIN.fullmatch(plain) and plain == plain.strip():
        return plain
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _step(scanner: Scanner) -> str | int:
    index = scanner.match(_INDEX)
    if index is not None:
        return int(index[0])
    key = quoted(scanner)
    if key is not None:
        return key
    plain = scanner.match(_KEY)
    if plain is None:
        if scanner.take("-"):
            raise scanner.fault("digit")
        raise scanner.fault('"-", digit or any non reserved character different from: .,>()')
    return plain[0].strip()


def _no_way_into_text(arrow: str, step: str | int) -> Problem:
    kind = "integer" if isinstance(step, int) else "unknown"
    return Problem(
        "42883",
        f"operator does not exist: text {arrow} {kind}",
        hint="No operator matches the given name and argument types. You might need to add explicit type casts.",
    )
