"""The way of a GraphQL request: schema, document, operation, data, answer."""

import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import msgspec
from chassis.bounded import Bounded
from chassis.observe import add_timings, step
from contracts.data import Data
from contracts.identity import ADMIN_ROLE, Caller, unnarrowed
from contracts.operations import Create, Delete, Document, Read, Update, Value
from contracts.problems import Kind, Problem
from contracts.results import Result

from graphql_service.errors import NOT_SUPPORTED, Error, Path, Refusal, refuse
from graphql_service.introspection import introspect
from graphql_service.limits import DEPTH_EXCEEDED, Limits, check_text
from graphql_service.payload import Request
from graphql_service.persisted import PersistedDocuments
from graphql_service.places import place_of, rows_of
from graphql_service.request import Compiled, Prepared, PreparedOperation, choose, prepare, spent_with
from graphql_service.response import Answer, data_answer, error_answer, refusal_of
from graphql_service.schema import RoleSchema, build
from graphql_service.schema.exposed import Exposed
from graphql_service.shapes import Shapes
from graphql_service.trusted import Trusted

_SCHEMAS = 64
_DOCUMENTS = 1000
_INTROSPECTIONS = 2
_WHOLES = 2  # one of 400 tables takes tens of megabytes
# about no part of the document
_ASIDE = frozenset({Kind.UNAUTHENTICATED, Kind.TIMEOUT, Kind.UNAVAILABLE, Kind.TOO_MANY, Kind.INTERNAL})
_NONE: Mapping[str, Any] = MappingProxyType({})
_encode = msgspec.json.Encoder(decimal_format="number").encode
_raw = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, eq=False)
class _Kept:
    role: str
    version: str
    role_schema: RoleSchema
    limits: Limits
    introspections: Bounded[tuple[str, str], bytes]


