"""Slots: what stands for variables' values while an operation is translated once for every request of one shape.

The translation is made with a `Slot` in the place of each value, and `filling` says how a request's own values come
to stand there. A translation that looks at a slot depends on the value: it is given up (`Looked`).
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, NoReturn

import msgspec

Filling = Callable[[list[Any]], list[Any]]
_Maker = Callable[[list[Any]], Any]
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Slot:
    """Stands for the value at ``index`` of a request's values. That it is not null may be known, and nothing else.

    ``seen`` is the value of the request that the translation is made for: only what the shape holds may be taken
    from it. Comparisons with a bound become conditions of the translation (``floors``).
    """

    __slots__ = ("floors", "index", "seen")

    def __init__(self, index: int, seen: Any, floors: list["Floor"]) -> None:
        self.index = index
        self.seen = seen
        self.floors = floors

    def __lt__(self, bound: int) -> bool:
        if self.seen < bound:
            raise Below(self)
        self.floors.append(Floor(self.index, bound))
        return False

    def _looked(self, *_: object) -> NoReturn:
        raise Looked(self)

    # whatever would tell one value from another, `isinstance` by way of `__class__`
    __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = __getattr__ = _looked
    __eq__ = __ne__ = __hash__ = __gt__ = __le__ = __ge__ = _looked
    __int__ = __index__ = __float__ = __str__ = __repr__ = __format__ = _looked
    __class__ = property(_looked)


class Floor(NamedTuple):
    """A condition: the value of the slot at ``place`` is ``bound`` at least."""

    place: int
    bound: int


class Looked(Exception):
    """A translation looked at a value."""

    def __init__(self, slot: Slot) -> None:
        super().__init__()
        self.slot = slot


class Below(Looked):
    """The value is under a bound: what is made of it serves no other."""


class Slots:
    """Makes the slots of one translation."""

    def __init__(self) -> None:
        self.floors: list[Floor] = []
        self._made: list[Slot] = []

    @property
    def count(self) -> int:
        """How many slots there are."""
        return len(self._made)

    def stand_in(self, value: Any) -> Slot:
        """A slot for the next value."""
        slot = Slot(len(self._made), value, self.floors)
        self._made.append(slot)
        return slot

    def forget(self) -> None:
        """Let go of the values: what is kept of a translation holds nobody's data."""
        for slot in self._made:
            slot.seen = None


class _Text(NamedTuple):
    value: Any


class _Renamed(NamedTuple):
    rows: Slot
    names: Mapping[str, str]


class _Made(NamedTuple):
    value: Any
    make: Callable[[Any], Any]


def made_of(value: Any, make: Callable[[Any], Any]) -> Any:
    """What ``make`` makes of a value; of one with slots in it when they are filled."""
    return _Made(value, make) if _holds_slot(value) else make(value)


def slot_in(value: Any) -> None:
    """Raises `Looked` where there is a slot in a value that a translation depends on."""
    if type(value) is Slot:
        raise Looked(value)
    for item in value.values() if type(value) is dict else value if type(value) is list else ():
        slot_in(item)


def json_text(value: Any) -> Any:
    """JSON as its text, so that a string is a string and not JSON's own text; with slots in it, made when filled."""
    return _Text(value) if _holds_slot(value) else _encode(value).decode()


def rows_of(objects: Any) -> list[dict[str, Any]]:
    """The rows that are written, of which a translation may know which fields they have: that much the shape holds."""
    rows: list[dict[str, Any]] = objects.seen if type(objects) is Slot else objects
    return rows


def renamed(objects: Any, names: Mapping[str, str]) -> Any:
    """Rows whose fields have their new names."""
    if type(objects) is Slot:
        same = all(name == new for name, new in names.items())
        return objects if same else _Renamed(objects, names)
    return [{names[name]: value for name, value in row.items()} for row in objects]


def filling(values: Sequence[Any], count: int) -> Filling:
    """From a request's ``count`` values by slot to the values of the operation, some of which are made of slots."""
    if [value.index if type(value) is Slot else None for value in values] == list(range(count)):
        return _as_they_are
    makers = [_maker(value) for value in values]
    return lambda given: [make(given) for make in makers]


def _as_they_are(given: list[Any]) -> list[Any]:
    return given


def _holds_slot(value: Any) -> bool:
    if type(value) is Slot:
        return True
    if isinstance(value, dict):
        return any(map(_holds_slot, value.values()))
    return isinstance(value, list) and any(map(_holds_slot, value))


def _maker(value: Any) -> _Maker:
    if type(value) is Slot:
        return itemgetter(value.index)
    if isinstance(value, _Text):
        make = _maker(value.value)
        return lambda given: _encode(make(given)).decode()
    if isinstance(value, _Made):
        inner, made = _maker(value.value), value.make
        return lambda given: made(inner(given))
    if isinstance(value, _Renamed):
        at, names = value.rows.index, value.names
        return lambda given: renamed(given[at], names)
    if not _holds_slot(value):
        return lambda _given: value
    if isinstance(value, list):
        makers = [_maker(item) for item in value]
        return lambda given: [make(given) for make in makers]
    named = {name: _maker(item) for name, item in value.items()}
    return lambda given: {name: make(given) for name, make in named.items()}
