"""Hasura's computed fields, and the arguments of functions that get the session."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from data_service.reflect.options import Computed
from data_service.reflect.postgres_arguments import SESSION

from trivet_cli.hasura_filters import Place
from trivet_cli.hasura_metadata import Metadata
from trivet_cli.hasura_names import place_of


@dataclass(frozen=True)
class ComputedField:
    """A computed field of the metadata: the function's schema and name, and what is said of the field."""

    place: Place
    computed: Computed

    def written(self, function: str) -> dict[str, str]:
        """It as ``computed_fields`` of a resource has it."""
        said = {"function": function, "table_argument": self.computed.row, "comment": self.computed.comment or ""}
        return {key: text for key, text in said.items() if text}


def computed_fields(entry: dict[str, Any]) -> Iterator[ComputedField]:
    """The computed fields of a table's entry."""
    for item in entry.get("computed_fields") or []:
        definition = item.get("definition") or {}
        computed = Computed(
            str(item["name"]), str(definition.get("table_argument") or ""), str(item.get("comment") or "") or None
        )
        yield ComputedField(place_of(definition.get("function")), computed)


def session_arguments(metadata: Metadata) -> Iterator[tuple[Place, str]]:
    """The functions that get the session by an argument of another name than `SESSION`, with that name."""
    definitions = [
        item.get("definition") or {} for entry in metadata.tables for item in entry.get("computed_fields") or []
    ]
    for entry in metadata.functions:
        definitions.append({"function": entry["function"], **(entry.get("configuration") or {})})
    for one in definitions:
        name = one.get("session_argument")
        if name and name != SESSION:
            yield place_of(one.get("function")), str(name)
