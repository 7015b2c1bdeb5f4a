"""The configuration file as YAML: values that remember their line, and faults collected, never thrown early."""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml

_NEAR = 0.6  # similarity from which a name is suggested
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_YAML = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(
    _YAML + name for name in ("null", "bool", "int", "float", "str", "timestamp", "value", "merge", "map", "seq")
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with the configuration, and where; lines count from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class ConfigurationError(Exception):
    """Every fault of a configuration file."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


@dataclass(slots=True)
class Faults:
    """The faults of one file as they are found."""

    file: str
    found: list[Fault] = field(default_factory=list)

    def add(self, line: int, message: str) -> None:
        """Note a fault of a line, once."""
        fault = Fault(self.file, line, message)
        if fault not in self.found:
            self.found.append(fault)

    def in_order(self) -> list[Fault]:
        """The faults by line."""
        return sorted(self.found, key=lambda fault: fault.line)


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file: a mapping of nodes, a tuple of nodes, or a scalar; ``line`` is its key's if it has one."""

    line: int
    value: Any

    def plain(self) -> Any:
        """The value as JSON would hold it."""
        if isinstance(self.value, Mapping):
            return {name: item.plain() for name, item in self.value.items()}
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        return self.value

    @property
    def kind(self) -> str:
        """What the value is, in words for a fault."""
        if isinstance(self.value, Mapping):
            return "a mapping"
        if isinstance(self.value, tuple):
            return "a list"
        if self.value is None:
            return "nothing"
        return str(self.value).lower() if isinstance(self.value, bool) else f"`{self.value}`"


def compose(text: str, faults: Faults) -> Node | None:
    """The file's document; None where it holds none. Faults: broken YAML, duplicate keys, tags, endless anchors."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        faults.add(mark.line + 1 if mark else 1, f"this is not YAML: {fault.problem or fault.context}")
        return None
    except yaml.reader.ReaderError as fault:
        faults.add(text.count("\n", 0, fault.position) + 1, f"this is not YAML: {fault.reason}")
        return None
    except RecursionError:
        faults.add(1, "the file is nested too deeply")
        return None
    return None if root is None else _Composer(faults).node(root, root.start_mark.line + 1)


class _Loader(yaml.SafeLoader):
    """YAML's loader, which lets a scalar tagged as text pass for a quoted one."""

    def compose_scalar_node(self, anchor: dict[Any, yaml.Node]) -> yaml.ScalarNode:
        tagged = self.peek_event().tag == f"{_YAML}str"  # type: ignore[no-untyped-call]  # bare in its stubs
        node = super().compose_scalar_node(anchor)
        node.style = "'" if tagged else node.style
        return node


class _Composer:
    """One pass over YAML's own nodes."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._open: list[yaml.Node] = []

    def node(self, item: yaml.Node, line: int) -> Node:
        own = item.start_mark.line + 1
        if any(item is other for other in self._open):
            self._faults.add(line, "an anchor holds a reference to itself")
            return Node(line, None)
        if item.tag not in _PLAIN_TAGS:
            self._faults.add(own, f"the tag {item.tag.replace(_YAML, '!!')} is not known here")
        self._open.append(item)
        try:
            return Node(line, self._value(item))
        finally:
            self._open.pop()

    def _value(self, item: yaml.Node) -> Any:
        match item:
            case yaml.MappingNode():
                return self._mapping(item)
            case yaml.SequenceNode():
                return tuple(self.node(part, part.start_mark.line + 1) for part in item.value)
            case yaml.ScalarNode():
                return _scalar(item)
            case _:
                return None

    def _mapping(self, item: yaml.MappingNode) -> dict[str, Node]:
        merged: dict[str, Node] = {}
        own: dict[str, Node] = {}
        for key, value in item.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._faults.add(line, "a key must be a plain name")
            elif key.tag == f"{_YAML}merge":
                merged = self._merged(self.node(value, line)) | merged
            elif key.value in own:
                self._faults.add(line, f"{key.value} stands here twice, first on line {own[key.value].line}")
            else:
                own[key.value] = self.node(value, line)
        return merged | own

    def _merged(self, node: Node) -> dict[str, Node]:
        parts = node.value if isinstance(node.value, tuple) else (node,)
        found: dict[str, Node] = {}
        for part in parts:
            if isinstance(part.value, Mapping):
                found = {**part.value, **found}
            else:
                self._faults.add(node.line, "`<<` takes in mappings only")
        return found


def _scalar(item: yaml.ScalarNode) -> Any:
    """A scalar by YAML 1.2's few rules: `no`, `on` and dates stay text, decimals keep their digits."""
    text: str = item.value
    if item.style is not None:
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INT.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def suggestion(name: str, names: Collection[str]) -> str:
    """The end of a fault's sentence that names the nearest of ``names``; empty where none is near."""
    found = difflib.get_close_matches(name, names, n=1, cutoff=_NEAR)
    return f"; did you mean {found[0]}?" if found else ""


def mapping(node: Node, faults: Faults, place: str, known: Collection[str] | None = None) -> Mapping[str, Node]:
    """The mapping at a place (empty where it is none); with ``known``, other keys are faults and left out."""
    if not isinstance(node.value, Mapping):
        faults.add(node.line, f"{place} must be a mapping, not {node.kind}")
        return {}
    if known is None:
        return node.value
    for name, item in node.value.items():
        if name not in known:
            faults.add(item.line, f"{place} has no key {name}{suggestion(name, known)}")
    return {name: item for name, item in node.value.items() if name in known}


def names(node: Node, faults: Faults, place: str) -> tuple[Node, ...]:
    """The list of names at a place; what is no name is a fault and left out."""
    if not isinstance(node.value, tuple):
        faults.add(node.line, f"{place} must be a list of names, not {node.kind}")
        return ()
    return tuple(item for item in node.value if name(item, faults, place) is not None)


def name(node: Node, faults: Faults, place: str) -> str | None:
    """The name at a place, None (and a fault) where it is none."""
    if isinstance(node.value, str) and node.value:
        return node.value
    faults.add(node.line, f"{place} must be a name, not {node.kind if node.value != '' else 'an empty text'}")
    return None
