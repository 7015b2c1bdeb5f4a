"""What can go wrong with a remote source, told apart by what its reader can do about it."""

from typing import Literal

from contracts.problems import Problem

Kind = Literal["slow", "failed", "resting"]
_WORDS: dict[Kind, str] = {
    "slow": "took too long",
    "failed": "does not answer as it should",
    "resting": "has failed several times and is left alone for a moment",
}


class Trouble(Exception):
    """A source gave no answer that can be used. ``reason`` is for the log: it holds no credential, nor any value.

    ``told`` is what the source itself says is wrong with the question, where it says so: an answer of its own, which
    is no sign that it is ill.
    """

    def __init__(self, kind: Kind, reason: str, *, told: str | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.told = told

    @property
    def words(self) -> str:
        """What the client may know of it."""
        return _WORDS[self.kind]

    def problem(self, what: str, source: str) -> Problem:
        """The problem of ``what`` (a field, an operation) that needs the source."""
        code = "TRV311" if self.kind == "slow" else "TRV310"
        return Problem(code, f"{what} is not to be had: the source {source} {self.words}", details=self.told)
