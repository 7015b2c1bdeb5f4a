"""The settings of data."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from chassis.settings import ServiceSettings, SettingsError, setting


@dataclass(frozen=True)
class DataSettings(ServiceSettings):
    """What data needs to know."""

    database_url: str = setting(
        "", "the database to serve: `postgresql://…`, `sqlite:///path` or the path of an SQLite file",
        env="DATABASE_URL", secret=True,
    )  # fmt: skip
    config: str = setting("", "path of `trivet.yaml`; empty: only the role admin sees anything")
    pool_max: int = setting(20, "connections to the database at most")
    statement_timeout: float = setting(8.0, "seconds that one statement may run")
    max_rows: int = setting(0, "rows of a read's root at most; 0: no limit")
    poll_seconds: float = setting(60.0, "seconds between two looks for a changed database or configuration")
    prepare: bool = setting(True, "whether statements are prepared by name (off behind some poolers)")
    read_only: bool = setting(False, "whether all writes are refused", env="READ_ONLY")

    @property
    def is_postgres(self) -> bool:
        """True where the database is PostgreSQL, else it is SQLite."""
        return self.database_url.startswith(("postgres://", "postgresql://"))

    @property
    def sqlite_path(self) -> Path:
        """The SQLite file. Raises `SettingsError` where the address names none that exists."""
        if not self.database_url:
            raise SettingsError(["DATABASE_URL: not set; it is the database to serve"])
        if "://" in self.database_url and not self.database_url.startswith("sqlite:///"):
            scheme = urlsplit(self.database_url).scheme
            raise SettingsError([f"DATABASE_URL: no database is known by {scheme}://; use postgresql:// or sqlite:///"])
        path = Path(unquote(self.database_url.removeprefix("sqlite:///")))
        if not path.is_file():
            raise SettingsError([f"DATABASE_URL: there is no file {path}"])
        return path
