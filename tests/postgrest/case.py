"""A read as a client of PostgREST's sends it, and the answer that it must have."""

from dataclasses import dataclass, field
from typing import Any

ANY: Any = object()  # a body that is not compared


@dataclass(frozen=True)
class Case:
    """``path`` follows the mount. A body of bytes is compared as it stands, any other one as JSON.

    ``sent`` are the request's headers and ``told`` those that the answer must have: None for one that must not be there.
    """

    path: str
    body: Any
    status: int = 200
    method: str = "GET"
    sent: dict[str, str] = field(default_factory=dict)
    told: dict[str, str | None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the test is called."""
        sent = "".join(f" {name}: {value}" for name, value in self.sent.items())
        return f"{self.method} {self.path}{sent}"


def ask(path: str, body: Any, status: int = 200, span: str | None = None, **told: str | None) -> Case:
    """A GET; ``span`` is its Content-Range, other headers are written with ``_`` for ``-``."""
    headers = {name.replace("_", "-"): value for name, value in told.items()}
    return Case(path, body, status, told=headers | ({} if span is None else {"Content-Range": span}))


def sent(case: Case, method: str = "GET", **headers: str) -> Case:
    """The case sent with these headers, and by another method."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Case(case.path, case.body, case.status, method, case.sent | named, case.told)


def refused(path: str, status: int, code: str, message: Any = ANY, details: Any = ANY, hint: Any = ANY) -> Case:
    """A GET that is refused; what is not said of the problem is not compared."""
    return Case(path, {"code": code, "message": message, "details": details, "hint": hint}, status)


def ids(*numbers: Any, key: str = "id") -> list[dict[str, Any]]:
    """Rows of one column."""
    return [{key: number} for number in numbers]


def same(expected: Any, found: Any) -> bool:
    """Whether what was found is what was expected, wherever something was."""
    if expected is ANY:
        return True
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(same(expected[key], found[key]) for key in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    return type(expected) is type(found) and expected == found if isinstance(expected, bool) else expected == found
