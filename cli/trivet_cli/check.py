"""`trivet check`: settings, configuration and database held against each other, with every fault at once."""

import dataclasses
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from auth_service.settings import AuthSettings
from chassis.settings import SettingsError, load
from contracts import promise
from contracts.catalog import Catalog
from contracts.problems import Problem
from data_service import policies as configuration
from data_service.app import open_access, open_database, open_project, open_remote
from data_service.enum_tables import read_enum_tables
from data_service.operations.declared import Declared
from data_service.operations.project import with_functions, with_roles
from data_service.policies import ConfigurationError, Policies
from data_service.processing.made_fields import with_made_fields
from data_service.processing.misfits import Asked, misfits
from data_service.processing.protection import protections_of, wanted
from data_service.processing.remote_sources import with_remote, with_undescribed
from data_service.reflect.lineage import NO_LINEAGE
from data_service.reflect.options import Exposure, ExposureError
from data_service.settings import DataSettings
from rich.console import Console

from trivet_cli import check_advice, check_logins, check_roles, database_url
from trivet_cli.check_cache import on_cache
from trivet_cli.check_report import print_exposed, print_lines
from trivet_cli.faults import CannotStart
from trivet_cli.served import CONTRACTS
from trivet_cli.settings import UpSettings


@dataclass
class Findings:
    """What was found as it is found: ``faults`` must be mended, ``remarks`` be known; ``hidden`` is not served.

    ``by_grants``: the database decides who may do what.
    """

    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    database: str = ""
    by_grants: bool = False

    def fault(self, text: str) -> None:
        """Note a fault, once."""
        if text not in self.faults:
            self.faults.append(text)


@click.command()
@click.option("--config", metavar="FILE", help="The configuration (otherwise CONFIG, else TRIVET_CONFIG).")
@click.option("--database", metavar="URL", help="The database to hold it against (otherwise DATABASE_URL).")
def check(config: str | None, database: str | None) -> None:
    """Check settings and configuration; with a database, names and types too, and show who may see what."""
    findings = Findings()
    up, data = _settings(UpSettings, findings), _settings(DataSettings, findings)
    auth = _settings(AuthSettings, findings)
    for text in check_logins.faults(auth) if auth else ():
        findings.fault(text)
    file = config or (up and up.config) or (data and data.config) or ""
    policies = _policies(file, findings)
    chosen = dataclasses.replace(data or DataSettings(), config=file)
    declared = _declared(chosen, findings)
    if policies is not None:
        findings.remarks += _unsaved(policies, Path(file).expanduser())
        policies = with_roles(policies, declared)
    url = _url(database or (up.database_url if up else ""), findings)
    catalog = _catalog(url, policies, declared, chosen, findings) if url and policies is not None else None
    if auth:
        known = policies.roles() if policies is not None and policies.document else None
        findings.remarks += check_logins.remarks(auth, known)
    _report(findings, policies, catalog)
    sys.exit(1 if findings.faults else 0)


def _settings(kind: type[Any], findings: Findings) -> Any:
    """The settings of one kind, None where they are faulty."""
    try:
        return load(kind)
    except SettingsError as error:
        for text in error.faults:
            findings.fault(text)
        return None


def _policies(path: str, findings: Findings) -> Policies | None:
    if not path:
        findings.remarks.append("there is no configuration (CONFIG is not set): only the role admin sees anything")
    try:
        return configuration.load(Path(path).expanduser() if path else None)
    except ConfigurationError as error:
        for fault in error.faults:
            findings.fault(str(fault))
        return None


def _unsaved(policies: Policies, file: Path) -> list[str]:
    """The promised services that nobody gets yet."""
    folder = file.parent / CONTRACTS
    unsaved = [name for name in policies.services if not (folder / f"{name}{promise.SUFFIX}").is_file()]
    return [f"the SOAP service {name} is not served before `trivet contract save` has saved it" for name in unsaved]


def _declared(settings: DataSettings, findings: Findings) -> Declared:
    """What the project's own Python declares; nothing where there is none, or its files can't be loaded."""
    try:
        project = open_project(settings)
        declared = project.declared() if project is not None and project.fingerprint() else Declared()
    except (SettingsError, ConfigurationError) as error:
        for text in error.faults:
            findings.fault(str(text))
        return Declared()
    for fault in declared.faults:
        findings.fault(str(fault))
    return declared


