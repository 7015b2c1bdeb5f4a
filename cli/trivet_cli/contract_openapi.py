"""What of an OpenAPI document its clients would miss in another: paths, parameters, bodies and answers."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

_METHODS = ("get", "post", "put", "patch", "delete")
_MAX_DEPTH = 20  # of schemas within schemas; what refers to itself ends at the second sight of it
Part = Mapping[str, Any]


def breaks(old: bytes, new: bytes) -> list[str]:
    """What breaks clients of the old document, each in a line. Raises `ValueError` where either is none."""
    try:
        before, after = msgspec.json.decode(old), msgspec.json.decode(new)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None
    if not all(isinstance(each, dict) and isinstance(each.get("paths"), dict) for each in (before, after)):
        raise ValueError("it is no OpenAPI document")
    return list(dict.fromkeys(_Comparison(before, after).paths()))


class _Comparison:
    """Two documents held against each other; ``seen`` are the pairs of schemas that were, by direction."""

    def __init__(self, before: Part, after: Part) -> None:
        self._before = before
        self._after = after
        self._seen: set[tuple[str, str, bool]] = set()

    def paths(self) -> Iterator[str]:
        for path, methods in self._before["paths"].items():
            now = self._after["paths"].get(path)
            if now is None:
                yield f"{path} is gone"
                continue
            for method in _METHODS:
                if method in methods and method not in now:
                    yield f"{method.upper()} {path} is gone"
                elif method in methods:
                    yield from self._operation(f"{method.upper()} {path}", methods[method], now[method])

    def _operation(self, place: str, before: Part, after: Part) -> Iterator[str]:
        yield from self._parameters(place, before, after)
        body, now = before.get("requestBody"), after.get("requestBody")
        if now is not None and now.get("required") and not (body or {}).get("required"):
            yield f"{place}: a body is needed now"
        if body is not None:
            yield from self._contents(place, "the body", body, now or {}, asked=True)
        for status, answer in before.get("responses", {}).items():
            if status not in after.get("responses", {}):
                yield f"{place}: the answer {status} is gone"
                continue
            found = self._resolved(self._after, after["responses"][status])
            yield from self._contents(place, f"the answer {status}", self._resolved(self._before, answer), found)

    def _parameters(self, place: str, before: Part, after: Part) -> Iterator[str]:
        was = self._named(self._before, before)
        now = self._named(self._after, after)
        for key, parameter in was.items():
            if key not in now:
                yield f"{place}: the parameter {key[1]} is gone"
                continue
            schemas = parameter.get("schema", {}), now[key].get("schema", {})
            yield from self._schema(f"{place}: the parameter {key[1]}", *schemas, asked=True)
        for key, parameter in now.items():
            if parameter.get("required") and not was.get(key, {}).get("required"):
                yield f"{place}: the parameter {key[1]} is needed now"

    def _named(self, document: Part, operation: Part) -> dict[tuple[str, str], Part]:
        found = (self._resolved(document, each) for each in operation.get("parameters", ()))
        return {(each["in"], each["name"]): each for each in found}

    def _contents(self, place: str, what: str, before: Part, after: Part, *, asked: bool = False) -> Iterator[str]:
        for media, content in before.get("content", {}).items():
            now = after.get("content", {}).get(media)
            if now is None:
                yield f"{place}: {what} as {media} is gone"
            else:
                yield from self._schema(
                    f"{place}: {what}", content.get("schema", {}), now.get("schema", {}), asked=asked
                )

    def _schema(self, place: str, before: Part, after: Part, *, asked: bool, depth: int = 0) -> Iterator[str]:
        """``asked``: of what clients send, which may not become narrower; answers may not become wider."""
        key = (str(before.get("$ref", "")), str(after.get("$ref", "")), asked)
        if depth > _MAX_DEPTH or ("$ref" in before and key in self._seen):
            return
        if "$ref" in before:  # told once, by its own name
            self._seen.add(key)
            place = key[0].rpartition("/")[2]
        old, new = self._resolved(self._before, before), self._resolved(self._after, after)
        were, are = _types(old), _types(new)
        if were and are and not (were <= are if asked else are <= were):
            yield f"{place} is {' or '.join(sorted(are))}, and was {' or '.join(sorted(were))}"
        elif old.get("format") != new.get("format"):
            yield f"{place} is {new.get('format', 'without a format')}, and was {old.get('format', 'without one')}"
        if asked and "enum" in new and not set(map(str, old.get("enum", ()))) <= set(map(str, new["enum"])):
            yield f"{place} does not take all values that it took"
        elif asked and "enum" in new and "enum" not in old:
            yield f"{place} takes some values only"
        if asked and new.get("maxLength", old.get("maxLength")) != old.get("maxLength"):
            yield from _shorter(place, old.get("maxLength"), new["maxLength"])
        yield from self._properties(place, old, new, asked=asked, depth=depth)
        if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
            yield from self._schema(place, old["items"], new["items"], asked=asked, depth=depth + 1)
        for was, now in zip(old.get("anyOf", ()), new.get("anyOf", ()), strict=False):
            yield from self._schema(place, was, now, asked=asked, depth=depth + 1)

    def _properties(self, place: str, old: Part, new: Part, *, asked: bool, depth: int) -> Iterator[str]:
        was, now = old.get("properties", {}), new.get("properties", {})
        for name, schema in was.items():
            if name not in now:
                yield f"{place}: {name} is gone"
            else:
                yield from self._schema(f"{place}.{name}", schema, now[name], asked=asked, depth=depth + 1)
        if asked:
            for name in set(new.get("required", ())) - set(old.get("required", ())):
                yield f"{place}: {name} is needed now"
        else:
            for name in set(old.get("required", ())) - set(new.get("required", ())):
                if name in now:
                    yield f"{place}: {name} may be missing now"

    def _resolved(self, document: Part, part: Part) -> Part:
        found: Any = part
        for _ in range(_MAX_DEPTH):
            if not isinstance(found, dict) or "$ref" not in found:
                break
            steps = found["$ref"].removeprefix("#/").split("/")
            found = document
            for step in steps:
                found = found.get(step.replace("~1", "/").replace("~0", "~"), {})
        return found if isinstance(found, dict) else {}


def _types(schema: Part) -> frozenset[str]:
    given = schema.get("type", ())
    return frozenset([given] if isinstance(given, str) else given)


def _shorter(place: str, before: int | None, after: int) -> Iterator[str]:
    if before is None or after < before:
        yield f"{place} takes {after} characters at most"
