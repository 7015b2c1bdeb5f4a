"""What SQLite says only in the text of its DDL: names of constraints, and what a view's triggers stand in for."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(
    r"""
    --[^\n]* | /\*.*?(?:\*/|\Z) | \s+
    | (?P<quoted>"(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\])
    | (?P<string>'(?:[^']|'')*')
    | (?P<word>[^\W\d][\w$]*)
    | (?P<other>\d[\w.]* | .)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A word, a quoted name (unquoted here), a string or a sign; ``key`` compares as SQLite compares names."""

    text: str
    kind: Literal["quoted", "string", "word", "other"]

    @property
    def key(self) -> str:
        return folded(self.text)

    @property
    def keyword(self) -> str:
        """In capitals, empty for what is quoted: a quoted word is a name."""
        return self.text.upper() if self.kind in ("word", "other") else ""


@dataclass(frozen=True)
class NamedConstraint:
    """A key with the name its DDL gives; ``fields`` and ``target`` as `folded`, the target of foreign keys only."""

    name: str
    kind: Literal["primary", "unique", "foreign"]
    fields: tuple[str, ...]
    target: str = ""


def folded(name: str) -> str:
    """The name as SQLite compares it: ASCII letters in lower case, others as they are."""
    return "".join(chr(ord(sign) + 32) if "A" <= sign <= "Z" else sign for sign in name)


def tokens(text: str) -> Iterator[Token]:
    """The tokens of an SQL text without spaces and comments."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind in ("word", "other", "string"):
            yield Token(match[0], kind)  # type: ignore[arg-type]  # a group's name is one of the literals
        elif kind == "quoted":
            mark = match[0][-1]
            inner = match[0][1:-1]
            yield Token(inner if mark == "]" else inner.replace(mark * 2, mark), "quoted")


def named_constraints(ddl: str) -> list[NamedConstraint]:
    """The keys of a CREATE TABLE that have a name; a text that is no such statement has none."""
    found = []
    for definition in _definitions(list(tokens(ddl))):
        for place, token in enumerate(definition):
            if token.keyword == "CONSTRAINT" and place + 2 < len(definition):
                constraint = _constraint(definition, place)
                if constraint is not None:
                    found.append(constraint)
    return found


def replaced_events(ddl: str) -> str:
    """Which of INSERT, UPDATE, DELETE a CREATE TRIGGER … INSTEAD OF stands in for, empty for other triggers."""
    words = [token.keyword for token in tokens(ddl)]
    for place in range(len(words) - 2):
        if words[place] == "BEGIN":
            break
        if words[place : place + 2] == ["INSTEAD", "OF"]:
            return words[place + 2]
    return ""


def is_plain_name(expression: str) -> Token | None:
    """The only token of an expression if it is a name, bare or in double quotes: as a default it is a string."""
    found = list(tokens(expression))
    return found[0] if len(found) == 1 and found[0].kind in ("word", "quoted") else None


def _definitions(statement: Sequence[Token]) -> Iterator[list[Token]]:
    """The definitions of columns and constraints between the outer parentheses, parted at the commas."""
    depth = 0
    part: list[Token] = []
    for token in statement:
        sign = token.text if token.kind == "other" else ""
        if depth > 0 and not (depth == 1 and sign in (",", ")")):
            part.append(token)
        depth += (sign == "(") - (sign == ")")
        if (depth == 1 and sign == ",") or (depth == 0 and sign == ")"):
            yield part
            part = []
        if depth == 0 and sign == ")":
            return


def _constraint(definition: Sequence[Token], place: int) -> NamedConstraint | None:
    """The constraint after ``CONSTRAINT name``; of the first column where the definition is a column's."""
    name, rest = definition[place + 1].text, definition[place + 2 :]
    own = () if place == 0 else (definition[0].key,)
    word = rest[0].keyword
    if word in ("PRIMARY", "UNIQUE"):
        fields = own or _listed(rest)
        return NamedConstraint(name, "primary" if word == "PRIMARY" else "unique", fields) if fields else None
    keywords = [token.keyword for token in rest]
    if word == "FOREIGN" or (own and word == "REFERENCES"):
        target = keywords.index("REFERENCES") + 1 if "REFERENCES" in keywords else len(rest)
        if target < len(rest):
            return NamedConstraint(name, "foreign", own or _listed(rest), rest[target].key)
    return None


def _listed(rest: Sequence[Token]) -> tuple[str, ...]:
    """The names in the first parentheses, each the first token of its part."""
    return tuple(part[0].key for part in _definitions(rest) if part)
