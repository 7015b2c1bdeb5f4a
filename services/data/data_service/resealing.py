"""Stored rows brought into the form in which protection keeps values: from before a rule, or under older keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.catalog import Catalog, Resource
from contracts.fields import Guard
from contracts.operations import Value
from contracts.problems import Problem

from data_service.processing.keyring import KeyringError, is_sealed, sealed_by
from data_service.processing.protection import Protections
from data_service.processing.secrets import Secrets, clear, index_of, keep, kept_text

_ENTRIES = 500  # of the vault, at once


@dataclass(frozen=True, slots=True)
class Resealed:
    """A table with fields that are tokenised or encrypted. ``resource`` is the database's own."""

    resource: Resource
    guards: tuple[Guard, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields and their blind indexes."""
        return tuple(name for guard in self.guards for name in (guard.stored.name, guard.index) if name)

    def changed(self, rows: Sequence[dict[str, Value]]) -> list[dict[str, Value]]:
        """What is to be kept of each row instead. Raises `Problem` TRV301 where a value does not open."""
        found: list[dict[str, Value]] = [{} for _ in rows]
        for guard in self.guards:
            name = guard.stored.name
            opened = clear(guard, [row[name] for row in rows])
            old = [place for place, row in enumerate(rows) if not is_current(guard, row[name])]
            for place, kept in zip(old, keep(guard, [opened[place] for place in old]), strict=True):
                found[place][name] = kept
            if guard.index:
                for place, text in enumerate(opened):
                    found[place][guard.index] = index_of(guard, text)
        return found


def is_current(guard: Guard, value: Value) -> bool:
    """True for a value that is kept as new ones are: under the newest key, or as a token."""
    text = kept_text(guard, value)
    if text is None:
        return True
    if guard.store == "token":
        return text in guard.keys.vault.get([text])
    return is_sealed(text) and sealed_by(text) == guard.keys.ring.current


def resealed(catalog: Catalog, protections: Protections) -> tuple[list[Resealed], list[str]]:
    """The tables whose values may have to be kept anew, and the names of those where that can't be done.

    ``catalog`` is the full one, whose fields say how they are kept.
    """
    found, left = [], []
    beneath = protections.stored(catalog)
    for resource in catalog.resources:
        guards = tuple(
            field.guard
            for field in resource.fields
            if field.guard is not None and field.guard.about == f"{resource.schema}.{resource.table}.{field.name}"
        )
        if not guards:
            continue
        if resource.key and resource.updatable and resource.kind in ("table", "partitioned"):
            found.append(Resealed(beneath.by_name[resource.name], guards))
        else:
            left.append(resource.name)
    return found, left


def reseal_vault(secrets: Secrets, *, apply: bool) -> Iterator[tuple[int, int]]:
    """Bring the vault's entries under the newest key; for each batch: entries seen, and those that were not.

    Raises `Problem` TRV301 where one does not open.
    """
    ring, vault, after = secrets.ring, secrets.vault, ""
    while entries := vault.after(after, _ENTRIES):
        after = entries[-1][0]
        old = [(token, sealed) for token, _, sealed in entries if sealed_by(sealed) != ring.current]
        if apply and old:
            try:
                vault.exchange((token, sealed, ring.seal(token, ring.open(token, sealed))) for token, sealed in old)
            except KeyringError as fault:
                raise Problem("TRV301", str(fault)) from fault
        yield len(entries), len(old)
