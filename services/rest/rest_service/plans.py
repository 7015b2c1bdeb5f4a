"""Plans instead of answers: ``Accept: application/vnd.pgrst.plan+json; for="application/json"; options=analyze``."""

from typing import NamedTuple

import msgspec
from contracts.identity import NO_AROUND, Caller
from contracts.results import Result

from rest_service import media
from rest_service.request import Headers
from rest_service.response import Answer

_TYPES = {
    "application/vnd.pgrst.plan": "text",
    "application/vnd.pgrst.plan+text": "text",
    "application/vnd.pgrst.plan+json": "json",
}


class PlanWish(NamedTuple):
    """A plan that is asked for: of the answer in the media type ``of``, with these ``options`` of EXPLAIN."""

    format: str
    of: str
    options: tuple[str, ...]


def asked(accept: str | None) -> PlanWish | None:
    """The plan that an ``Accept`` header asks for, None where it asks for none."""
    if accept is None or "vnd.pgrst.plan" not in accept:
        return None
    media_type, parameters = media.ranges(accept)[0]
    if media_type not in _TYPES:
        return None
    options = tuple(name for name in parameters.get("options", "").split("|") if name)
    of = parameters.get("for", "").strip('"') or media.JSON.type
    return PlanWish(_TYPES[media_type], media.full_name(of), options)


def planning(caller: Caller, wish: PlanWish) -> Caller:
    """The caller, who wants a plan."""
    around = msgspec.structs.replace(caller.around or NO_AROUND, plan=" ".join([wish.format, *wish.options]))
    return msgspec.structs.replace(caller, around=around)


def answer_of(result: Result, wish: PlanWish) -> Answer:
    """The answer that carries a plan."""
    options = f"; options={'|'.join(wish.options)}" if wish.options else ""
    content = f'application/vnd.pgrst.plan+{wish.format}; for="{wish.of}"{options}; charset=utf-8'
    return Answer(200, {"Content-Type": content, "Vary": "Accept, Prefer, Range"}, result.body)


class Planned:
    """A request's headers, which ask for the answer that a plan is of."""

    def __init__(self, headers: Headers, wish: PlanWish) -> None:
        self._headers = headers
        single = "vnd.pgrst.object" in wish.of
        self._accept = "application/vnd.pgrst.object+json" if single else media.JSON.type

    def get(self, name: str, /) -> str | None:
        """The header's value, or None."""
        return self._accept if name == "Accept" else self._headers.get(name)
