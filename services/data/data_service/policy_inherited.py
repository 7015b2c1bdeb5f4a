"""Inherited roles: roles that may do what several others may, each row and each column of it."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from contracts.catalog import Way
from contracts.filters import Filter, Or
from contracts.identity import ADMIN_ROLE

from data_service.policy_document import Faults, Node, mapping, names
from data_service.policy_rules import Rules, SelectPart, SelectRule

Permissions = Mapping[tuple[str, str], Rules]
Inherited = dict[str, tuple[str, ...]]


def read_inherited(node: Node | None, faults: Faults) -> Inherited:
    """The plain roles that each role of ``inherited_roles:`` joins. What is wrong goes to ``faults``."""
    given = mapping(node, faults, "inherited_roles") if node is not None else {}
    written: dict[str, tuple[str, ...]] = {}
    for role, item in given.items():
        if role == ADMIN_ROLE:
            faults.add(item.line, "admin may do everything already; leave it out")
            continue
        joined = names(item, faults, f"the roles of {role}")
        written[role] = tuple(one.value for one in joined)
        for one in joined:
            if one.value == ADMIN_ROLE:
                faults.add(one.line, f"{role} can't inherit from admin: it would be admin")
    return {role: tuple(_plain(role, written, given[role], faults)) for role in written}


def _plain(role: str, written: Mapping[str, tuple[str, ...]], node: Node, faults: Faults) -> list[str]:
    """The roles that inherit from nobody, through those that do."""
    found: dict[str, None] = {}

    def follow(one: str, above: tuple[str, ...]) -> None:
        if one in above:
            faults.add(node.line, f"{role} inherits from itself, by {' and '.join(above[above.index(one) :])}")
        elif one in written:
            for member in written[one]:
                follow(member, (*above, one))
        else:
            found[one] = None

    follow(role, ())
    return list(found)


def with_inherited(permissions: Permissions, inherited: Inherited) -> dict[tuple[str, str], Rules]:
    """The permissions with those of the inherited roles; what is written for such a role itself comes first."""
    resources = dict.fromkeys(resource for _, resource in permissions)
    found = dict(permissions)
    for role, members in inherited.items():
        for resource in resources:
            several = [rules for one in members if (rules := permissions.get((one, resource))) is not None]
            own = permissions.get((role, resource), Rules())
            if several:
                found[role, resource] = Rules(
                    select=own.select or _selected([rules.select for rules in several if rules.select is not None]),
                    insert=own.insert or _same(rules.insert for rules in several),
                    update=own.update or _same(rules.update for rules in several),
                    delete=own.delete or _same(rules.delete for rules in several),
                )
    return found


def _same(rules: Iterator[Any]) -> Any:
    """The rule on which all agree that have one: what two roles may write differently is nobody's to join."""
    known: list[Any] = []
    for rule in rules:
        if rule is not None and rule not in known:
            known.append(rule)
    return known[0] if len(known) == 1 else None


def _selected(rules: list[SelectRule]) -> SelectRule | None:
    """All rows of all of them; of each the columns that one sees there which sees the row."""
    if len(rules) < 2:
        return rules[0] if rules else None
    limits = [rule.limit for rule in rules]
    return SelectRule(
        columns=_columns(rule.columns for rule in rules),
        filter=any_of([rule.filter for rule in rules]),
        limit=None if None in limits else max(limit for limit in limits if limit is not None),
        aggregations=any(rule.aggregations for rule in rules),
        parts=tuple(SelectPart(rule.columns, rule.filter) for rule in rules),
        ways=_ways([rule.ways for rule in rules]),
    )


def _ways(several: list[tuple[Way, ...] | None]) -> tuple[Way, ...] | None:
    found: dict[Way, None] = {}
    for ways in several:
        if ways is None:
            return None
        found |= dict.fromkeys(ways)
    return tuple(found)


def _columns(several: Iterator[frozenset[str] | None]) -> frozenset[str] | None:
    found: frozenset[str] = frozenset()
    for columns in several:
        if columns is None:
            return None
        found |= columns
    return found


def any_of(filters: Collection[Filter | None]) -> Filter | None:
    """The filter of rows for which one of several holds; None, which is all rows, where one is that."""
    found: list[Filter] = []
    for item in filters:
        if item is None:
            return None
        if item not in found:
            found.append(item)
    return found[0] if len(found) == 1 else Or(tuple(found))


def cell_of(select: SelectRule, column: str) -> tuple[bool, Filter | None]:
    """Whether a column is hidden in some of the rows that may be read, and the filter of those where it is seen."""
    having = [part for part in select.parts if part.columns is None or column in part.columns]
    seen = any_of([part.filter for part in having])
    return (False, None) if len(having) == len(select.parts) or seen is None else (True, seen)
