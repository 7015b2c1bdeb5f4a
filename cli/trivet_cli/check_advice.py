"""What a good colleague would say of a database before it is served: the advice of `trivet check`."""

import re
from collections.abc import Iterable, Iterator

from contracts.catalog import Catalog, Resource
from data_service.policies import Policies, Rules
from data_service.settings import DataSettings
from data_service.survey.facts import Survey

_EXACT_DIGITS = 15  # of a decimal in SQLite, which keeps it as a float
_SHOWN = 6  # names that one line lists
_BESIDE_POOL = 1  # connections that data has beside its pool
_DELICATE = re.compile(
    r"(^|_)(password|passwd|pwd|passphrase|secret|token|api_?key|private_?key|ssn|iban|card_number|cvv|salt)(_|$)|_hash$"
)


def hidden(survey: Survey, bypassed: Iterable[str]) -> list[str]:
    """What is not served, a line for each reason."""
    lines = [f"{names(item.names)}: {item.reason}" for item in survey.hidden]
    if tables := sorted(bypassed):
        lines.append(
            f"{names(tables)}: row-level security, which our login would bypass; either connect as a login that it "
            "binds, or write the table under row_security.acknowledge and give it policies in trivet.yaml"
        )
    return lines


def advice(survey: Survey, catalog: Catalog, policies: Policies, settings: DataSettings) -> list[str]:
    """What should be known or done, the weightiest first."""
    return [
        *_on_login(survey),
        *_on_readers(catalog, policies),
        *_on_row_security(survey),
        *_on_connections(survey, settings),
        *_on_limits(catalog, settings),
        *_on_tables(survey, catalog),
        *_on_sqlite(survey, catalog, settings),
    ]


def names(found: Iterable[str]) -> str:
    """Some names, and how many more there are."""
    listed = list(found)
    more = len(listed) - _SHOWN
    return ", ".join(listed[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _on_login(survey: Survey) -> Iterator[str]:
    if survey.almighty:
        yield (
            f"the login {survey.login} may do everything in this database, so only Trivet stands between a caller and "
            "the data; a login of its own that may only what is to be served is safer"
        )
    if survey.standby:
        yield "the server is a standby: nothing can be written, and changes are found by looking, not by NOTIFY"
    if survey.unreadable:
        yield f"the login {survey.login} may not read {names(survey.unreadable)}: whoever asks gets 42501"


def _on_readers(catalog: Catalog, policies: Policies) -> Iterator[str]:
    rules = {resource.name: policies.rules(policies.anonymous_role, resource.name) for resource in catalog.resources}
    if readable := [name for name, rule in rules.items() if rule.select is not None]:
        yield f"anybody without a login may read {names(readable)}"
    if writable := [name for name, rule in rules.items() if rule.insert or rule.update or rule.delete]:
        yield f"anybody without a login may write to {names(writable)}: is that meant?"
    for role in policies.roles():
        if delicate := [
            f"{resource.name}.{column}"
            for resource in catalog.resources
            for column in _shown(policies.rules(role, resource.name), resource)
            if _DELICATE.search(column.lower())
        ]:
            yield f"the role {role} sees {names(delicate)}, which by their names nobody should: list its columns"


def _shown(rules: Rules, resource: Resource) -> Iterable[str]:
    if rules.select is None:
        return ()
    return [name for name in resource.by_name if rules.select.columns is None or name in rules.select.columns]


def _on_row_security(survey: Survey) -> Iterator[str]:
    if survey.filtered:
        yield (
            f"row-level security binds the login {survey.login} on {names(survey.filtered)}: nobody is shown more rows "
            "than it lets through, admin included"
        )
    if survey.owner_views:
        yield (
            f"{names(survey.owner_views)} read tables with row-level security with their owner's rights, which it does "
            "not bind; `with (security_invoker = true)` changes that"
        )


def _on_connections(survey: Survey, settings: DataSettings) -> Iterator[str]:
    if survey.pooled and settings.prepare:
        yield (
            "a pooler stands before the database; unless it pools by session, set TRIVET_PREPARE=off, and DIRECT_URL "
            "to the database's own address so that changes are heard of"
        )
    elif survey.pooled and not settings.direct_url:
        yield "DIRECT_URL is not set: behind a pooler a change is found by looking every so often, not by NOTIFY"
    if survey.connections is None:
        return
    wanted, allowed = settings.pool_max + _BESIDE_POOL, survey.connections.allowed
    others = survey.connections.used
    if survey.pooled:
        return
    if wanted + others > allowed:
        yield (
            f"data opens up to {wanted} connections (TRIVET_POOL_MAX and {_BESIDE_POOL} beside), others have {others} "
            f"at present, and the server allows {allowed}: lower TRIVET_POOL_MAX, or put a pooler between"
        )
    else:
        yield f"data opens up to {wanted} of the {allowed} connections that the server allows; others have {others}"


def _on_limits(catalog: Catalog, settings: DataSettings) -> Iterator[str]:
    seconds = f"{settings.statement_timeout:g} s"
    if settings.anonymous_statement_timeout:
        seconds += f" ({settings.anonymous_statement_timeout:g} s without a login)"
    rows = f"{settings.default_rows:,} rows unless it asks for more" if settings.default_rows else "all rows"
    most = f", {settings.max_rows:,} at most" if settings.max_rows else ""
    yield f"a statement may take {seconds}; a read gets {rows}{most}"
    if settings.read_only:
        yield "READ_ONLY is set: every write is refused with 25006, whatever the configuration allows"


def _on_tables(survey: Survey, catalog: Catalog) -> Iterator[str]:
    if keyless := [resource.name for resource in catalog.resources if _stored(resource) and not resource.key]:
        yield f"no primary key: {names(keyless)}; GraphQL and SOAP can't get or change one row of them by its key"
    if survey.unindexed:
        yield (
            f"foreign keys without an index: {names(survey.unindexed)}; following one backwards, or deleting what it "
            "points to, reads the whole table"
        )


def _stored(resource: Resource) -> bool:
    return resource.kind in ("table", "partitioned")


def _on_sqlite(survey: Survey, catalog: Catalog, settings: DataSettings) -> Iterator[str]:
    if catalog.engine != "sqlite":
        return
    for resource in catalog.resources:
        for field in resource.fields:
            if field.type == "numeric" and (field.precision or 0) > _EXACT_DIGITS:
                yield (
                    f"{resource.name}.{field.name} is {field.db_type}, of which SQLite keeps {_EXACT_DIGITS} digits "
                    "exactly; a TEXT column keeps them all"
                )
    if not survey.writable and not settings.read_only:
        yield "the file or its folder can't be written, so writes will be refused; READ_ONLY=1 says that it is meant"
    if survey.wal and settings.sqlite_immutable:
        yield "TRIVET_SQLITE_IMMUTABLE is set: a change to the file while it is served gives wrong answers"
