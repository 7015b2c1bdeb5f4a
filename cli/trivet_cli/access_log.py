"""Reads out of an access log: the common and combined formats, and JSON lines as nginx and our services write them."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

READS = ("GET", "HEAD")
# host ident user [time] "METHOD target HTTP/x" status …
_COMMON = re.compile(r'^\S+ \S+ .*?\[[^\]]*\] "(?P<request>(?:[^"\\]|\\.)*)" \d{3}(?: |$)')
_REQUEST = re.compile(r"(?P<method>[A-Z]+) (?P<target>\S+)(?: HTTP/\d(?:\.\d)?)?")
_ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})|\\(.)")
_SAFE = "!#$%&'()*+,/:;=?@[]~-._\"<>{}|^`\\"  # as it came, but for what can't stand in a request line
_TARGETS = ("request_uri", "uri", "url", "target", "path")


@dataclass(frozen=True)
class Read:
    """A read: its method, and its target as it stood in the request line."""

    method: str
    target: str


@dataclass
class Tally:
    """What became of a log's lines; ``reads`` holds each read once, with how often it came."""

    reads: dict[Read, int] = field(default_factory=dict)
    writes: int = 0
    odd: int = 0


def tally(lines: Iterable[str]) -> Tally:
    """The distinct reads of a log, in the order of their first coming."""
    found = Tally()
    for line in filter(None, map(str.strip, lines)):
        asked = _asked(line)
        if asked is None:
            found.odd += 1
        elif asked.method not in READS:
            found.writes += 1
        else:
            found.reads[asked] = found.reads.get(asked, 0) + 1
    return found


def below(reads: Iterable[Read], base: str) -> Iterator[Read]:
    """Those reads whose target lies below the path ``base``, with targets that count from there."""
    for read in reads:
        path, mark, query = read.target.partition("?")
        if not base:
            yield read
        elif path == base or path.startswith(f"{base}/"):
            yield Read(read.method, (path[len(base) :] or "/") + mark + query)


def _asked(line: str) -> Read | None:
    """The request of a line, writes too; None where there is none that can be understood."""
    asked = _of_json(line) if line.startswith("{") else _of_common(line)
    # absolute addresses name a host: only the two that were given are ever asked
    if asked is None or not asked.target.startswith("/") or asked.target.startswith("//"):
        return None
    return Read(asked.method, quote(asked.target, safe=_SAFE))


def _of_common(line: str) -> Read | None:
    found = _COMMON.match(line)
    return _of_request(_unescape(found["request"])) if found else None


def _of_request(text: str) -> Read | None:
    found = _REQUEST.fullmatch(text.strip())
    return Read(found["method"], found["target"]) if found else None


def _of_json(line: str) -> Read | None:
    try:
        entry: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    if isinstance(entry.get("request"), str):
        return _of_request(entry["request"])
    method = entry.get("method", entry.get("request_method"))
    target = next((entry[name] for name in _TARGETS if isinstance(entry.get(name), str)), None)
    if not isinstance(method, str) or target is None:
        return None
    query = entry.get("query", entry.get("args"))
    if isinstance(query, str) and query and "?" not in target:
        target = f"{target}?{query.removeprefix('?')}"
    return Read(method.upper(), target)


def _unescape(text: str) -> str:
    """nginx writes ``\\x22`` for a quotation mark, and Apache ``\\"``; bytes of UTF-8 come one by one."""
    parts = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)
    try:
        return parts.encode("latin-1").decode()
    except ValueError:
        return parts
