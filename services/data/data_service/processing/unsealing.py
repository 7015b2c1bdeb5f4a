"""The first stage on the way out: what only Python can open of protected fields becomes what the role sees of it."""

from collections.abc import Sequence

from chassis.hub.loop import blocking
from contracts.catalog import Resource
from contracts.fields import Guard

from data_service.processing.masks import masked
from data_service.processing.secrets import clear
from data_service.processing.stages import Occasion, Row


class Unsealing:
    """Opens one field. ``guard`` says how the role sees it."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self.needs: Sequence[str] = (guard.stored.name,)
        self.makes: Sequence[str] = self.needs

    def __call__(self, rows: list[Row], occasion: Occasion) -> None:
        name = self._guard.stored.name
        opened = blocking(clear, self._guard, [row[name] for row in rows])
        for row, text in zip(rows, opened, strict=True):
            row[name] = None if text is None else self._shown(text)

    def _shown(self, text: str) -> str:
        guard = self._guard
        if guard.form == "hash":
            mark: str = guard.keys.ring.mark("hash", guard.about, text)
            return mark
        return masked(text, guard.parts) if guard.form == "pattern" else text


def unsealing_stages(seen: Resource) -> tuple[Unsealing, ...]:
    """The stages for a resource, whose fields are as a role sees them."""
    return tuple(Unsealing(field.guard) for field in seen.fields if field.guard is not None and not field.guard.in_sql)
