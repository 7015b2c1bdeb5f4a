"""The settings of data."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
from chassis.settings import ServiceSettings, SettingsError, setting

_SETTING = re.compile(r"(?!request\.|response\.)[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)+")


@dataclass(frozen=True)
class DataSettings(ServiceSettings):
    """What data needs to know."""

    database_url: str = setting(
        "", "the database to serve: `postgresql://…`, `sqlite:///path` or the path of an SQLite file",
        env="DATABASE_URL", secret=True,
    )  # fmt: skip
    direct_url: str = setting(
        "", "the same PostgreSQL database past a pooler, for looks at its catalog and for LISTEN; empty: DATABASE_URL",
        env="DIRECT_URL", secret=True,
    )  # fmt: skip
    config: str = setting("", "path of `trivet.yaml`; empty: only the role admin sees anything")
    pre_request: str = setting(
        "", "function (`schema.name`) that is called first in each transaction of the access mode `database`"
    )
    extra_search_path: tuple[str, ...] = setting(
        ("public",),
        "schemas in which functions find what they name without a schema, after that of the request, in the access "
        "mode `database`",
    )
    app_settings: str = setting(
        "", "a JSON object of settings that every transaction of the access mode `database` is told, by name: "
        '`{"app.settings.jwt_secret": "…"}`', secret=True,
    )  # fmt: skip
    aggregates: bool = setting(
        True, "whether aggregates may be asked for in the access mode `database`, where no rule of ours says it"
    )
    safe_update: bool = setting(True, "whether an update or delete without any filter is refused (21000)")
    pool_max: int = setting(20, "connections to the database at most, of all worker processes of data on this host")
    pool_wait: float = setting(1.0, "seconds that a request waits for a free connection before it is answered 504")
    statement_timeout: float = setting(8.0, "seconds that one statement may run")
    anonymous_statement_timeout: float = setting(3.0, "the same for callers without a login; 0: no difference")
    default_rows: int = setting(1000, "rows that a read has where it asks for no limit, and each embed; 0: all")
    max_rows: int = setting(0, "rows that a read or an embed has at most, whatever limit it asks for; 0: no cap")
    streams_max: int = setting(
        4,
        "answers that are streamed (CSV, NDJSON, XML, long SOAP lists) at a time by each worker process of data, each "
        "on a connection of its own; never more than half of the worker's connections",
    )
    poll_seconds: float = setting(60.0, "seconds between two looks for a changed database or configuration")
    listen_notify: bool = setting(True, "whether `NOTIFY trivet` or `NOTIFY pgrst` makes data look at once")
    prepare: bool = setting(
        True, "whether connections keep prepared statements and settings; off behind a pooler in transaction mode"
    )
    secrets_dir: str = setting(
        "", "folder of the secrets that `trivet.yaml` names, a file for each; empty: `secrets` beside `trivet.yaml`"
    )
    sources: tuple[str, ...] = setting(
        (), "addresses of remote sources here, instead of those in `trivet.yaml`: `name=address, …`"
    )
    read_only: bool = setting(False, "whether all writes are refused (25006)", env="READ_ONLY")
    show_statements: bool = setting(
        False,
        "whether everybody, not only the role admin, may ask for the SQL statement and the rules behind an answer; "
        "they name fields and conditions that a role does not see: for a demo",
    )
    sqlite_immutable: bool = setting(
        False, "promises that nobody changes the SQLite file, for one in WAL mode in a folder that can't be written"
    )

    operations: str = setting(
        "", "folder of the project's own Python; empty: `operations` beside the configuration, where there is one"
    )
    operations_processes: int = setting(4, "calls of the project's Python at the same time, of each worker of data")
    operations_timeout: float = setting(
        10.0, "seconds that a call of the project's Python may take that declares nothing else"
    )
    operations_memory: int = setting(268_435_456, "bytes of memory that a process of the project's Python may take")
    operations_settings: tuple[str, ...] = setting(
        (), "names of the environment variables (or of their `…_FILE`) that the project's Python gets as its settings"
    )
    protection_keys: str = setting(
        "", "file with the keys of protected fields, made where it is missing; empty: `protection.keys` in the folder "
        "TRIVET_STATE_DIR. Without it nothing that was encrypted or tokenised can be read again: keep a copy",
    )  # fmt: skip
    vault: str = setting(
        "", "where tokenised values are kept, encrypted: path of an SQLite file or `postgresql://…`, made where it is "
        "missing; empty: `vault.db` in the folder TRIVET_STATE_DIR", secret=True,
    )  # fmt: skip

    @property
    def operations_folder(self) -> Path | None:
        """The folder of the project's Python, which need not be there. Raises `SettingsError` where one is named."""
        if self.operations:
            if not Path(self.operations).is_dir():
                raise SettingsError([f"TRIVET_OPERATIONS: there is no folder {self.operations}"])
            return Path(self.operations).resolve()
        return Path(self.config).resolve().parent / "operations" if self.config else None

    def handed_on(self) -> tuple[tuple[str, str], ...]:
        """The settings of the project's Python. Raises `SettingsError` where one is not set."""
        found, faults = [], []
        for name in self.operations_settings:
            path = os.environ.get(f"{name}_FILE")
            try:
                value = Path(path).read_text(encoding="utf-8").strip() if path else os.environ.get(name)
            except OSError as fault:
                value = None
                faults.append(f"{name}_FILE: {fault}")
            if value is not None:
                found.append((name, value))
            elif not path:
                faults.append(f"{name}: not set; TRIVET_OPERATIONS_SETTINGS names it")
        if faults:
            raise SettingsError(faults)
        return tuple(found)

    @property
    def told(self) -> dict[str, str]:
        """The application's settings for transactions. Raises `SettingsError`."""
        try:
            found = msgspec.json.decode(self.app_settings or "{}", type=dict[str, str])
        except msgspec.DecodeError:
            raise SettingsError(["TRIVET_APP_SETTINGS: not a JSON object of texts"]) from None
        if wrong := [name for name in found if not _SETTING.fullmatch(name)]:
            raise SettingsError([f"TRIVET_APP_SETTINGS: {wrong[0]} is no setting of an application's (`app.…`)"])
        return found

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
