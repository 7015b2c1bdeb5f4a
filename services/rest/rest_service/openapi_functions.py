"""Functions in the OpenAPI documents: a path each, with the arguments and results of all overloads."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from contracts.catalog import Argument, Catalog, Function, Returns
from contracts.fields import Field

from rest_service import schemas
from rest_service.grammar.keys import RESERVED
from rest_service.schemas import Schema

_RESULT = ("select", "and", "or", "order", "limit", "offset", "range", "preferRead")
_WHOLE = {"text": "text/plain", "xml": "text/xml", "bytea": "application/octet-stream"}


def paths(catalog: Catalog, rows: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The operations of each function by its path; ``rows`` are the names of resources' row schemas."""
    return {
        f"/rpc/{quote(name, safe='')}": _operations(overloads, rows)
        for name, overloads in catalog.functions_by_name.items()
    }


def older_paths(catalog: Catalog) -> dict[str, dict[str, Any]]:
    """The same for OpenAPI 2.0, as PostgREST has it."""
    found: dict[str, dict[str, Any]] = {}
    for name, overloads in catalog.functions_by_name.items():
        body = {"name": "args", "in": "body", "required": True, "schema": _older_body(overloads)}
        common = {"tags": [f"(rpc) {name}"], **_told(overloads), "responses": {"200": {"description": "OK"}}}
        methods = {"post": {**common, "parameters": [body]}}
        if any(function.reads_only for function in overloads):
            methods = {"get": {**common, "parameters": _older_parameters(overloads)}, **methods}
        found[f"/rpc/{quote(name, safe='')}"] = methods
    return found


def _older_parameters(overloads: Sequence[Function]) -> list[Schema]:
    """The arguments of those that read, as they stand in an address."""
    reading = [function for function in overloads if function.reads_only]
    found = []
    for shown in _parameters(reading):
        argument = next(one for function in reading for one in function.arguments if one.name == shown["name"])
        kind = {"type": "string", "format": argument.db_type}
        found.append({"name": shown["name"], "in": "query", "required": shown["required"], **kind})
    return found


def _older_body(overloads: Sequence[Function]) -> Schema:
    """The arguments of all overloads in one object: that version of the format knows neither choices nor null."""
    if any(function.whole_body is not None for function in overloads):
        return {}
    arguments = {argument.name: argument for function in overloads for argument in function.arguments}
    shown = {name: _older(argument) for name, argument in arguments.items()}
    always = [{argument.name for argument in function.arguments if argument.required} for function in overloads]
    required = sorted(set.intersection(*always))
    return {"type": "object", "properties": shown, **({"required": required} if required else {})}


def _older(argument: Argument) -> Schema:
    kind = _of_argument(argument).get("type")
    found: Schema = {"format": argument.db_type}
    if kind is not None:
        found["type"] = kind if isinstance(kind, str) else kind[0]
    if found.get("type") == "array":
        found["items"] = {}
    return found


def _operations(overloads: Sequence[Function], rows: Mapping[str, str]) -> dict[str, Any]:
    name = overloads[0].name
    results = [function.returns for function in overloads]
    parameters: list[Any] = list(_RESULT) if any(result.kind == "rows" for result in results) else ["preferRead"]
    common = {
        "tags": [f"(rpc) {name}"],
        **_told(overloads),
        "responses": {**_answers(results, rows), "default": "Problem"},
    }
    content: dict[str, Any] = {"application/json": {"schema": _body(overloads)}}
    for function in overloads:
        whole = function.whole_body
        if whole is not None and whole.db_type in _WHOLE:
            content[_WHOLE[whole.db_type]] = {"schema": {"type": "string"}}
    post = {
        "operationId": f"call.{name}",
        **common,
        "parameters": parameters,
        "requestBody": {"content": content, "required": any(_needed(function) for function in overloads)},
    }
    if not any(function.reads_only for function in overloads):
        return {"post": post}
    given: list[Any] = _parameters([function for function in overloads if function.reads_only])
    get = {"operationId": f"get.{name}", **common, "parameters": [*given, *parameters]}
    return {"get": get, "post": post}


def _told(overloads: Sequence[Function]) -> dict[str, str]:
    """What the function's own words say: their first line is the summary."""
    comments = [function.comment for function in overloads if function.comment]
    return in_words(comments[0] if comments else None) or {"summary": f"Call {overloads[0].name}"}


def in_words(comment: str | None) -> dict[str, str]:
    """A comment as a summary, its first line, and a description; nothing where there is none."""
    if not comment:
        return {}
    first, _, rest = comment.partition("\n")
    return {"summary": first, **({"description": rest.strip()} if rest.strip() else {})}


def _needed(function: Function) -> bool:
    return any(argument.required for argument in function.arguments)


def _parameters(overloads: Sequence[Function]) -> list[dict[str, Any]]:
    """Arguments as parameters of the query; one is required where every overload needs it."""
    by_name: dict[str, list[Argument]] = {}
    for function in overloads:
        for argument in function.arguments:
            if argument.name and argument.name not in RESERVED:  # else only a body can give it
                by_name.setdefault(argument.name, []).append(argument)
    found = []
    for name, arguments in by_name.items():
        required = len(arguments) == len(overloads) and all(argument.required for argument in arguments)
        shown: dict[str, Any] = {
            "name": name,
            "in": "query",
            "required": required,
            "schema": _of_argument(arguments[0]),
        }
        if arguments[0].comment:
            shown["description"] = arguments[0].comment
        found.append(shown)
    return found


def _body(overloads: Sequence[Function]) -> Schema:
    bodies = [_arguments(function) for function in overloads]
    return bodies[0] if len(bodies) == 1 else {"anyOf": bodies}


def _arguments(function: Function) -> Schema:
    whole = function.whole_body
    if whole is not None:
        return _of_argument(whole)
    schema: Schema = {
        "type": "object",
        "properties": {argument.name: _of_argument(argument) for argument in function.arguments},
        "additionalProperties": False,
    }
    required = [argument.name for argument in function.arguments if argument.required]
    return {**schema, "required": required} if required else schema


def _of_argument(argument: Argument) -> Schema:
    if argument.schema is not None:
        return {**argument.schema, **({"description": argument.comment} if argument.comment else {})}
    field = Field(
        name=argument.name,
        type=argument.type,
        db_type=argument.db_type,
        element=argument.element,
        values=argument.values,
        nullable=argument.nullable,
        comment=argument.comment,
    )
    return schemas.of_field(field)


def _answers(results: Sequence[Returns], rows: Mapping[str, str]) -> dict[str, Any]:
    found = [_of_result(result, rows) for result in results if result.kind != "void"]
    answers: dict[str, Any] = {}
    if found:
        schema = found[0] if len(found) == 1 else {"anyOf": found}
        answers["200"] = {"description": "What it gives", "content": {"application/json": {"schema": schema}}}
    if len(found) < len(results):
        answers["204"] = {"description": "Done"}
    return answers


def _of_result(result: Returns, rows: Mapping[str, str]) -> Schema:
    if result.schema is not None:
        return result.schema
    one = _of_row(result, rows) if result.kind == "rows" else schemas.of_field(_value(result))
    return {"type": "array", "items": one} if result.many else one


def _value(result: Returns) -> Field:
    return Field(name="", type=result.type, db_type=result.db_type, element=result.element, values=result.values)


def _of_row(result: Returns, rows: Mapping[str, str]) -> Schema:
    if result.resource is not None:
        return {"$ref": f"#/components/schemas/{rows[result.resource]}"}
    return {"type": "object", "properties": {field.name: schemas.of_field(field) for field in result.fields}}
