"""The configuration's part on functions: who may call which, and which run with their owner's rights."""

from collections.abc import Iterable, Mapping

from contracts.catalog import Catalog, Function
from contracts.identity import ADMIN_ROLE

from data_service.policy_document import Faults, Node, mapping, suggestion
from data_service.policy_document import name as name_of
from data_service.policy_rules import CallRule, Functions, Rules

_KEYS = ("security_definer", "session_argument", "graphql", "permissions")
Permissions = Mapping[tuple[str, str], Rules]


def read_functions(node: Node | None, faults: Faults, catalog: Catalog | None, permissions: Permissions) -> Functions:
    """The rules of ``functions:``. What is wrong goes to ``faults``, and is left out.

    ``permissions`` are those of the resources: who calls a function that gives rows of one must see them, or be let.
    """
    given = mapping(node, faults, "functions") if node is not None else {}
    calls: dict[tuple[str, str], CallRule] = {}
    definers = set()
    sessions: dict[str, str] = {}
    for name, item in given.items():
        keys = mapping(item, faults, name, _KEYS)
        if _is_true(keys.get("security_definer"), faults, "security_definer"):
            definers.add(name)
        session = name_of(keys["session_argument"], faults, "session_argument") if "session_argument" in keys else None
        if session:
            sessions[name] = session
        overloads = catalog.functions_by_name.get(name, ()) if catalog is not None else ()
        if catalog is not None and name not in catalog.callable_names:
            faults.add(item.line, f"there is no function {name}{_instead(name, catalog)}")
            continue
        if session and catalog is not None and not _gets_session(catalog, name, session):
            faults.add(keys["session_argument"].line, f"{name} has no argument {session} of the type json or jsonb")
        for role, rule in (
            mapping(keys["permissions"], faults, "permissions") if "permissions" in keys else {}
        ).items():
            if role == ADMIN_ROLE:
                faults.add(rule.line, "admin may call everything already; leave it out")
            calls[role, name] = call = _call(rule, role, faults)
            unseen = [] if call.returned else _unseen(overloads, role, permissions)
            for resource in unseen:  # none of its rows would come from the function either
                faults.add(
                    rule.line,
                    f"{role} may not select {resource}, whose rows {name} gives; "
                    "write `rows: returned` if it may see what the function returns",
                )
    return Functions(calls, frozenset(definers), sessions)


def _gets_session(catalog: Catalog, name: str, argument: str) -> bool:
    sessions = [function.session for function in catalog.functions_by_name.get(name, ())]
    sessions += [
        one.session for resource in catalog.resources for one in resource.row_functions if one.function == name
    ]
    return any(session is not None and session.name == argument for session in sessions)


def _instead(name: str, catalog: Catalog) -> str:
    near = suggestion(name, catalog.functions_by_name)
    return near or " (one with SECURITY DEFINER is served only with `security_definer: true`)"


def _call(node: Node, role: str, faults: Faults) -> CallRule:
    keys = mapping(node, faults, f"the permissions of {role}", ("rows",))
    if "rows" not in keys or keys["rows"].value == "permitted":
        return CallRule()
    if keys["rows"].value != "returned":
        faults.add(keys["rows"].line, f"rows must be permitted or returned, not {keys['rows'].kind}")
    return CallRule(returned=True)


def _unseen(overloads: Iterable[Function], role: str, permissions: Permissions) -> list[str]:
    """The resources whose rows the functions give, and of which the role sees nothing."""
    resources = dict.fromkeys(function.returns.resource for function in overloads)
    return [name for name in resources if name is not None and not _selects(permissions.get((role, name)))]


def _selects(rules: Rules | None) -> bool:
    return rules is not None and rules.select is not None


def _is_true(node: Node | None, faults: Faults, place: str) -> bool:
    if node is not None and not isinstance(node.value, bool):
        faults.add(node.line, f"{place} must be true or false, not {node.kind}")
    return node is not None and node.value is True
