"""One mutation that is asked: by whom, and what it answers or is refused with."""

from typing import Any, NamedTuple

from tests.fixtures.guarded_store import ADMIN, Who

FAILED, DENIED, VIOLATED = "validation-failed", "permission-error", "constraint-violation"
CHECK = "check constraint of an insert/update permission has failed"


class Refused(NamedTuple):
    """The one error of an answer; ``path`` is written without ``$`` and the first ``selectionSet``."""

    path: str
    code: str
    message: str

    @property
    def answer(self) -> dict[str, Any]:
        """The whole answer."""
        path = f"$.selectionSet.{self.path}" if self.path else "$"
        return {"errors": [{"message": self.message, "extensions": {"path": path, "code": self.code}}]}


class Whole(NamedTuple):
    """A whole answer, where no field says it."""

    answer: dict[str, Any]


class Case(NamedTuple):
    """A mutation (its fields, or a whole document where it has ``variables``) and its answer.

    ``expected`` is the value of its only field, or of all by their keys; ``then`` is asked afterwards, by admin. What
    only one database has is asked on that ``engine``.
    """

    mutation: str
    expected: Any
    who: Who = ADMIN
    variables: dict[str, Any] | None = None
    then: str = ""
    after: Any = None
    engine: str = ""

    @property
    def document(self) -> str:
        """The whole document."""
        return self.mutation if self.mutation.startswith("mutation") else f"mutation {{ {self.mutation} }}"

    @property
    def answer(self) -> dict[str, Any]:
        """The whole answer."""
        if isinstance(self.expected, Refused | Whole):
            return self.expected.answer
        key = self.document.partition("{")[2].strip().split("(")[0].split(" ")[0].split(":")[0]
        alone = not (isinstance(self.expected, dict) and key in self.expected)
        return {"data": {key: self.expected} if alone else self.expected}


def rows(*found: Any) -> dict[str, Any]:
    """What ``{ affected_rows returning {…} }`` answers."""
    return {"affected_rows": len(found), "returning": list(found)}


def count(number: int) -> dict[str, int]:
    """What ``{ affected_rows }`` answers."""
    return {"affected_rows": number}


def unique(name: str) -> str:
    """The words of a unique key's violation."""
    return f'Uniqueness violation. duplicate key value violates unique constraint "{name}"'


def not_null(column: str, table: str) -> str:
    """The words of a missing value."""
    return f'Not-NULL violation. null value in column "{column}" of relation "{table}" violates not-null constraint'
