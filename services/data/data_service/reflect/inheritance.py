"""Foreign keys that views inherit: a view with a key's columns has the key, one with a target's columns is a target."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Generic, TypeVar

from data_service.reflect.relations import ForeignKey

Id = TypeVar("Id", bound=Hashable)  # what a database calls a table or view by
Names = Mapping[str, tuple[str, ...]]  # of a stored table's columns in a view, which may have one under several
_SPELLINGS = 16  # of one key that are told
ViewColumns = Sequence[tuple[str, Id, str]]  # a view's plain columns: own name, stored table, that table's name for it


@dataclass(frozen=True)
class StoredKey(Generic[Id]):
    """A foreign key between two tables, exposed or not."""

    constraint: str
    source: Id
    fields: tuple[str, ...]
    target: Id
    target_fields: tuple[str, ...]
    enforced: bool = True


@dataclass(frozen=True)
class Inherited:
    """The foreign keys that exposed views have part in, by exposed names, and the unique sets of those views.

    ``keys`` are the primary keys of views whose rows are those of one table.
    """

    foreign_keys: Sequence[ForeignKey] = ()
    uniques: Mapping[str, Collection[frozenset[str]]] = field(default_factory=dict)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NOTHING_INHERITED = Inherited()


def inherit(
    exposed: Mapping[Id, str],
    views: Mapping[Id, ViewColumns[Id]],
    keys: Sequence[StoredKey[Id]],
    uniques: Mapping[Id, Collection[frozenset[str]]],
) -> Inherited:
    """What the exposed ``views`` inherit; ``keys`` and ``uniques`` are of all tables behind them and those exposed."""
    stand_ins = _stand_ins({view: columns for view, columns in views.items() if view in exposed})
    found = []
    for key in keys:
        sources = _ends(key.source, key.fields, exposed, stand_ins)
        targets = _ends(key.target, key.target_fields, exposed, stand_ins)
        for (source, fields), (target, target_fields) in product(sources, targets):
            if (source, target) != (key.source, key.target):
                made = ForeignKey(
                    key.constraint, exposed[source], fields, exposed[target], target_fields, enforced=False
                )
                found.append(made)
    sets = {
        exposed[view]: [
            frozenset(own)
            for table, names in tables.items()
            for unique in uniques.get(table, ())
            for own in _spellings(names, sorted(unique))
        ]
        for view, tables in stand_ins.items()
    }
    return Inherited(found, {view: unique for view, unique in sets.items() if unique})


def _stand_ins(views: Mapping[Id, ViewColumns[Id]]) -> dict[Id, dict[Id, Names]]:
    """By view and stored table the view's names for the table's columns."""
    found: dict[Id, dict[Id, Names]] = {}
    for view, columns in views.items():
        tables: defaultdict[Id, dict[str, tuple[str, ...]]] = defaultdict(dict)
        for own, table, stored in columns:
            tables[table][stored] = (*tables[table].get(stored, ()), own)
        found[view] = dict(tables)
    return found


def _spellings(names: Names, fields: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The fields of a stored table in a view's names, in each of several ways; nothing where the view lacks one."""
    yield from islice(product(*(names.get(name, ()) for name in fields)), _SPELLINGS)


def _ends(
    table: Id,
    fields: tuple[str, ...],
    exposed: Mapping[Id, str],
    stand_ins: Mapping[Id, Mapping[Id, Names]],
) -> Iterator[tuple[Id, tuple[str, ...]]]:
    """What can be an end of a foreign key: the table itself where it is exposed, and the views with these columns."""
    if table in exposed:
        yield table, fields
    for view, tables in stand_ins.items():
        for own in _spellings(tables.get(table, {}), fields):
            yield view, own
