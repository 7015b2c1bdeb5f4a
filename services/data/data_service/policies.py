"""The configuration file: read with every fault at once, and held against the database."""

import hashlib
from pathlib import Path

from contracts.catalog import Catalog

from data_service.policy_document import ConfigurationError, Fault, Faults, compose
from data_service.policy_reader import read_policies, read_processing
from data_service.policy_rules import (
    NOTHING_OPEN,
    CacheRule,
    DeleteRule,
    Document,
    InsertRule,
    Policies,
    Rules,
    SelectRule,
    ServiceRule,
    UpdateRule,
)

__all__ = [
    "NOTHING_OPEN",
    "CacheRule",
    "ConfigurationError",
    "DeleteRule",
    "Fault",
    "InsertRule",
    "Policies",
    "Rules",
    "SelectRule",
    "ServiceRule",
    "UpdateRule",
    "check_against",
    "check_processing",
    "load",
    "parse",
]


def load(path: Path | None) -> Policies:
    """The configuration in a file; without one nothing is open. Raises `ConfigurationError` with all faults."""
    if path is None:
        return NOTHING_OPEN
    try:
        text = path.read_bytes().decode()
    except OSError as fault:
        raise ConfigurationError([Fault(str(path), 1, f"can't be read: {fault.strerror or fault}")]) from None
    except UnicodeDecodeError as fault:
        raise ConfigurationError([Fault(str(path), _line_of(fault), "is not UTF-8 text")]) from None
    return parse(text, str(path))


def _line_of(fault: UnicodeDecodeError) -> int:
    return fault.object[: fault.start].count(b"\n") + 1


def parse(text: str, file: str = "trivet.yaml") -> Policies:
    """The configuration in a text. Raises `ConfigurationError` with every fault at once, each with its line."""
    faults = Faults(file)
    root = compose(text, faults)
    if root is None and not faults.found:
        faults.add(1, "the file is empty; it begins with `version: 1`")
    version = hashlib.sha256(text.encode()).hexdigest()[:16]
    found = read_policies(Document(file, root), version, faults, None) if root is not None else NOTHING_OPEN
    if faults.found:
        raise ConfigurationError(faults.in_order())
    return found


def check_processing(policies: Policies, catalog: Catalog) -> list[Fault]:
    """What in the rules of data processing does not fit the database: with any of it nothing can be served."""
    if policies.document is None or not policies.processing.by_resource:
        return []
    faults = Faults(policies.document.file)
    read_processing(policies.document, faults, catalog)
    return faults.in_order()


def check_against(policies: Policies, catalog: Catalog) -> list[Fault]:
    """What in the configuration does not fit the database: unknown names, wrong types, writes that can't be.

    ``catalog`` is the full one, with the configuration's own names given, and the fields that its rules make.
    """
    if policies.document is None:
        return []
    faults = Faults(policies.document.file)
    read_policies(policies.document, policies.version, faults, catalog)
    return faults.in_order()
