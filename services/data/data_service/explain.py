"""What is behind an answer: the statement as it was written, and the rules of the configuration that decided."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from contracts.identity import unnarrowed
from contracts.operations import Call, Constant, Create, Delete, Document, Operation, Read, Update
from contracts.results import Explanation, Rule

from data_service.plan.nodes import Scan
from data_service.plan.plans import Plan
from data_service.plan.write_nodes import ConflictPlan, CreatePlan, DeletePlan, UpdatePlan
from data_service.policy_document import Node
from data_service.policy_rules import Policies
from data_service.sql.programs import DocumentStatement, Program, Sequence
from data_service.sql.statements import (
    CallStatement,
    Nesting,
    ReadStatement,
    RowInsert,
    Statement,
    WriteStatement,
)

Deed = tuple[str, str]  # a resource or function, and what is done with it: select, insert, update, delete or call
_CALL = "call"
_VERBS: dict[type, str] = {Read: "select", Create: "insert", Update: "update", Delete: "delete"}


def explain(program: Program | None, deeds: list[Deed], policies: Policies, role: str) -> Explanation:
    """The explanation of a program (None where none could be written) that does these deeds in this role."""
    statement = None if program is None else ";\n".join(_statements(program))
    rules = tuple(rule_of(policies, role, resource, verb) for resource, verb in deeds)
    return Explanation(statement=statement or None, rules=rules)


def rule_of(policies: Policies, role: str, resource: str, verb: str) -> Rule:
    """The rule of the configuration for this deed of a role, with its place in the file where there is one."""
    found = _line_and_rule(policies, role, resource, verb)
    if found is None or policies.document is None:
        return Rule(resource=resource, role=role, verb=verb)
    line, node = found
    place = f"{Path(policies.document.file).name}:{line}"  # where the file lies is nobody's business
    return Rule(resource=resource, role=role, verb=verb, place=place, text=msgspec.json.encode(node.plain()).decode())


def deeds_of(plan: Plan) -> list[Deed]:
    """What a plan, as the client asked for it, does with which resources: each once, in the order of the plan."""
    return list(dict.fromkeys(_deeds(plan)))


def roots_of(operation: Operation) -> list[Deed]:
    """What an operation that could not be planned names at its root."""
    members = [member.operation for member in operation.members] if isinstance(operation, Document) else [operation]
    named = [
        (member.function, _CALL) if isinstance(member, Call) else (member.resource, _VERBS[type(member)])
        for member in members
        if not isinstance(member, Constant)
    ]
    return list(dict.fromkeys(named))


def _deeds(part: Any) -> Iterator[Deed]:
    match part:
        case CreatePlan():
            yield part.resource.name, "insert"
        case UpdatePlan() | DeletePlan():
            yield part.scan.resource.name, "update" if isinstance(part, UpdatePlan) else "delete"
        case ConflictPlan(scan=scan, changes=changes) if changes is not None:
            yield scan.resource.name, "update"
        case Scan() if part.call is not None:
            yield part.call.function.name, _CALL
            if part.call.function.returns.resource is not None:
                yield part.resource.name, "select"
        case Scan(written=False):
            yield part.resource.name, "select"
    if isinstance(part, tuple):
        for item in part:
            yield from _deeds(item)
    elif dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            if not (field.name == "scan" and isinstance(part, UpdatePlan | DeletePlan | ConflictPlan)):
                yield from _deeds(getattr(part, field.name))


def _statements(program: Program) -> Iterator[str]:
    match program:
        case ReadStatement() | DocumentStatement():
            yield program.statement.sql
        case CallStatement(read=ReadStatement() as read):
            yield read.statement.sql
        case WriteStatement(nested=Nesting() as nesting):
            for linked in nesting.first:
                yield from _statements(linked.write)
            yield from _parts(program.change)
            for linked in nesting.then:
                yield from _statements(linked.write)
            yield from _parts(nesting.back or program.back)
        case WriteStatement(told=Statement() as told):
            yield told.sql
        case WriteStatement():
            yield from _parts(program.change)
            yield from _parts(program.back)
        case Sequence():
            for _, member in program.members:
                if not isinstance(member, bytes):
                    yield from _statements(member)


def _parts(part: Statement | RowInsert | None) -> Iterator[str]:
    if isinstance(part, RowInsert):
        names = [given.field.name for given in part.given] + [name for name, _ in part.presets]
        yield f"insert into {part.table} ({', '.join(names)}) …, row by row"
    elif part is not None:
        yield part.sql


def _line_and_rule(policies: Policies, role: str, resource: str, verb: str) -> tuple[int, Node] | None:
    """The rule as the file has it. Where an anchor stands for it, the line is the one that names the role.

    Of what a role inherits it is the line that says from whom.
    """
    plain = unnarrowed(role)[0]

    def written(of: str) -> tuple[int, Node] | None:
        keys = ("resources", resource, "permissions", of, verb)
        return _at(policies, ("functions", *keys[1:4]) if verb == _CALL else keys)

    found = written(plain)
    if found is None and any(written(member) for member in policies.inherited.get(plain, ())):
        return _at(policies, ("inherited_roles", plain))
    return found


def _at(policies: Policies, keys: tuple[str, ...]) -> tuple[int, Node] | None:
    if policies.document is None:
        return None
    node, above = policies.document.root, policies.document.root
    for key in keys:
        if not isinstance(node.value, dict) or key not in node.value:
            return None
        above, node = node, node.value[key]
    return (node.line if node.line >= above.line else above.line), node
