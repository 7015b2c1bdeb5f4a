"""A request for a function becomes a call, its values, and the wish that shapes the answer (spec: rest.md §4, RPC)."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl, quote

import msgspec
from contracts.catalog import Catalog, Function
from contracts.filters import Given
from contracts.operations import Call, Shape, Value
from contracts.problems import Problem

from rest_service import media, preferences, tree
from rest_service.grammar import names
from rest_service.grammar.filters import Literals, parse_filter
from rest_service.grammar.keys import RESERVED, TOP_LEVEL, parse_key
from rest_service.grammar.select import parse_select
from rest_service.media import Media
from rest_service.page import Page, parse_page
from rest_service.payload import Row, parse_json, parse_payload, text_of
from rest_service.preferences import Preferences
from rest_service.request import (
    Asked,
    Incoming,
    Pairs,
    Wish,
    attach,
    canonical,
    columns_of,
    count_of,
    first_of,
    handled,
    parse_query,
    profile_header,
    set_page,
)

_READS = ("GET", "HEAD")
Form = Literal["json", "text", "xml", "bytes"]
_WHOLE: dict[str, Form] = {"text/plain": "text", "text/xml": "xml", "application/octet-stream": "bytes"}


class Passed(NamedTuple):
    """An argument that was given: ``form`` as `contracts.filters.Given` has it."""

    name: str
    value: Value
    form: Form


def translate_call(incoming: Incoming, overloads: Sequence[Function], catalog: Catalog | None = None) -> Asked:
    """The call that a request asks for. Raises `Problem` PGRST1xx.

    ``overloads`` are the functions of the name that the caller may call: they decide which parameters are arguments,
    which are filters on the result, and in which formats it can be had. ``catalog`` is given where the database writes
    some itself.
    """
    reads = incoming.method in _READS
    wanted = preferences.parse([incoming.headers.get("Prefer") or ""])
    pairs = parse_query(incoming.query)
    passed, rest = _of_query(pairs, overloads) if reads else ([], pairs)
    if not reads:
        passed = _of_body(incoming, overloads, first_of(pairs, "columns"))
    names_given = frozenset(one.name for one in passed)
    fitting = [one for one in overloads if _takes(one, names_given, passed)]
    function = fitting[0] if len(fitting) == 1 else None
    literals = Literals()
    given = tuple(Given(one.name, literals.add(one.value), one.form) for one in passed)
    root, page = _read(incoming, pairs, rest, literals)
    schema = incoming.profile if incoming.headers.get(profile_header(incoming.method)) else None
    wish = Wish(
        kind="call",
        resource=incoming.resource,
        media=_media(incoming.headers.get("Accept"), function, catalog, whole=first_of(rest, "select") in (None, "*")),
        preferences=wanted,
        address=f"/rpc/{quote(incoming.resource, safe='')}",
        applied=(wanted.applied("call"), wanted.applied("call")),
        page=page,
        profile=incoming.profile,
        schema=schema,
        query=canonical(pairs),
        columns=columns_of(root),
        body=incoming.method != "HEAD",
        void=function is not None and function.returns.kind == "void",
        values=None if function is None else _values(function),
        streams=function is not None and (reads or function.reads_only) and _gives_rows(function, wanted),
    )
    shape: Shape = "one" if wish.media.single else "none" if not wish.body else "many"
    most = wanted.max_affected
    call = Call(
        incoming.resource,
        given,
        handled(tree.build(root, shape), wish.media),
        schema,
        count_of(wish),
        reads_only=reads,
        at_most=None if most is None else literals.add(most),
    )
    return Asked(call, literals.values, wish)


def _read(incoming: Incoming, pairs: Pairs, rest: Pairs, literals: Literals) -> tuple[tree.Branch, Page]:
    """What is read of the result, and the root's page; ``rest`` is the query string without the arguments."""
    select = first_of(pairs, "select")
    root = tree.grow(parse_select("*" if select is None else select))
    for name, text in rest:
        if name not in TOP_LEVEL:
            attach(root, name, text, literals)
    for branch in tree.embeds(root):
        set_page(branch, parse_page(branch.span.get("limit"), branch.span.get("offset")), literals)
    span = incoming.headers.get("Range") if incoming.method == "GET" else None
    page = parse_page(root.span.get("limit"), root.span.get("offset"), span)
    set_page(root, page, literals)
    return root, page


def _takes(function: Function, given: frozenset[str], passed: Sequence[Passed]) -> bool:
    return function.body_form == passed[0].form if given == {""} else function.takes(given)


def _values(function: Function) -> Literal["one", "many"] | None:
    """Whether it gives a value that is no row, or a set of such."""
    returns = function.returns
    return None if returns.kind != "scalar" else "many" if returns.many else "one"


