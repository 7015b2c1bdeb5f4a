"""JSON changed as PostgreSQL's operators change it, for SQLite."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from contracts.problems import Problem

_decode = msgspec.json.Decoder(float_hook=Decimal).decode  # no digit is lost
_encode = msgspec.json.Encoder(decimal_format="number").encode


def as_text(text: str | None) -> str | None:
    """``text::jsonb::text``: PostgreSQL's form, keys by length and then by bytes. What is no JSON stays as it is."""
    if text is None:
        return None
    try:
        return _written(_decode(text))
    except msgspec.DecodeError:
        return text


def _written(value: Any) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{_encode(key).decode()}: {_written(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return _encode(value).decode()


def append(left: str | None, right: str | None) -> str | None:
    """``left || right``: objects are united, all else is put together as arrays."""
    return None if right is None else _changed(left, lambda value: _joined(value, _value(right)))


def delete_key(text: str | None, key: str) -> str | None:
    """``text - key``: an object without a key, an array without a string. Raises `Problem` 22023."""

    def change(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: item for name, item in value.items() if name != key}
        return [item for item in _container(value) if item != key]

    return _changed(text, change)


def delete_elem(text: str | None, index: int) -> str | None:
    """``text - index``: an array without an element; numbers below zero count from its end. Raises `Problem` 22023."""

    def change(value: Any) -> Any:
        if isinstance(value, dict):
            raise Problem("22023", "cannot delete from object using integer index")
        return _without(_container(value), index)

    return _changed(text, change)


def delete_at_path(text: str | None, path: str) -> str | None:
    """``text #- path``: without what stands at a path, a JSON array of steps. Raises `Problem` 22023, 22P02."""
    steps = _decode(path)
    return _changed(text, lambda value: _pruned(_container(value, "path in"), steps, 1) if steps else value)


def _changed(text: str | None, change: Callable[[Any], Any]) -> str | None:
    return None if text is None else _encode(change(_value(text))).decode()


def _value(text: str | None) -> Any:
    """The value of a JSON text; what is none is a string."""
    try:
        return _decode(str(text))
    except msgspec.DecodeError:
        return text


def _joined(left: Any, right: Any) -> Any:
    if isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    return [*(left if isinstance(left, list) else [left]), *(right if isinstance(right, list) else [right])]


def _container(value: Any, what: str = "from") -> Any:
    if not isinstance(value, dict | list):
        raise Problem("22023", f"cannot delete {what} scalar")
    return value


def _without(items: list[Any], index: int) -> list[Any]:
    place = index + len(items) if index < 0 else index
    return items[:place] + items[place + 1 :] if 0 <= place < len(items) else items


def _pruned(value: Any, steps: Sequence[str], position: int) -> Any:
    """The value without what ``steps`` lead to; ``position`` counts the first of them in the whole path."""
    if isinstance(value, dict):
        return _pruned_object(value, steps, position)
    return _pruned_array(value, steps, position) if isinstance(value, list) else value


def _pruned_object(value: dict[str, Any], steps: Sequence[str], position: int) -> dict[str, Any]:
    step, rest = steps[0], steps[1:]
    if step not in value:
        return value
    if not rest:
        return {name: item for name, item in value.items() if name != step}
    return {**value, step: _pruned(value[step], rest, position + 1)}


def _pruned_array(value: list[Any], steps: Sequence[str], position: int) -> list[Any]:
    try:
        index = int(steps[0])
    except ValueError:
        raise Problem("22P02", f'path element at position {position} is not an integer: "{steps[0]}"') from None
    place = index + len(value) if index < 0 else index
    if not 0 <= place < len(value):
        return value
    if len(steps) == 1:
        return _without(value, place)
    return [*value[:place], _pruned(value[place], steps[1:], position + 1), *value[place + 1 :]]
