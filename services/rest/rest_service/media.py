"""Content negotiation: which of the formats that we can give does ``Accept`` ask for (RFC 9110 §12.5.1)."""

import msgspec
from contracts.catalog import Catalog, Returns
from contracts.problems import Problem

OPENAPI = "application/openapi+json"
PROBLEM = "application/problem+json"
_ANY = "*/*"
_JSON = (_ANY, "application/*", "application/json")
_OBJECT = ("application/vnd.pgrst.object+json", "application/vnd.pgrst.object")
_ARRAY = ("application/vnd.pgrst.array+json", "application/vnd.pgrst.array")
_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl")
_XML = ("application/xml", "text/xml")

GEOJSON = "application/geo+json"
_WITH_CHARSET = (GEOJSON, "application/json")

BYTES = "application/octet-stream"
_RAW = ((BYTES, "bytea"), ("text/xml", "xml"))  # by the database's type


class Media(msgspec.Struct, frozen=True):
    """A format: its media type; ``single`` one object, ``stripped`` without null members.

    ``csv``, ``lines`` (JSON, an object a line) and ``xml`` are formats of rows, which may be streamed. ``raw``: a value
    alone as its own text, or where it is ``binary`` its own bytes. ``handler``: the media type by whose name the
    database writes the rows itself (`contracts.catalog.Handler`).
    """

    type: str
    single: bool = False
    stripped: bool = False
    csv: bool = False
    lines: bool = False
    xml: bool = False
    raw: bool = False
    binary: bool = False
    handler: str | None = None

    @property
    def by_rows(self) -> bool:
        """Whether it is written row by row."""
        return self.csv or self.lines or self.xml

    @property
    def content_type(self) -> str:
        """The ``Content-Type`` of an answer in this format."""
        own = self.raw or self.handler is not None
        if self.binary or (own and not self.type.startswith("text/") and self.type not in _WITH_CHARSET):
            return self.type
        return f"{self.type}{';nulls=stripped' if self.stripped else ''}; charset=utf-8"


JSON = Media("application/json")
CSV = Media("text/csv", csv=True)


def choose(accept: str | None, catalog: Catalog | None = None, resource: str | None = None) -> Media:
    """The best format for rows; of those that the database writes itself the ``catalog`` tells.

    ``resource`` names that whose whole rows are asked for, where it is such rows. Raises `Problem` PGRST107 where
    we have none of the formats asked for.
    """
    wanted = ranges(accept)
    browses = any(media_type == "text/html" for media_type, _ in wanted)  # browsers ask for XML, and mean pages
    for media_type, parameters in wanted:
        if catalog is not None and (own := _handled(catalog, media_type, resource)) is not None:
            return own
        found = _rows_in(media_type, parameters)
        if found is not None and not (found.xml and browses):
            return found
    raise refusal(media_type for media_type, _ in wanted)


def may_be_handled(accept: str | None, catalog: Catalog) -> bool:
    """Whether the database might write one of the formats asked for itself: most requests ask for none of these."""
    handled = catalog.handled
    if _ANY in handled:
        return True
    asked = (accept or _ANY).lower()
    return any(media_type in asked for media_type in handled)


def _handled(catalog: Catalog, media_type: str, resource: str | None) -> Media | None:
    """A format that the database writes itself, None where it does not; PostgREST's own types stay what they are."""
    handler = None if media_type.startswith("application/vnd.pgrst.") else catalog.handler(media_type, resource)
    if handler is None:
        return None
    shown = BYTES if handler.media == _ANY else media_type
    return Media(shown, raw=handler.type != "json", binary=handler.type == "bytes", handler=handler.media)


def choose_scalar(accept: str | None, returns: Returns, catalog: Catalog | None = None) -> Media:
    """The best format for what a function gives that is no row: one value, or a set. Raises `Problem` PGRST107.

    As CSV it is a column of one name. A geometry can be had as GeoJSON where the ``catalog`` says that the database
    writes that.
    """
    wanted, one = ranges(accept), not returns.many
    for media_type, parameters in wanted:
        if one and returns.media is not None and (document := _own_document(returns.media, media_type)):
            return Media(document, raw=True, binary=returns.type == "bytes")
        if catalog is not None and media_type == GEOJSON and returns.type == "other":
            own = _handled(catalog, media_type, None)
            if own is not None:
                return own
        if one and (media_type == "text/plain" or (media_type, returns.db_type) in _RAW):
            return Media(media_type, raw=True, binary=media_type == BYTES)
        found = _rows_in(media_type, parameters)
        if found is not None and (not found.by_rows or found.csv or (found.lines and not one)):
            return found
    raise refusal(media_type for media_type, _ in wanted)


def _own_document(media: str, asked: str) -> str | None:
    """The type in which a function's own document is given where ``asked`` is; None where it is not that."""
    if media == _ANY:  # the function gives whatever was asked for, and says itself what that is
        return BYTES
    return media if asked in (media, _ANY, media.partition("/")[0] + "/*") else None


def choose_document(accept: str | None) -> str:
    """The media type for the root document. Raises `Problem` PGRST107."""
    wanted = ranges(accept)
    for media_type, _ in wanted:
        if media_type in _JSON:
            return JSON.type
        if media_type == OPENAPI:
            return OPENAPI
    raise refusal(media_type for media_type, _ in wanted)


def full_name(media_type: str) -> str:
    """The media type as answers call it."""
    return next((names[0] for names in (_OBJECT, _ARRAY) if media_type in names), media_type)


def prefers_problem(accept: str | None) -> bool:
    """Whether problems are wanted in the form of RFC 9457 rather than in PostgREST's.

    Many generated clients name both: the one that they want more, or name first, counts.
    """
    if accept is None or "problem+json" not in accept:
        return False
    wanted = [media_type for media_type, _ in ranges(accept)]
    if PROBLEM not in wanted:
        return False
    return not any(media_type in _JSON for media_type in wanted[: wanted.index(PROBLEM)])


def ranges(accept: str | None) -> list[tuple[str, dict[str, str]]]:
    """The media ranges of an ``Accept`` header with their parameters, the most wanted first."""
    found: list[tuple[float, str, dict[str, str]]] = []
    for part in (accept or "*/*").split(","):
        media_type, *rest = (piece.strip() for piece in part.split(";"))
        parameters = {name.strip().lower(): value.strip() for name, _, value in (p.partition("=") for p in rest)}
        quality = _quality(parameters.pop("q", "1"))
        if media_type and quality > 0:
            found.append((quality, media_type.lower(), parameters))
    found.sort(key=lambda entry: -entry[0])
    return [(media_type, parameters) for _, media_type, parameters in found]


def refusal(media_types: object) -> Problem:
    """The problem of having none of these media types."""
    listed = ", ".join(media_types)  # type: ignore[arg-type]  # any iterable of text
    return Problem("PGRST107", f"None of these media types are available: {listed}")


def _rows_in(media_type: str, parameters: dict[str, str]) -> Media | None:
    stripped = parameters.get("nulls") == "stripped"
    if media_type in _JSON:
        return JSON
    if media_type in _OBJECT:
        return Media(_OBJECT[0], single=True, stripped=stripped)
    if media_type in _ARRAY:
        return Media(_ARRAY[0], stripped=True) if stripped else JSON
    if media_type in _LINES:
        return Media(media_type, lines=True)
    if media_type in _XML:
        return Media(media_type, xml=True)
    return CSV if media_type in ("text/csv", "text/*") else None


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 1.0