class Executor:
    """Answers GraphQL requests.

    Keeps a schema for each role while its catalog's version holds, the documents that were asked with it, and their
    translations. Where there are ``allowed`` documents, nobody but admin can ask others. ``stringify``: numbers that
    JavaScript can't hold are told as text.
    """

    def __init__(
        self,
        data: Data,
        limits: Limits,
        persisted: PersistedDocuments,
        allowed: Trusted | None = None,
        *,
        stringify: bool = False,
    ) -> None:
        self._data = data
        self._limits = limits
        self._persisted = persisted
        self._allowed = allowed
        self._stringify = stringify
        self._schemas: Bounded[str, _Kept] = Bounded(_SCHEMAS, "graphql_schemas")
        self._documents: Bounded[tuple[_Kept, str], Prepared] = Bounded(_DOCUMENTS, "graphql_documents")
        self._shapes = Shapes()
        self._wholes: Bounded[_Kept, RoleSchema] = Bounded(_WHOLES)

    def answer(self, request: Request, caller: Caller, *, strict: bool, writes: bool) -> Answer:
        """Answer a request; problems become errors. ``writes``: whether mutations may come this way."""
        try:
            return self._answer(request, caller, writes)
        except Problem as problem:
            return error_answer(problem, strict=strict)
        except RecursionError:  # no limit of the document's holds for values that variables bring
            return error_answer(Refusal(Error("a variable is nested too deep", DEPTH_EXCEEDED)), strict=strict)

    def _answer(self, request: Request, caller: Caller, writes: bool) -> Answer:
        kept = self._kept(caller)
        text, unkept = request.query, None
        if text is None or request.extensions is not None:
            text, unkept = self._persisted.text_of(request)
        prepared = self._documents.get((kept, text)) or self._prepare(kept, text)
        if unkept is not None:
            self._persisted.keep(unkept, text)
        operation = choose(prepared, request.operation_name)
        if operation.writes and not writes:
            raise Problem("TRV101", "Mutations need the method POST", headers={"Allow": "POST"})
        spent, headers = operation.spent, operation.headers
        if operation.unsettled is not None:
            spent, headers = spent_with(operation, operation.unsettled, request.variables or _NONE, kept.limits)
        if kept.limits.seconds is not None:
            caller = _hurried(caller, kept.limits.seconds)
        answer = self._answer_operation(kept, prepared, operation, request.variables or _NONE, caller)
        return Answer(answer.body, 200, headers, answer.basis, spent)

    def _answer_operation(
        self,
        kept: _Kept,
        prepared: Prepared,
        operation: PreparedOperation,
        given: Mapping[str, Any],
        caller: Caller,
    ) -> Answer:
        compiled, values = self._shapes.translate(kept.role_schema, prepared, operation, given)
        if not compiled.introspective:
            body, result = self._execute(compiled, values, caller)
            # what was understood by another catalog than data's might be understood in another way now
            if result is None or result.catalog_version != kept.version:
                return data_answer(body, warnings=result.warnings if result is not None else ())
            return data_answer(body, result.basis, result.warnings)

        if not kept.limits.introspection:
            refuse(f'introspection is disabled for role: "{unnarrowed(kept.role)[0]}"', NOT_SUPPORTED)

        def describe() -> dict[str, Any]:
            nodes = [node for nodes in compiled.introspective.values() for node in nodes]
            return introspect(self._whole(kept), operation.node, prepared.fragments, compiled.scope.variables, nodes)

        if compiled.document.members:
            body, result = self._execute(compiled, values, caller)
            return data_answer(
                _arranged(compiled, body, describe()), warnings=result.warnings if result is not None else ()
            )
        return data_answer(_remembered(kept, (prepared.text, repr((operation.name, given))), describe))

    def limits(self, caller: Caller) -> Limits:
        """What one document of the caller's role may ask at most. Raises `Problem`."""
        return self._kept(caller).limits

    def _kept(self, caller: Caller) -> _Kept:
        catalog = self._data.catalog(caller)
        role = caller.principal.role
        kept = self._schemas.get(role)
        if kept is None or kept.version != catalog.version:
            with step("schema"):
                if kept is not None:  # the old version's are of no more use: all roles have a new one
                    self._documents.clear()
                    self._shapes.clear()
                kept = _Kept(
                    role,
                    catalog.version,
                    build(catalog, stringify=self._stringify),
                    self._limits.within(catalog.bounds),
                    Bounded(_INTROSPECTIONS),
                )
                self._schemas.put(role, kept)
        return kept

    def _whole(self, kept: _Kept) -> RoleSchema:
        """The role's schema with all its types, as only introspection needs it: kept for the last who asked."""
        whole = self._wholes.get(kept)
        if whole is None:
            whole = build(kept.role_schema.types.exposure.catalog)
            self._wholes.put(kept, whole)
        return whole

    def _prepare(self, kept: _Kept, text: str) -> Prepared:
        if self._allowed is not None and unnarrowed(kept.role)[0] != ADMIN_ROLE:
            check_text(text, kept.limits)  # finding out whether it is allowed takes reading it
            if not self._allowed.has(text, kept.limits.most_tokens):
                refuse("query is not allowed", "query-not-allowed")
        with step("document"):
            prepared = prepare(kept.role_schema, text, kept.limits)
        if prepared.lasting:
            self._documents.put((kept, text), prepared)
        return prepared

    def _execute(self, compiled: Compiled, values: list[Value], caller: Caller) -> tuple[bytes, Result | None]:
        """The response's data as JSON, and what data answered where it was asked."""
        constants = compiled.constants
        if constants is not None:
            return (_arranged(compiled, _encode(constants), {}) if compiled.lists else _encode(constants)), None
        try:
            result = self._ask(compiled.document, values, caller)
        except Problem as problem:
            raise refusal_of(problem, partial(_place, problem, compiled, values)) from None
        return (_arranged(compiled, result.body, {}) if compiled.lists else result.body), result

    def _ask(self, document: Document, values: list[Value], caller: Caller) -> Result:
        """What data answers; the document is the same object whenever the same is asked. Raises `Problem`."""
        with step("data"):
            result = self._data.execute(document, values, caller)
        add_timings(result.timings)
        return result


