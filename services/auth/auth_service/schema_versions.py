"""Which version the accounts' tables have, and whether this release can work on them.

Migrations add and never take away, so that a release goes on working on the tables of the next one: services are
upgraded one by one, and can go one step back. Each migration says from which version on code works with its tables
(``works_from``); a store keeps that beside its version, for releases that don't know the migration yet.
"""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from auth_service.tables import compatibility

MIGRATIONS = Path(__file__).parent / "migrations"


class Version(NamedTuple):
    """The version of a store's tables (None: there are none), and the oldest version of code that works on them."""

    revision: str | None
    works_from: str | None = None

    @property
    def usable(self) -> bool:
        """True where this release can work on the tables."""
        return self.revision == head() or self.bearable

    @property
    def newer(self) -> bool:
        """True where the tables were made by a newer release."""
        return self.revision is not None and self.revision > head()

    @property
    def bearable(self) -> bool:
        """True where the tables are newer, and this release works on them all the same."""
        return self.newer and self.works_from is not None and self.works_from <= head()


def head() -> str:
    """The version of the tables that this release makes."""
    return _head(MIGRATIONS)


def read(connection: sa.Connection) -> Version:
    """The version of the tables in the store at hand."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision in (None, head()) or not sa.inspect(connection).has_table(compatibility.name):
        return Version(revision)
    # only what was said of this very version counts
    said = sa.select(compatibility.c.works_from).where(compatibility.c.revision == revision)
    return Version(revision, connection.scalar(said))


def note(connection: sa.Connection) -> None:
    """Write down who can work on the tables that were just made."""
    script: Any = ScriptDirectory.from_config(config(connection)).get_revision(head())
    connection.execute(sa.delete(compatibility))
    connection.execute(sa.insert(compatibility).values(revision=head(), works_from=script.module.works_from))


def refusal(found: Version) -> str | None:
    """Why this release can't work on such tables, and what to do about it; None where it can."""
    if found.usable:
        return None
    if found.revision is None:
        return "the accounts store has no tables yet: run `trivet migrate` once (`trivet up` does so by itself)"
    if not found.newer:
        return (
            f"the accounts store is not up to date (it has version {found.revision}, this release needs {head()}): "
            "run `trivet migrate` once (`trivet up` does so by itself)"
        )
    return (
        f"the accounts store has version {found.revision}, which is newer than this release knows ({head()}): "
        "start the release that migrated it, or restore a backup made before (`trivet restore`)"
    )


def config(connection: sa.Connection) -> Config:
    """Alembic's configuration for work on this connection."""
    found = Config()
    found.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    found.set_main_option("path_separator", "os")
    found.attributes["connection"] = connection
    return found


@cache
def _head(folder: Path) -> str:
    options = Config()
    options.set_main_option("script_location", str(folder).replace("%", "%%"))
    options.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(options).get_current_head() or ""
