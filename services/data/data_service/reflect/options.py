"""What of a database is exposed, and under which names."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class ExposureError(ValueError):
    """A name that the configuration gives can't be given; the message says which and why."""


@dataclass(frozen=True)
class Computed:
    """What a function is as a field of a resource: its ``name``, and what is said of it.

    ``row`` is the argument that gets the row, "" the first one that can.
    """

    name: str
    row: str = ""
    comment: str | None = None


@dataclass(frozen=True)
class Exposure:
    """Which schemas are exposed and what is renamed.

    ``schemas``: in this order, the first without a prefix; empty takes the default (`postgres_schemas`), and SQLite
    has ``main`` only. ``resource_names``: exposed names by (schema, table). ``relation_names``: names by (exposed
    resource name, the relation's default name). ``definers``: exposed names of functions that are served although they
    run with their owner's rights. ``computed``: fields by (exposed resource name, exposed name of the function over its
    row). ``sessions``: by functions' exposed names the argument that gets the session. ``by_grants``: the database's
    own grants decide who may call which function, so that all are served.
    """

    schemas: tuple[str, ...] = ()
    resource_names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    relation_names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    definers: frozenset[str] = frozenset()
    computed: Mapping[tuple[str, str], Computed] = field(default_factory=dict)
    sessions: Mapping[str, str] = field(default_factory=dict)
    by_grants: bool = False
