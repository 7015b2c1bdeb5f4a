"""The way of a GraphQL request: schema, document, operation, data, answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from chassis.bounded import Bounded
from chassis.observe import add_timings, step
from contracts.data import Data
from contracts.identity import Caller
from contracts.operations import Create
from contracts.problems import Problem
from graphql import OperationType

from graphql_service.introspection import introspect
from graphql_service.limits import Limits
from graphql_service.payload import Request
from graphql_service.places import place_of, rows_of
from graphql_service.request import Compiled, Prepared, choose, compile_operation, prepare
from graphql_service.response import Answer, data_answer, error_answer, refusal_of
from graphql_service.schema import RoleSchema, build

_SCHEMAS = 64
_DOCUMENTS = 1000
_KEPT_TEXT = 16_384  # longer documents hold data rather than a query: they won't come again
_INTROSPECTIONS = 2
_encode = msgspec.json.Encoder(decimal_format="number").encode
_raw = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, eq=False)
class _Kept:
    version: str
    role_schema: RoleSchema
    documents: Bounded[str, Prepared]
    introspections: Bounded[tuple[str, str], bytes]


class Executor:
    """Answers GraphQL requests; keeps a schema for each role while its catalog's version holds, and its documents."""

    def __init__(self, data: Data, bounds: Limits) -> None:
        self._data = data
        self._bounds = bounds
        self._schemas: Bounded[str, _Kept] = Bounded(_SCHEMAS)

    def answer(self, request: Request, caller: Caller, *, strict: bool, writes: bool) -> Answer:
        """Answer a request; problems become errors. ``writes``: whether mutations may come this way."""
        try:
            return data_answer(self._answer(request, caller, writes))
        except Problem as problem:
            return error_answer(problem, strict=strict)

    def _answer(self, request: Request, caller: Caller, writes: bool) -> bytes:
        with step("schema"):
            kept = self._kept(caller)
        with step("document"):
            prepared = self._prepare(kept, request.query)
            operation = choose(prepared, request.operation_name)
            if operation.operation is OperationType.MUTATION and not writes:
                raise Problem("TRV101", "Mutations need the method POST", headers={"Allow": "POST"})
            compiled = compile_operation(kept.role_schema, prepared, operation, request.variables)
        if not compiled.introspective:
            return self._execute(compiled, caller)

        def describe() -> dict[str, Any]:
            nodes = [node for nodes in compiled.introspective.values() for node in nodes]
            return introspect(kept.role_schema, operation, prepared.fragments, compiled.scope.variables, nodes)

        if compiled.document.members:
            return _arranged(compiled, self._execute(compiled, caller), describe())
        return _remembered(kept, (request.query, repr((request.operation_name, request.variables))), describe)

    def _kept(self, caller: Caller) -> _Kept:
        catalog = self._data.catalog(caller)
        role = caller.principal.role
        kept = self._schemas.get(role)
        if kept is None or kept.version != catalog.version:
            kept = _Kept(catalog.version, build(catalog), Bounded(_DOCUMENTS), Bounded(_INTROSPECTIONS))
            self._schemas.put(role, kept)
        return kept

    def _prepare(self, kept: _Kept, text: str) -> Prepared:
        prepared = kept.documents.get(text)
        if prepared is None:
            prepared = prepare(kept.role_schema, text, self._bounds)
            if len(text) <= _KEPT_TEXT:
                kept.documents.put(text, prepared)
        return prepared

    def _execute(self, compiled: Compiled, caller: Caller) -> bytes:
        constants = compiled.constants
        if constants is not None:
            return _arranged(compiled, _encode(constants), {}) if compiled.lists else _encode(constants)
        try:
            with step("data"):
                result = self._data.execute(compiled.document, compiled.values, caller)
        except Problem as problem:
            raise refusal_of(problem, _place(problem, compiled)) from None
        add_timings(result.timings)
        return _arranged(compiled, result.body, {}) if compiled.lists else result.body


def _remembered(kept: _Kept, key: tuple[str, str], describe: Callable[[], dict[str, Any]]) -> bytes:
    body = kept.introspections.get(key)
    if body is None:
        body = _encode(describe())
        kept.introspections.put(key, body)
    return body


def _arranged(compiled: Compiled, body: bytes, described: dict[str, Any]) -> bytes:
    """The answer of data and what is described beside it, under the response keys in their order."""
    parts: dict[str, Any] = {**_raw.decode(body), **described}
    parts |= {key: [parts[part] for part in several] for key, several in compiled.lists.items()}
    return _encode({key: parts[key] for key in compiled.keys})


def _place(problem: Problem, compiled: Compiled) -> tuple[str | int, ...]:
    path = problem.path
    for key, several in compiled.lists.items():
        if path and path[0] in several:
            place = place_of((key, *path[1:]), compiled.scope, compiled.root)
            within = place[2:3] == ("selectionSet",)
            return place if within else (*place[:2], "args", "updates", several.index(str(path[0])), *place[3:])
    if not path and len(compiled.root) == 1:
        path = tuple(compiled.root)
    place = place_of(path, compiled.scope, compiled.root)
    name = place[-1] if place else ""
    constraint = problem.code[:2] == "23" or problem.code == "42501"
    if constraint and len(place) == 2 and isinstance(name, str) and name.startswith("insert_"):
        alone = problem.code == "42501" and _rows_given(compiled, path) == 1
        return place + rows_of(name, (0,) if alone else ())
    return place


def _rows_given(compiled: Compiled, path: tuple[str | int, ...]) -> int:
    """How many rows the create at a place of the operation gives."""
    creates = (m.operation for m in compiled.document.members if m.key == path[0] and isinstance(m.operation, Create))
    return sum(len(compiled.values[create.rows.index]) for create in creates)
