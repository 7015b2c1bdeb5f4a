"""The project's folder: what it declares now, loaded again when a file of it has changed."""

import dataclasses
import logging
from hashlib import sha256

import msgspec
from contracts.catalog import Catalog
from trivet.running import frames

from data_service.operations.declared import Declared, declared_of
from data_service.operations.nursery import Nursery, Terms
from data_service.operations.pool import Pool
from data_service.operations.python import Python
from data_service.policies import Policies
from data_service.policy_document import ConfigurationError, Fault
from data_service.policy_rules import MAY_CALL

log = logging.getLogger("trivet.operations")


def with_functions(catalog: Catalog, declared: Declared) -> Catalog:
    """The catalog with the functions declared."""
    return msgspec.structs.replace(catalog, functions=(*catalog.functions, *declared.functions))


def with_roles(policies: Policies, declared: Declared) -> Policies:
    """The policies with the roles that may call the functions declared."""
    calls = {(role, name): MAY_CALL for name, operation in declared.operations.items() for role in operation.roles}
    functions = dataclasses.replace(policies.functions, calls={**calls, **policies.functions.calls})
    return dataclasses.replace(policies, functions=functions)


class Project:
    """A folder of operations. ``size`` calls run at once, for ``timeout`` seconds each unless they say otherwise.

    ``patience``: seconds that a call waits for a process.
    """

    def __init__(self, terms: Terms, *, size: int, timeout: float, patience: float = 2.0) -> None:
        self.terms = terms
        self._size = size
        self._timeout = timeout
        self._patience = patience

    def fingerprint(self) -> str:
        """A text that differs when a file of the folder does; empty where there is no folder."""
        folder = self.terms.folder
        if not folder.is_dir():
            return ""
        digest = sha256()
        for path in sorted(folder.rglob("*.py")):
            if "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(folder)}\0".encode() + sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:16]

    def load(self, fingerprint: str) -> Python | None:
        """What the folder declares, ready to be run; None where there is nothing.

        Raises `ConfigurationError` with every fault of its files.
        """
        if not fingerprint:
            return None
        nursery, declared = self._begun()
        if declared.faults:
            nursery.close()
            raise ConfigurationError(list(declared.faults))
        if not declared.closed:
            log.warning("this kernel has no Landlock: operations can read what this user can read")
        pool = Pool(self.terms, nursery, size=self._size, patience=self._patience)
        return Python(declared, pool, fingerprint, size=self._size, timeout=self._timeout)

    def declared(self) -> Declared:
        """What the folder declares, with its faults, and nothing of it running. Raises `ConfigurationError`."""
        nursery, declared = self._begun()
        nursery.close()
        return declared

    def _begun(self) -> tuple[Nursery, Declared]:
        try:
            nursery = Nursery(self.terms)
        except (OSError, frames.Broken) as fault:
            said = "importing its files took too long, or ended Python" if isinstance(fault, frames.Broken) else fault
            raise ConfigurationError([Fault(str(self.terms.folder), 1, f"not loaded: {said}")]) from fault
        return nursery, declared_of(nursery.described, self.terms.folder)
