"""What of a database is exposed, and under which names."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class ExposureError(ValueError):
    """A name that the configuration gives can't be given; the message says which and why."""


@dataclass(frozen=True)
class Exposure:
    """Which schemas are exposed and what is renamed.

    ``schemas``: in this order, the first without a prefix; empty takes the default (`postgres_schemas`), and SQLite
    has ``main`` only. ``resource_names``: exposed names by (schema, table). ``relation_names``: names by (exposed
    resource name, the relation's default name). ``definers``: exposed names of functions that are served although they
    run with their owner's rights. ``by_grants``: the database's own grants decide who may call which function, so
    that all are served.
    """

    schemas: tuple[str, ...] = ()
    resource_names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    relation_names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    definers: frozenset[str] = frozenset()
    by_grants: bool = False
