"""Data as a Flask app."""

from dataclasses import replace
from pathlib import Path

from chassis import events
from chassis.app import Edge
from chassis.app import create_app as chassis_app
from chassis.settings import SettingsError, load
from chassis.versions import Crowded, Unfit, Writer
from flask import Flask

from data_service import routes
from data_service.door import FramesDoor
from data_service.engine import Engine
from data_service.execute.database import Database
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase
from data_service.execute.undoing import Ending
from data_service.operations.nursery import Terms
from data_service.operations.project import Project
from data_service.privileges import RoleAccess, pre_request_of
from data_service.processing import keyring, vault
from data_service.processing.secrets import Secrets
from data_service.processing.setting import Means
from data_service.processing.sources import SourceRule
from data_service.remote.database import Data
from data_service.remote.remote import Remote
from data_service.settings import DataSettings
from data_service.sql.statements import Caps
from data_service.versioning import Versioning


def open_database(settings: DataSettings, name: str = "") -> Database:
    """The database that the settings name, its connections known by ``name``. Raises `SettingsError`."""
    workers = max(settings.workers, 1)
    if settings.is_postgres:
        return PostgresDatabase(
            settings.database_url,
            size=settings.pool_max,
            limit=settings.statement_timeout,
            prepare=settings.prepare,
            read_only=settings.read_only,
            direct_url=settings.direct_url,
            listens=settings.listen_notify,
            patience=settings.pool_wait,
            slots_dir=Path(settings.state_dir) / "connections",
            sharers=workers,
            name=name,
        )
    return SqliteDatabase(
        settings.sqlite_path,
        size=max(settings.pool_max // workers, 1),
        limit=settings.statement_timeout,
        read_only=settings.read_only,
        immutable=settings.sqlite_immutable,
        patience=settings.pool_wait,
    )


def open_access(settings: DataSettings, database: Database) -> RoleAccess | None:
    """How requests run as roles of the database, None where policies decide. Raises `SettingsError`."""
    if settings.access == "policies":
        return None
    if not isinstance(database, PostgresDatabase):
        raise SettingsError(["TRIVET_ACCESS: only PostgreSQL has roles that requests could run as"])
    return RoleAccess(
        database, pre_request_of(settings.pre_request), settings.extra_search_path, settings.told, settings.aggregates
    )


def ending_of(settings: DataSettings) -> Ending | None:
    """How transactions end; None: with what was asked for, whatever clients wish."""
    if settings.tx_end == "commit":
        return None
    return Ending(settings.tx_end.startswith("rollback"), settings.tx_end.endswith("override"))


def open_secrets(settings: DataSettings) -> Secrets:
    """The keys and the vault of protected fields, which are opened when a rule first needs them."""
    folder = Path(settings.state_dir)
    keys = Path(settings.protection_keys) if settings.protection_keys else folder / keyring.FILE
    return Secrets(keys, settings.vault or str(folder / vault.FILE))


def open_remote(settings: DataSettings) -> Remote:
    """The remote sources, none of them open yet. Other databases are only read."""
    beside = Path(settings.config).parent / "secrets" if settings.config else None
    state = Path(settings.state_dir) / "sources"

    def open_data(url: str, rule: SourceRule) -> Data:
        chosen = replace(
            settings,
            database_url=url,
            direct_url="",
            read_only=True,
            pool_max=max(rule.connections, 1) * max(settings.workers, 1),
            pool_wait=rule.timeout,
            statement_timeout=rule.timeout,
            state_dir=str(state / rule.name),
            sqlite_immutable=False,
        )
        return Engine(open_database(chosen))

    addresses = dict(_pair(text) for text in settings.sources)
    secrets = Path(settings.secrets_dir) if settings.secrets_dir else beside
    return Remote(secrets=secrets, copies=state, open_data=open_data, read_only=settings.read_only, addresses=addresses)


def _pair(text: str) -> tuple[str, str]:
    name, equals, address = text.partition("=")
    if not (name.strip() and equals and address.strip()):
        raise SettingsError([f"TRIVET_SOURCES: expected name=address, got {text!r}"])
    return name.strip(), address.strip()


def open_project(settings: DataSettings) -> Project | None:
    """The folder of the project's Python, None where there can't be one. Raises `SettingsError`."""
    folder = settings.operations_folder
    if folder is None:
        return None
    terms = Terms(folder, settings.operations_memory, settings.handed_on())
    return Project(terms, size=max(settings.operations_processes, 1), timeout=settings.operations_timeout)


def _writer(settings: DataSettings) -> Writer | None:
    """This process's slot of the versions. Raises `SettingsError`."""
    if not settings.versions:
        return None
    try:
        return Writer.claim(Path(settings.versions))
    except (Crowded, Unfit, OSError) as fault:
        raise SettingsError([f"TRIVET_VERSIONS: {fault}"]) from fault


def create_app(settings: DataSettings | None = None) -> Flask:
    """The app, with an engine that keeps its catalog current."""
    settings = settings or load(DataSettings)
    publisher = events.Publisher(events.connect(settings.redis_url))

    def announce(version: str) -> None:
        publisher.publish(events.CATALOG, {"version": version})

    # the slot is this process's own: apps are made after gunicorn's fork
    writer = _writer(settings)
    database = open_database(settings, writer.name if writer is not None else "")
    access = open_access(settings, database)
    # what roles of the database may see nobody but it knows: nothing is kept of their answers
    counts = writer is not None and access is None
    versioning = Versioning(Path(settings.versions), writer, database) if writer is not None and counts else None
    remote = open_remote(settings)
    engine = Engine(
        database,
        config=Path(settings.config) if settings.config else None,
        caps=Caps(settings.default_rows or None, settings.max_rows or None),
        anonymous_limit=settings.anonymous_statement_timeout or None,
        announce=announce,
        versioning=versioning,
        streams=min(settings.streams_max, max(settings.pool_max // max(settings.workers, 1) // 2, 1)),
        means=Means(foreign={"remote": remote}, remote=remote, secrets=open_secrets(settings)),
        project=open_project(settings),
        access=access,
        ending=ending_of(settings),
        safe_update=settings.safe_update,
        plans=settings.plan,
    )
    edge = Edge(settings, exchanges=False, data=engine)
    door = FramesDoor(engine, edge, body_limit=4 * settings.body_limit, show_statements=settings.show_statements)
    needs = {"catalog": lambda: engine.ready}
    app = chassis_app("data", settings, routes.render, door=door, needs=needs, wishes=edge.wishes())
    app.register_blueprint(routes.blueprint(engine, edge))
    edge.start()
    engine.watch(settings.poll_seconds)
    return app