def _url(text: str, findings: Findings) -> str | None:
    if not text:
        findings.remarks.append("DATABASE_URL is not set: the names in the configuration were held against nothing")
        return None
    try:
        return database_url.resolve(text)
    except CannotStart as error:
        findings.fault(str(error))
        return None


def _catalog(
    url: str, policies: Policies, declared: Declared, settings: DataSettings, findings: Findings
) -> Catalog | None:
    """The database's catalog under the configuration's names, after both were held against each other."""
    exposure = Exposure(
        policies.schemas,
        policies.resource_names,
        policies.relation_names,
        policies.functions.definers,
        policies.computed,
        policies.functions.sessions,
        by_grants=settings.access == "database",
    )
    try:
        with closing(open_database(dataclasses.replace(settings, database_url=url, read_only=True))) as database:
            catalog = with_made_fields(database.reflect(exposure), policies.processing)
            access = open_access(settings, database)
            roles = access.database.roles() if access is not None else None
            bypassed = set(database.unguarded(exposure)) - policies.acknowledged if roles is None else set()
            survey = database.survey(exposure)
            effects = database.effects()
            lineage = database.lineage() if wanted(policies.processing) else NO_LINEAGE
            catalog = with_functions(catalog, declared)
            known = declared.computes if declared.operations or declared.hooks or declared.computes else None
            misfitting = misfits(policies.processing, catalog, Asked(database.dialect, database.refusal, known))
            misfitting += declared.misfits(catalog)
            protections = protections_of(catalog, policies.processing, lineage, None)
            enums = read_enum_tables(database, policies.graphql, catalog, protections.by_field)
    except ExposureError as error:
        findings.fault(f"{policies.document.file if policies.document else 'the configuration'}: {error}")
        return None
    except (Problem, SettingsError) as error:
        reason = " ".join(str(error.__cause__ or "").split())
        findings.fault(f"the database can't be read: {error}" + (f" ({reason})" if reason else ""))
        return None
    catalog = _with_sources(catalog, policies, settings, findings)
    for fault in (*configuration.check_against(policies, catalog), *misfitting):
        findings.fault(str(fault))
    findings.by_grants = roles is not None
    findings.database = f"{survey.product}, as {survey.login}" if survey.login else survey.product
    findings.hidden += check_advice.hidden(survey, bypassed)
    if roles is None:
        findings.remarks += check_advice.advice(survey, catalog, policies, settings)
    else:
        findings.faults += check_roles.faults(roles, policies)
        findings.remarks += check_roles.remarks(roles, policies, survey)
    findings.remarks += protections.told(policies.processing)
    findings.remarks += [tale for tale in enums.tales if not any(fault.endswith(tale) for fault in findings.faults)]
    pooled = survey.pooled or (catalog.engine == "postgresql" and not settings.prepare)
    if roles is None:
        findings.remarks += on_cache(effects, catalog, policies, pooled=pooled)
    return catalog


def _with_sources(catalog: Catalog, policies: Policies, settings: DataSettings, findings: Findings) -> Catalog:
    """The catalog with what remote sources give, where they can be asked."""
    file = policies.document.file if policies.document else "the configuration"
    # nothing that is read here is kept: the running suite's copies are its own
    folder = tempfile.TemporaryDirectory()
    with folder, closing(open_remote(dataclasses.replace(settings, config=file, state_dir=folder.name))) as remote:
        try:
            found = with_remote(catalog, policies, remote)
        except ConfigurationError as error:
            for fault in error.faults:
                findings.fault(str(fault))
            return catalog
        for source in remote.missing():
            findings.remarks.append(
                f"{file}:{source.line}: the source {source.name} can't be asked now what it can do; its fields and "
                "operations fail until it can"
            )
        return with_undescribed(found, remote)


def _report(findings: Findings, policies: Policies | None, catalog: Catalog | None) -> None:
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    if catalog is not None and policies is not None and not findings.faults:
        print_lines(console, "", [findings.database], "bold")
        if not findings.by_grants:
            print_exposed(console, policies, catalog)
    print_lines(console, "hidden", findings.hidden, "cyan")
    print_lines(console, "note", findings.remarks, "yellow")
    print_lines(console, "fault", findings.faults, "red")
    number = len(findings.faults)
    print_lines(console, "", [f"{number} fault{'s' if number > 1 else ''}" if number else "no faults"], "bold")
