"""Creates with others nested in them: level by level, in one transaction, each row taking its keys from the other side.

Rows that others refer to come first. A level is one statement, but where a conflict rule decides what becomes of its
rows: then they are written one by one where others take values from them, and as they belong together where not.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from contracts.problems import Problem
from contracts.results import Result

from data_service.execute.database import Session, Written
from data_service.execute.rows import as_bytes
from data_service.execute.writes import run_change
from data_service.sql.sqlite_rows import given_rows
from data_service.sql.statements import Arguments, Linked, Nesting, WriteStatement

Row = dict[str, Any]
Path = tuple[str | int, ...]
Spot = Callable[[int], Path]
"""Where a row of a level stands: its number, and before it the relations and rows that lead there."""
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class _Level(NamedTuple):
    """What became of a level: of each of its rows what others take (None: it was left out), and of all together."""

    keys: list[Row | None]
    parts: list[Written]
    affected: int
    inserted: int


def run_nested(
    write: WriteStatement, nesting: Nesting, session: Session, arguments: Arguments, *, last: bool
) -> Result:
    """Run a create with those nested in it, and read its rows back.

    Raises `Problem`, TRV303 where rows belong to one that was left out.
    """
    number = len(_rows(nesting, arguments))
    level = _run(write, session, arguments, [{} for _ in range(number)], range(number), spot=lambda place: (place,))
    if nesting.back is None:
        raise AssertionError("the outermost create reads its answer")
    if last:
        session.last()
    rows = _joined(level.parts)
    row = session.fetch(nesting.back, Arguments(arguments.values, arguments.session, rows, level.affected))
    body, count, _ = row if row is not None else (None, 0, 0)
    text = b"" if write.shape == "none" else as_bytes(body)
    return Result(body=text, rows=count, affected=level.affected, inserted=level.inserted)


def _run(
    write: WriteStatement,
    session: Session,
    arguments: Arguments,
    fills: list[Row],
    groups: "list[int] | range",
    *,
    spot: Spot,
) -> _Level:
    """Run a level and all beneath it; ``fills`` are further fields of its rows, ``groups`` say which go together.

    Raises `Problem`, with the place of the rows that it is about as far as one place is that of all.
    """
    nesting = _nesting(write)
    affected = inserted = 0
    for link in nesting.first:
        of = _places(link, arguments, len(fills))
        found = _run(link.write, session, arguments, [{} for _ in of], range(len(of)), spot=_beneath(link, of, spot))
        for place, key in zip(of, found.keys, strict=True):
            if key is None:
                what = f'insert object relation "{link.relation}" since insert to table "{link.table}"'
                path = (*spot(place), link.relation)
                raise Problem("TRV303", f"cannot proceed to {what} affects zero rows", path=path)
            fills[place] |= {own: key[other] for own, other in link.fills}
        affected, inserted = affected + found.affected, inserted + found.inserted
    keys: list[Row | None] = [None] * len(fills)
    parts = []
    for chunk in _chunks(nesting, groups):
        try:
            result, written = run_change(write, session, _with_rows(arguments, nesting, fills, chunk))
        except Problem as problem:
            problem.path = problem.path or _together(chunk, spot)
            raise
        parts.append(written)
        affected += written.affected
        inserted += written.affected if written.inserted is None else written.inserted
        if nesting.keyed:
            _note(keys, chunk, _decode(result.body), write, merges=nesting.merges)
    for link in nesting.then:
        of = _places(link, arguments, len(fills))
        taken = [_taken(keys[place], link, write, place, spot) for place in of]
        found = _run(link.write, session, arguments, taken, of, spot=_beneath(link, of, spot))
        affected, inserted = affected + found.affected, inserted + found.inserted
    return _Level(keys, parts, affected, inserted)


def _beneath(link: Linked, of: list[int], spot: Spot) -> Spot:
    """Where the rows of a link stand, which belong to those that ``of`` names."""
    return lambda number: (*spot(of[number]), link.relation, of[:number].count(of[number]))


def _together(chunk: list[int], spot: Spot) -> Path:
    """The place of all rows of a statement; () where they are the outermost, or belong to several rows."""
    around = {spot(number)[:-1] for number in chunk}
    path = around.pop() if len(around) == 1 else ()
    return (*path, "data") if path else ()


def _nesting(write: WriteStatement) -> Nesting:
    if write.nested is None:
        raise AssertionError("every level of a nested create knows its rows")
    return write.nested


def _chunks(nesting: Nesting, groups: "list[int] | range") -> Iterator[list[int]]:
    """The numbers of the rows that are written by one statement."""
    numbers = list(range(len(groups)))
    if not nesting.merges:
        yield numbers
        return
    together: dict[int, list[int]] = {}
    for number, group in zip(numbers, groups, strict=True):
        together.setdefault(number if nesting.keyed else group, []).append(number)
    yield from together.values()


def _with_rows(arguments: Arguments, nesting: Nesting, fills: list[Row], chunk: list[int]) -> Arguments:
    """The arguments with the rows of a chunk, filled, wherever they are read from."""
    values = list(arguments.values)
    for place in nesting.rows:
        if place < len(values):  # what is kept of them, where that is something else, may be made of them later
            rows = values[place]
            values[place] = [{**rows[number], **fills[number]} for number in chunk]
    made = Arguments(values, arguments.session, zone=arguments.zone)
    made.foreign = arguments.foreign
    return made


def _note(keys: list[Row | None], chunk: list[int], found: list[Row], write: WriteStatement, *, merges: bool) -> None:
    """Note what others take from the rows of a chunk. Raises `Problem` 55000 where a trigger has left some out."""
    if len(found) == len(chunk):
        for number, key in zip(chunk, found, strict=True):
            keys[number] = key
    elif not merges:
        raise Problem("55000", f'not all rows were inserted into table "{write.table}", so none can be nested in them')


def _taken(key: Row | None, link: Linked, write: WriteStatement, place: int, spot: Spot) -> Row:
    if key is None:
        what = f'insert array relations since insert to table "{write.table}"'
        raise Problem("TRV303", f"cannot proceed to {what} affects zero rows", path=spot(place))
    return {own: key[other] for own, other in link.fills}


def _places(link: Linked, arguments: Arguments, number: int) -> list[int]:
    """Which rows those of a link belong to. Raises `Problem` PGRST100 where these are not there."""
    of: Any = arguments.values[link.of] if link.of < len(arguments.values) else None
    fits = isinstance(of, list) and len(of) == len(_rows(_nesting(link.write), arguments))
    if not fits or not all(isinstance(place, int) and 0 <= place < number for place in of):
        raise Problem("PGRST100", f"the rows nested in '{link.relation}' don't belong to any")
    return list(of)


def _rows(nesting: Nesting, arguments: Arguments) -> list[Row]:
    """A level's rows as the client gives them. Raises `Problem` PGRST102 where they are none."""
    place = nesting.rows[-1]
    return given_rows(arguments.values[place] if place < len(arguments.values) else None)


def _joined(parts: list[Written]) -> Any:
    """The rows of several statements together, fit for binding again."""
    if len(parts) == 1:
        return parts[0].rows
    if any(isinstance(part.rows, str) for part in parts):
        return "[" + ",".join(found for part in parts if (found := part.rows.strip()[1:-1].strip())) + "]"
    return [row for part in parts for row in part.rows]
