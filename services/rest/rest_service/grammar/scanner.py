"""A text that is read once from left to right, and the problem that says where it stopped making sense."""

import re

from contracts.problems import Problem

DEPTH = 32  # levels of embeds or of logic; deeper requests are refused before they exhaust the stack
_SPACES = re.compile(r"[ \t]*")
_CLOSING = re.compile(r"[)\]}'\";\s]*\Z")


class Scanner:
    """A text and the place in it up to which it has been read; ``what`` names the text in problems."""

    __slots__ = ("place", "text", "what")

    def __init__(self, text: str, what: str) -> None:
        self.text = text
        self.what = what
        self.place = 0

    @property
    def done(self) -> bool:
        """True where nothing is left to read."""
        return self.place >= len(self.text)

    def at(self, literal: str) -> bool:
        """True where ``literal`` comes next."""
        return self.text.startswith(literal, self.place)

    def take(self, literal: str) -> bool:
        """Read ``literal`` if it comes next; say whether it did."""
        found = self.text.startswith(literal, self.place)
        if found:
            self.place += len(literal)
        return found

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what ``pattern`` matches here, or nothing."""
        found = pattern.match(self.text, self.place)
        if found is not None:
            self.place = found.end()
        return found

    def rest(self) -> str:
        """Read all that is left."""
        found = self.text[self.place :]
        self.place = len(self.text)
        return found

    def skip_spaces(self) -> None:
        """Read spaces and tabs, if any."""
        self.match(_SPACES)

    def expect(self, literal: str) -> None:
        """Read ``literal``. Raises `Problem` PGRST100 where something else comes."""
        if not self.take(literal):
            raise self.fault(f'"{literal}"')

    def expect_end(self) -> None:
        """Raises `Problem` PGRST100 where something is left."""
        if not self.done:
            raise self.fault("end of input")

    def expect_close(self) -> None:
        """The same, but signs that only close are let pass: clients have one too many, and PostgREST reads none."""
        if self.match(_CLOSING) is None:
            raise self.fault("end of input")

    def fault(self, expecting: str, before: int = 0) -> Problem:
        """The problem of finding something else than ``expecting`` here.

        ``before``: so many characters stood before the text where it was written.
        """
        mark = "'" if expecting.endswith("end of input") else '"'
        found = "end of input" if self.done else f"{mark}{self.text[self.place]}{mark}"
        message = f'"failed to parse {self.what} ({self.text})" (line 1, column {self.place + before + 1})'
        return Problem("PGRST100", message, details=f"unexpected {found} expecting {expecting}")

    def enter(self, depth: int) -> int:
        """The depth one level further down. Raises `Problem` PGRST100 where that is too deep."""
        if depth >= DEPTH:
            raise self.fault(f"at most {DEPTH} levels")
        return depth + 1
