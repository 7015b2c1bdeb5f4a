"""The remote sources of a configuration opened, held against its rules, and their operations put into the catalog."""

import msgspec
from contracts.catalog import Catalog

from data_service.policy_document import ConfigurationError, Fault
from data_service.policy_rules import Policies
from data_service.processing.enrichment import enrich_rules
from data_service.remote.remote import Remote


def with_remote(catalog: Catalog, policies: Policies, remote: Remote) -> Catalog:
    """The catalog with the operations that sources give. Raises `ConfigurationError` where rules don't fit them.

    A source that can't be reached now is left out, with a line in the log.
    """
    file = policies.document.file if policies.document else ""
    remote.follow(policies.sources, file)
    faults = remote.misfits(enrich_rules(policies.processing))
    own = catalog.functions_by_name
    for name, line in remote.lines().items():
        if name in own:
            faults.append(Fault(file, line, f"there is a function {name} already; give the operation another name"))
    if faults:
        raise ConfigurationError(sorted(faults, key=lambda fault: fault.line))
    functions = remote.functions()
    return msgspec.structs.replace(catalog, functions=(*catalog.functions, *functions)) if functions else catalog


def with_undescribed(catalog: Catalog, remote: Remote | None) -> Catalog:
    """The catalog with the names of operations that are not known yet: for a look at what the configuration names."""
    unknown = remote.undescribed() if remote is not None else ()
    return msgspec.structs.replace(catalog, functions=(*catalog.functions, *unknown)) if unknown else catalog
