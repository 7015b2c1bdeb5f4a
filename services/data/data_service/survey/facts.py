"""The facts that a survey finds, alike for both databases."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Hidden:
    """What is in the database and not served: ``names`` (``schema.table``), and the reason they share."""

    reason: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Connections:
    """How many connections the server allows us, and how many of them are in use by others at present."""

    allowed: int
    used: int


@dataclass(frozen=True)
class Survey:
    """Facts about a database as our login sees it; names of tables are ``schema.table``.

    ``almighty``: the login may do everything, superuser or BYPASSRLS. ``pooled``: a pooler stands between. ``standby``:
    nothing can be written there. ``unreadable``: exposed, but the login may not SELECT. ``filtered``: the database's
    own row-level security decides what the login sees. ``owner_views``: views that read tables with row-level
    security with their owner's rights. ``unindexed``: foreign keys (``schema.table (columns)``) without an index.
    ``wal``: an SQLite file in WAL mode. ``writable``: False where the SQLite file can't be written.
    """

    product: str
    login: str = ""
    almighty: bool = False
    pooled: bool = False
    standby: bool = False
    connections: Connections | None = None
    hidden: tuple[Hidden, ...] = ()
    unreadable: tuple[str, ...] = ()
    filtered: tuple[str, ...] = ()
    owner_views: tuple[str, ...] = ()
    unindexed: tuple[str, ...] = ()
    wal: bool = False
    writable: bool = True