def _gives_rows(function: Function, wanted: Preferences) -> bool:
    """Whether the database gives its rows, one after the other, however many they are."""
    returns = function.returns
    return returns.kind == "rows" and returns.many and function.source == "database" and wanted.max_affected is None


# --- arguments -----------------------------------------------------------------------------------------------------


def _of_query(pairs: Pairs, overloads: Sequence[Function]) -> tuple[list[Passed], Pairs]:
    """The arguments in a query string, and what else it says."""
    arguments = {argument.name for function in overloads for argument in function.arguments}
    gives_rows = any(function.returns.kind == "rows" for function in overloads)
    found: list[tuple[str, str]] = []
    rest: Pairs = []
    for key, text in pairs:
        reserved = key.rpartition(".")[2] in RESERVED and (key in RESERVED or "." in key)
        if reserved or (gives_rows and _is_filter(key, text)):
            rest.append((key, text))
        else:
            found.append((key, text))
    known = {key for key, _ in found}
    # what looks like a filter is an argument where nothing else would be the argument that is needed
    for function in overloads:
        needed = {a.name for a in function.arguments if a.required} - known
        wanted = [pair for pair in rest if pair[0] in needed and pair[0] not in RESERVED]
        if wanted and not _has_field(function, wanted):
            rest = [pair for pair in rest if pair not in wanted]
            found += wanted
    return _texts(found, overloads, arguments), rest


def _is_filter(key: str, text: str) -> bool:
    """Whether a parameter is one on the result: a field with an operator."""
    try:
        field = parse_key(key).field
        if field is not None:
            parse_filter(field, text, Literals())
    except Problem:
        return False
    return field is not None


def _has_field(function: Function, wanted: Pairs) -> bool:
    return any(field.name == key for field in function.returns.fields for key, _ in wanted)


def _texts(pairs: Iterable[tuple[str, str]], overloads: Sequence[Function], known: set[str]) -> list[Passed]:
    """Arguments as texts; of one that was given several times the last counts, of a variadic one all."""
    variadic = {a.name for function in overloads for a in function.arguments if a.variadic} & known
    listed: dict[str, list[str]] = {}
    for key, text in pairs:
        listed.setdefault(key, []).append(text)
    return [Passed(key, texts if key in variadic else texts[-1], "text") for key, texts in listed.items()]


def _of_body(incoming: Incoming, overloads: Sequence[Function], columns: str | None) -> list[Passed]:
    """The arguments in a body, by its media type. Raises `Problem` PGRST102."""
    media_type = (incoming.headers.get("Content-Type") or "application/json").partition(";")[0].strip().lower()
    body = incoming.body
    if media_type in _WHOLE:
        whole = _WHOLE[media_type]
        return [Passed("", msgspec.to_builtins(body) if whole == "bytes" else text_of(body), whole)]
    if media_type == "application/x-www-form-urlencoded":
        pairs = parse_qsl(text_of(body), keep_blank_values=True)
        return _texts(pairs, overloads, {argument.name for one in overloads for argument in one.arguments})
    form: Form = "json"
    if media_type == "text/csv":
        found: Any = parse_payload(media_type, body, None).rows
        form = "text"
    elif media_type == "application/json":
        found = parse_json(body) if body else {}
    else:
        raise Problem("PGRST102", f"Content-Type not acceptable: {media_type}")
    given = _first_row(found)
    if given is None:
        return [Passed("", found, "json")]
    if columns is not None:
        listed = names.names(columns, "columns parameter")
        given = {name: value for name, value in given.items() if name in listed}
    named = frozenset(given)
    takes_all = form == "json" and any(one.body_form == "json" for one in overloads)
    if takes_all and not any(one.takes(named) for one in overloads):
        return [Passed("", found, "json")]
    if form == "json" and set(given) == {""} and any(one.body_form == "text" for one in overloads):
        return [Passed("", text_of(body), "text")]  # clients call an argument without a name by the empty one
    return [Passed(name, value, form) for name, value in given.items()]


def _first_row(found: Any) -> Row | None:
    """The arguments in a body: of an array of objects its first one; None where they have no names."""
    if isinstance(found, list) and found and all(isinstance(row, dict) for row in found):
        found = found[0]
    return found if isinstance(found, dict) else None


# --- answers -------------------------------------------------------------------------------------------------------


def _media(accept: str | None, function: Function | None, catalog: Catalog | None, *, whole: bool) -> Media:
    """The best format for what the function gives; ``whole``: all of its rows. Raises `Problem` PGRST107."""
    if function is None:
        return media.choose(accept)
    if function.returns.kind == "rows":
        return media.choose(accept, catalog, function.returns.resource if whole else None)
    return media.choose_scalar(accept, function.returns, catalog)
