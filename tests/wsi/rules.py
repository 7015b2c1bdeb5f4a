"""The rules of a profile, each entered by its numbers with the check that finds where it is broken."""

from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")


class Rules(dict[str, Callable[[T], Iterator[str]]]):
    """Checks by the numbers of the rules that they hold something against; each gives the places that break it."""

    def enter(self, *numbers: str) -> Callable[[Callable[[T], Iterator[str]]], Callable[[T], Iterator[str]]]:
        """Enter a function as the check of these rules."""

        def enter(check: Callable[[T], Iterator[str]]) -> Callable[[T], Iterator[str]]:
            self.update(dict.fromkeys(numbers, check))
            return check

        return enter

    def broken(self, held: T) -> dict[str, list[str]]:
        """The rules that something breaks, and where."""
        found = {number: list(check(held)) for number, check in self.items()}
        return {number: places for number, places in found.items() if places}
