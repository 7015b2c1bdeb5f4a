"""The ``path`` of a JSON field: ``$.a.b``, ``a.b``, ``[0]``, ``['key']`` (graphql.md §3)."""

import re

from graphql_service.errors import Misfit

_STEP = re.compile(
    r"""\.? (?:
        (?P<name>[^.\[\]'"\s]+) | \[(?P<index>\d{1,9})\] | \['(?P<single>[^']*)'\] | \["(?P<double>[^"]*)"\]
    )""",
    re.VERBOSE,
)


def parse_path(text: str) -> tuple[str | int, ...]:
    """The steps of a path: object keys and array indexes. Raises `Misfit`."""
    steps: list[str | int] = []
    position = 1 if text.startswith("$") else 0
    while position < len(text):
        found = _STEP.match(text, position)
        if found is None:
            raise Misfit(f"parse json path error: {text}")
        position = found.end()
        if found["index"] is not None:
            steps.append(int(found["index"]))
        else:
            steps.append(next(part for part in found.group("name", "single", "double") if part is not None))
    return tuple(steps)
