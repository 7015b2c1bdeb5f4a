"""The configuration of PostgREST: its file, or its variables in the environment."""

import re
from collections.abc import Mapping
from pathlib import Path

_LINE = re.compile(r"\s*(?P<key>[A-Za-z][\w.\-]*)\s*=\s*(?P<value>.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_APP = "app.settings."
PREFIX = "PGRST_"
# other names that it has had
_ALIASES = {
    "db-schema": "db-schemas",
    "db-pool-timeout": "db-pool-max-idletime",
    "role-claim-key": "jwt-role-claim-key",
    "max-rows": "db-max-rows",
    "pre-request": "db-pre-request",
    "secret-is-base64": "jwt-secret-is-base64",
    "root-spec": "db-root-spec",
}


class Unreadable(ValueError):
    """The file is none of PostgREST's; the message says where."""


def read(text: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The settings in a file's text, by name; ``environ`` is what ``$(NAME)`` refers to. Raises `Unreadable`."""
    found: dict[str, str] = {}
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        start, line = number, lines[number]
        number += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        matched = _LINE.fullmatch(line)
        if matched is None:
            raise Unreadable(f"line {start + 1}: not of the form name = value")
        value = matched["value"]
        while value.startswith('"') and _closed(value) is None:  # a text may go on in the next lines
            if number == len(lines):
                raise Unreadable(f"line {start + 1}: the text has no end")
            value += "\n" + lines[number]
            number += 1
        found[_name(matched["key"])] = _VARIABLE.sub(lambda m: environ.get(m[1], ""), _value(value, start))
    return found


def of_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings in ``PGRST_…`` variables, by the names that they have in a file."""
    found = {}
    for variable, value in environ.items():
        if variable.startswith(f"{PREFIX}APP_SETTINGS_"):
            found[_APP + variable.removeprefix(f"{PREFIX}APP_SETTINGS_").lower()] = value
        elif variable.startswith(PREFIX):
            found[_name(variable.removeprefix(PREFIX).lower().replace("_", "-"))] = value
    return found


def resolved(value: str, folder: Path) -> str:
    """A value that may stand in a file of its own (``@path``). Raises `Unreadable`."""
    if not value.startswith("@"):
        return value
    try:
        return (folder / value[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise Unreadable(f"{value[1:]} can't be read: {fault}") from None


def _name(key: str) -> str:
    return key if key.startswith(_APP) else _ALIASES.get(key, key)


def _value(text: str, line: int) -> str:
    text = text.strip()
    if not text.startswith('"'):
        return text.partition("#")[0].strip()
    end = _closed(text)
    if end is None or (text[end + 1 :].strip() and not text[end + 1 :].strip().startswith("#")):
        raise Unreadable(f"line {line + 1}: something follows the text")
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text[1:end], flags=re.DOTALL)


def _closed(text: str) -> int | None:
    """Where the text that begins with a quotation mark ends."""
    at = 1
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == '"':
            return at
        at += 1
    return None
