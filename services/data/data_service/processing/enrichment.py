"""Enrichment on the way out: fields that remote sources give, for all rows of a level at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from data_service.policy_document import Faults, suggestion
from data_service.processing.asks import WORDS
from data_service.processing.enrich import EnrichRule
from data_service.processing.rules import Processing
from data_service.processing.setting import Setting
from data_service.processing.sources import SourceRule
from data_service.processing.stages import Occasion, Row, Stage
from data_service.remote.matching import Key, Name, name_of
from data_service.remote.remote import Remote
from data_service.remote.trouble import Trouble


class Enrichment:
    """The stage of one field."""

    def __init__(self, resource: str, name: str, rule: EnrichRule, remote: Remote) -> None:
        self._name = name
        self._place = f"{resource}.{name}"
        self._rule = rule
        self._remote = remote
        self._keys = tuple(own for own, _ in rule.keys)

    @property
    def needs(self) -> Sequence[str]:
        """The fields of the row that the value is looked up by."""
        return self._keys

    @property
    def makes(self) -> Sequence[str]:
        """The field itself."""
        return (self._name,)

    def __call__(self, rows: list[Row], occasion: Occasion) -> None:
        """Look up all values; where the source fails they are null with a warning, or a `Problem` is raised."""
        keys = [self._key_of(row) for row in rows]
        wanted = [key for key in keys if key is not None]
        source = self._remote.get(self._rule.source)
        found: Mapping[Name, Any] = {}
        trouble: Trouble | None = None
        if source is None:
            trouble = Trouble("failed", "it is not open")
        elif wanted:
            found, trouble = self._remote.lookup(self._place, self._rule).values(source, wanted)
        if trouble is not None:
            if self._rule.on_failure == "error":
                raise trouble.problem(self._place, self._rule.source)
            occasion.warnings.append(f"{self._place} is partly null: the source {self._rule.source} {trouble.words}")
        for row, key in zip(rows, keys, strict=True):
            row[self._name] = None if key is None else found.get(name_of(key))

    def _key_of(self, row: Row) -> Key | None:
        """The row's key; None where a part of it is null, which nothing equals."""
        key = tuple(row[name] for name in self._keys)
        return None if None in key else key


def make_stages(setting: Setting) -> tuple[Stage, ...]:
    """The stages of a resource's enriched fields."""
    remote = setting.means.remote
    if remote is None:
        return ()
    return tuple(
        Enrichment(setting.resource.name, name, rules.enrich, remote)
        for name, rules in setting.rules.fields.items()
        if isinstance(rules.enrich, EnrichRule)
    )


def enrich_rules(processing: Processing) -> list[EnrichRule]:
    """The rules of all enriched fields."""
    fields = [field for rules in processing.by_resource.values() for field in rules.fields.values()]
    return [field.enrich for field in fields if isinstance(field.enrich, EnrichRule)]


def check_enrichment(processing: Processing, sources: Mapping[str, SourceRule], faults: Faults) -> None:
    """Note rules whose source is none, or of another kind than they ask."""
    for rule in enrich_rules(processing):
        _check(rule, sources, faults)


def _check(rule: EnrichRule, sources: Mapping[str, SourceRule], faults: Faults) -> None:
    source = sources.get(rule.source)
    if source is None:
        faults.add(rule.line, f"there is no source {rule.source}{suggestion(rule.source, sources)}")
    elif source.kind != rule.ask.kind:
        right, wrong = WORDS[source.kind], WORDS[rule.ask.kind]
        faults.add(rule.line, f"the source {rule.source} is a {source.kind}: ask it by {right}, not {wrong}")
