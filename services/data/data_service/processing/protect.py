"""``protect`` of a field in the configuration: how it is kept, and who sees what of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from contracts.fields import FieldType, Form, Part

from data_service.policy_document import Faults, Node, mapping, name, suggestion
from data_service.processing.area import Place
from data_service.processing.masks import FORMS, PatternError, parse_pattern, shows_value

_KEYS = ("mask", "roles", "tokenise", "encrypt")
Store = Literal["plain", "token", "sealed"]
_TEXTUAL: frozenset[FieldType] = frozenset(
    {"text", "int2", "int4", "int8", "numeric", "uuid", "date", "time", "timetz", "timestamp", "timestamptz", "enum"}
)
_LEAST = {"token": 36, "sealed": 128}  # characters that what is kept has at least
_WORD = re.compile(r"[A-Za-z_]+")


@dataclass(frozen=True, slots=True)
class Sight:
    """How one sees a field: in a ``form``, whose pattern has these ``parts``."""

    form: Form
    parts: tuple[Part, ...] = ()


CLEAR, HIDDEN = Sight("clear"), Sight("hidden")


@dataclass(frozen=True, slots=True)
class ProtectRule:
    """How a field is kept, and seen: by everybody as ``mask`` says, by ``roles`` as each is named.

    ``index`` names the column for the blind index of what is encrypted (``store`` sealed).
    """

    mask: Sight = HIDDEN
    roles: Mapping[str, Sight] = field(default_factory=lambda: MappingProxyType({}))
    store: Store = "plain"
    index: str | None = None
    line: int = 1

    def sight(self, role: str) -> Sight:
        """How a role sees the field."""
        return self.roles.get(role, self.mask)

    @property
    def open(self) -> bool:
        """True where it says that nothing is to be protected."""
        return self.mask.form == "clear" and self.store == "plain" and not self.roles


def parse(node: Node, faults: Faults, place: Place) -> ProtectRule:
    """The rule at a node; ``protect: open`` says that a field is meant to be seen. What is wrong goes to ``faults``."""
    if node.value == "open":
        return ProtectRule(CLEAR, line=node.line)
    keys = mapping(node, faults, "protect", _KEYS)
    if not keys and isinstance(node.value, Mapping) and not node.value:
        faults.add(node.line, "protect says nothing; write `mask: hidden`, or `protect: open` for what all may see")
    store, index = _store(keys, faults)
    mask = _sight(keys["mask"], faults, store) if "mask" in keys else HIDDEN
    given = mapping(keys["roles"], faults, "roles") if "roles" in keys else {}
    roles = {role: _sight(item, faults, store) for role, item in given.items()}
    rule = ProtectRule(mask, MappingProxyType(roles), store, index, node.line)
    if place.column is not None:
        _hold(rule, faults, place)
    return rule


def _store(keys: Mapping[str, Node], faults: Faults) -> tuple[Store, str | None]:
    tokenise, encrypt = keys.get("tokenise"), keys.get("encrypt")
    if tokenise is not None and tokenise.value is not True:
        faults.add(tokenise.line, f"tokenise must be true, not {tokenise.kind}")
    if encrypt is None:
        return ("plain" if tokenise is None else "token"), None
    if tokenise is not None:
        faults.add(encrypt.line, "a field is tokenised or encrypted, not both")
    return "sealed", _index(encrypt, faults)


def _hold(rule: ProtectRule, faults: Faults, place: Place) -> None:
    """The rule held against its column: what the column can keep, and what there is to show."""
    column, resource = place.column, place.resource
    if column is None or resource is None:
        return
    shown = [sight for sight in (rule.mask, *rule.roles.values()) if shows_value(sight.parts)]
    if shown and column.type not in _TEXTUAL and not (rule.store == "sealed" and column.type == "bytes"):
        faults.add(rule.line, f"{place.name} is {column.db_type}: a mask can hide it, and show no part of it")
    if rule.store == "plain":
        return
    if column.type != "text" and not (rule.store == "sealed" and column.type == "bytes"):
        faults.add(rule.line, f"{place.name} is {column.db_type}; only texts can be tokenised or encrypted")
    elif _is_short(column.length, rule.store, place):
        faults.add(rule.line, f"{place.name} has room for {column.length} characters; {_LEAST[rule.store]} are needed")
    if column.has_default:
        faults.add(rule.line, f"{place.name} has a default, which the database would keep as it is")
    if rule.store == "sealed" and place.name in resource.key:
        faults.add(rule.line, f"{place.name} is part of the primary key, which can't be encrypted")
    if rule.index is not None:
        _hold_index(rule, faults, place)


def _is_short(length: int | None, store: Store, place: Place) -> bool:
    """True where the database would refuse what is kept: SQLite keeps no text to its length."""
    bound = place.catalog is not None and place.catalog.engine == "postgresql"
    return bound and length is not None and length < _LEAST[store]


def _hold_index(rule: ProtectRule, faults: Faults, place: Place) -> None:
    resource = place.resource
    found = resource.by_name.get(rule.index or "") if resource is not None else None
    if resource is None:
        return
    if found is None:
        near = suggestion(rule.index or "", [field.name for field in resource.columns])
        faults.add(rule.line, f"{resource.name} has no column {rule.index}{near}")
    elif found.type != "text" or not found.writable or found.name == place.name:
        faults.add(rule.line, f"{rule.index} can't hold a blind index: that needs a text column of its own")
    elif not found.nullable and place.column is not None and place.column.nullable:
        faults.add(rule.line, f"{rule.index} must be nullable, as {place.name} is")


def _index(node: Node, faults: Faults) -> str | None:
    if node.value is True:
        return None
    keys = mapping(node, faults, "encrypt", ("index",))
    return name(keys["index"], faults, "index") if "index" in keys else None


def _sight(node: Node, faults: Faults, store: str) -> Sight:
    """A form by its word, else a pattern; what can't be understood hides the field."""
    text = node.value
    if not isinstance(text, str) or not text:
        faults.add(node.line, f"a mask is {', '.join(FORMS)} or a pattern such as '****{{last:4}}', not {node.kind}")
        return HIDDEN
    if text == "token" and store != "token":
        faults.add(node.line, "only what is tokenised can be seen as its token")
        return HIDDEN
    for form in FORMS:
        if text == form:
            return Sight(form)
    if _WORD.fullmatch(text):
        faults.add(node.line, f"there is no mask {text}{suggestion(text, FORMS)}")
        return HIDDEN
    try:
        return Sight("pattern", parse_pattern(text))
    except PatternError as fault:
        faults.add(node.line, f"the mask {text} {fault}")
        return HIDDEN
