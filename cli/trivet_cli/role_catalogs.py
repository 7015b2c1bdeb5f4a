"""What roles may see and do, from the database and the configuration alone: the suite need not run."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from chassis.settings import load
from contracts.catalog import Catalog
from contracts.identity import Caller, Principal
from contracts.problems import Problem
from data_service.app import open_access, open_database, open_project, open_remote, open_secrets
from data_service.engine import Engine
from data_service.policies import ConfigurationError
from data_service.processing.setting import ELSEWHERE, Means
from data_service.reflect.options import ExposureError
from data_service.settings import DataSettings

from trivet_cli.choices import Choices
from trivet_cli.faults import CannotStart
from trivet_cli.layout import layout_of
from trivet_cli.served import home, served, with_state
from trivet_cli.settings import UpSettings


def role_catalogs(settings: UpSettings, choices: Choices, roles: Iterable[str]) -> dict[str, Catalog]:
    """The catalog of each role. Raises `CannotStart`, for a role to which nothing is open too."""
    layout = layout_of(settings.state)
    told = served(choices, layout)
    data = replace(
        load(DataSettings), database_url=told["DATABASE_URL"], config=told["TRIVET_CONFIG"], pool_max=1, workers=1
    )
    if told.get("TRIVET_SOURCES"):
        data = replace(data, sources=(told["TRIVET_SOURCES"],))
    try:
        config = Path(data.config) if data.config else None
        secrets = open_secrets(with_state(data, home(choices, layout)))
        means = Means(remote=open_remote(data), computers=ELSEWHERE, secrets=secrets)
        database = open_database(data)
        access = open_access(data, database)
        with closing(Engine(database, config=config, means=means, project=open_project(data), access=access)) as engine:
            engine.refresh()
            found = {role: engine.catalog(_caller(role)) for role in roles}
    except (ConfigurationError, ExposureError) as fault:
        raise CannotStart(f"the configuration can't be used: {fault}") from None
    except Problem as fault:
        raise CannotStart(f"the database can't be read: {fault}") from None
    for role, catalog in found.items():
        if not catalog.resources:
            raise CannotStart(f"nothing is open to the role {role}: `trivet check` shows which roles there are")
    return found


def _caller(role: str) -> Caller:
    return Caller(principal=Principal(role=role, subject="trivet", roles=(role,)))