def _hurried(caller: Caller, seconds: float) -> Caller:
    """The caller with an end of these seconds from now on, where that is nearer."""
    deadline = time.monotonic() + seconds
    if caller.deadline is not None and caller.deadline <= deadline:
        return caller
    return msgspec.structs.replace(caller, deadline=deadline)


def _remembered(kept: _Kept, key: tuple[str, str], describe: Callable[[], dict[str, Any]]) -> bytes:
    """An answer to introspection, kept compressed: it is long, and says the same over and over."""
    found = kept.introspections.get(key)
    if found is not None:
        return zlib.decompress(found)
    body = _encode(describe())
    kept.introspections.put(key, zlib.compress(body, 1))
    return body


def _arranged(compiled: Compiled, body: bytes, described: dict[str, Any]) -> bytes:
    """The answer of data and what is described beside it, under the response keys in their order."""
    parts: dict[str, Any] = {**_raw.decode(body), **described}
    parts |= {key: [parts[part] for part in several] for key, several in compiled.lists.items()}
    return _encode({key: parts[key] for key in compiled.keys})


def _place(problem: Problem, compiled: Compiled, values: list[Value], path: Path) -> Path:
    """Where in the document a path of the operation leads, for a problem that is about it.

    What the database refuses is about the rows of an insert, and of other changes about the whole document.
    """
    if problem.code == "TRV300" or (path[1:] and isinstance(path[1], int)):
        path = _of_value(path, compiled)
    for key, several in compiled.lists.items():
        if path and path[0] in several:
            place = place_of((key, *path[1:]), compiled.scope, compiled.root)
            if len(place) == 2 and problem.code != "TRV300" and problem.kind not in _ASIDE:
                return ()
            within = place[2:3] == ("selectionSet",)
            return place if within else (*place[:2], "args", "updates", several.index(str(path[0])), *place[3:])
    if not path and len(compiled.root) == 1:
        path = tuple(compiled.root)
    place = place_of(path, compiled.scope, compiled.root)
    whole = len(place) == 2 and problem.code != "TRV300" and problem.kind not in _ASIDE
    operation = _member(compiled, path) if whole else None
    if isinstance(operation, Create):
        alone = problem.code == "42501" and len(values[operation.rows.index]) == 1
        return place + rows_of(str(place[-1]), compiled.scope, (0,) if alone else ())
    return () if isinstance(operation, Read | Update | Delete) else place


def _member(compiled: Compiled, path: Path) -> object:
    """The operation that a path leads to, None where it leads to none."""
    return next((member.operation for member in compiled.document.members if (member.key,) == path[:1]), None)


def _of_value(path: Path, compiled: Compiled) -> Path:
    """Where a value that breaks a rule stands: in a create's row, by its number, or where an update assigns it."""
    key, rest = path[:1], path[1:]
    operation = _member(compiled, path)
    if rest and isinstance(rest[0], int):
        return (*key, "rows", rest[0], *_shown(rest[1:], operation, compiled))
    assigns = operation.assigns if rest and isinstance(operation, Update) else ()
    how = next((assign.how for assign in assigns if assign.field == rest[0]), None)
    return key if how is None else (*key, "assigns", how, *_shown(rest, operation, compiled))


def _shown(path: Path, operation: object, compiled: Compiled) -> Path:
    """A field's path under the name that the schema has for it, which may differ from the database's."""
    if not path or not isinstance(operation, Create | Update):
        return path
    exposed = compiled.scope.types.exposure.resources.get(operation.resource)
    return path if exposed is None else _named(path, exposed)


def _named(path: Path, exposed: Exposed) -> Path:
    """A path in a row, by way of the rows nested in it, under the names of the schema.

    After a relation comes the number of a row, or nothing more than the word for all of them.
    """
    nested = next((r for r in exposed.nestable.values() if r.relation.name == path[0]), None)
    if nested is not None and not (path[1:] and isinstance(path[1], int)):
        return (nested.name, *path[1:])
    if nested is not None:
        number = path[1:2] if nested.relation.cardinality == "many" else ()
        return (nested.name, "data", *number, *(_named(path[2:], nested.target) if path[2:] else ()))
    name = exposed.field_names.get(str(path[0]))
    return path if name is None else (name, *path[1:])
