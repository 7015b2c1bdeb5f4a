"""Stages in the project's Python: hooks on rows that are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.problems import Problem

from data_service.operations.declared import Hook
from data_service.processing.setting import Setting
from data_service.processing.stages import Occasion, Row, Stage


@dataclass(frozen=True, slots=True)
class ReadHook:
    """A hook on rows that go out: it may change the values of whatever was asked for."""

    hook: Hook
    makes: Sequence[str]
    types: Mapping[str, str]
    needs: Sequence[str] = ()

    def __call__(self, rows: list[Row], occasion: Occasion) -> None:
        """Run it once for all rows. Raises `Problem`."""
        changed = occasion.at_work(lambda work: work.read_hook(self.hook, rows, self.types))
        if not isinstance(changed, list) or len(changed) != len(rows) or not all(isinstance(r, dict) for r in changed):
            raise Problem("TRV342", "A hook failed", hint=f"{self.hook.name} must return as many rows as it got")
        for row, new in zip(rows, changed, strict=True):
            row.update(new)


def read_hooks(setting: Setting) -> tuple[Stage, ...]:
    """The stages of a resource's hooks on what is read."""
    python = setting.means.python
    if python is None:
        return ()
    fields = setting.resource.fields
    names, types = tuple(field.name for field in fields), {field.name: field.type for field in fields}
    return tuple(ReadHook(hook, names, types) for hook in python.declared.of(setting.resource.name, "read", "after"))
