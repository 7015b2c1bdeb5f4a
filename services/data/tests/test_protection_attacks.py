"""Every place of the operation language where a field's name can stand, tried with protected fields by each role.

Two databases are alike but for protected values, and these look the same through their masks: whatever is asked, the two
answers must be the same, problems included. A construct of `contracts.operations` without a line here fails the test.
"""

import inspect
import tempfile
import typing
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from contracts import filters, operations
from contracts.filters import (
    And,
    Compare,
    CompareAggregate,
    CompareGroup,
    Exists,
    FieldRef,
    Is,
    Not,
    Or,
    Param,
    RelationRef,
)
from contracts.operations import (
    Affected,
    Aggregate,
    Assign,
    Conflict,
    Constant,
    Create,
    Delete,
    Document,
    Embed,
    FieldOutput,
    Group,
    Member,
    Node,
    Read,
    Rows,
    Sort,
    Star,
    Update,
)
from contracts.problems import Problem

from tests.fixtures.protected_people import people_in

ID = FieldOutput("id", FieldRef("id"))
BY_ID = (Sort(FieldRef("id")),)
GUESSES = {
    "email": ("ada@example.com", "a***@example.com", "%da%"), "mail": ("ada@example.com", "a***@example.com", "%da%"),
    "mail_lower": ("ada@example.com", "%da%"), "shout": ("ADA@EXAMPLE.COM", "%DA%"), "place": ("Oslo, Ada", "Oslo%"),
    "phone": ("555-1234567", "****4567", "555%"), "born": ("1990-02-28", "date of birth"), "city": ("Oslo", "O%"),
    "salary": ("100.50", "200"), "ssn": ("111-22-3344", "***-44", "111%"), "card": ("4111111111111111", "****1111"),
    "note": ("allergic",),
}  # fmt: skip
FIELDS = ("email", "phone", "born", "city", "salary", "ssn", "card", "note", "shout")
VIEW = {"email": "mail", "phone": "phone", "ssn": "ssn", "card": "card", "shout": "mail_lower", "city": "place"}
ROLES = ("clerk", "teller", "admin")
OPERATORS = typing.get_args(filters.Comparison)
FUNCTIONS = typing.get_args(filters.AggregateFunction)
PAIRS = tuple(one for one in typing.get_args(filters.TestFunction) if one not in FUNCTIONS)
HOWS = typing.get_args(operations.How)
CASTS = ("text", "int", "jsonb", "date", "bytea")


def read(resource, node):
    return Read(resource, node)


def by(resource, item, **more):
    """The ids for which a filter holds, and how many there are."""
    return Read(resource, Node(outputs=(ID,), filter=item, sort=BY_ID, **more), count="exact")


def compared(resource, name):
    for operator in OPERATORS:
        for guess in GUESSES[name]:
            value = [guess] if operator == "in" or operator.startswith("has_keys") else guess
            yield by(resource, Compare(FieldRef(name), operator, Param(0))), [value]
    for quantifier in ("any", "all"):
        yield by(resource, Compare(FieldRef(name), "like", Param(0), quantifier)), [["a%", "%@%", "4%"]]
        yield by(resource, Compare(FieldRef(name), "gt", Param(0), quantifier)), [["1", "m"]]


def of_path(resource, name):
    for text in (False, True):
        ref = FieldRef(name, ("a", 0), text)
        yield read(resource, Node(outputs=(ID, FieldOutput("x", ref)), sort=BY_ID)), []
        yield by(resource, Compare(ref, "eq", Param(0))), ["a"]
        yield read(resource, Node(outputs=(ID,), sort=(Sort(ref), *BY_ID))), []


def outputs(resource, name):
    yield read(resource, Node(outputs=(ID, FieldOutput("x", FieldRef(name))), sort=BY_ID)), []
    yield read(resource, Node(outputs=(Star(),), sort=BY_ID)), []
    for cast in CASTS:
        yield read(resource, Node(outputs=(ID, FieldOutput("x", FieldRef(name), cast)), sort=BY_ID)), []


def aggregates(resource, name):
    for function in FUNCTIONS:
        for before in (None, "text"):
            made = Aggregate("x", function, (FieldRef(name),), before=before)
            yield read(resource, Node(outputs=(made,))), []
            yield read(resource, Node(outputs=(made,), shape="summary")), []
    yield read(resource, Node(outputs=(Aggregate("x", "count", (FieldRef(name),), distinct=True),))), []
    yield read(resource, Node(outputs=(Aggregate("x", "max", (FieldRef(name),), cast="text"),))), []
    yield read(resource, Node(outputs=(FieldOutput("k", FieldRef(name)), Aggregate("n", "count")))), []


def grouped(resource, name):
    key = FieldRef(name)
    count = Aggregate("n", "count")
    yield read(resource, Node(outputs=(FieldOutput("k", key), count), group_by=(key,), sort=(Sort(key),))), []
    yield read(resource, Node(outputs=(count,), group_by=(key,))), []
    having = CompareGroup("max", "gt", Param(0), (key,))
    yield (
        read(
            resource, Node(outputs=(FieldOutput("k", FieldRef("id")), count), group_by=(FieldRef("id"),), having=having)
        ),
        ["b"],
    )


def sorts(resource, name):
    for descending in (False, True):
        for nulls in (None, "first"):
            node = Node(outputs=(ID,), sort=(Sort(FieldRef(name), descending, nulls), *BY_ID), limit=Param(0))
            yield read(resource, node), [2]
    if resource == "badges":
        return
    via = Node(outputs=(ID,), sort=(Sort(FieldRef(name), via=(RelationRef("people"),)), *BY_ID))
    yield read("badges", via), []
    counted = Sort(FieldRef("owner_email"), via=(RelationRef("badges"),), aggregate="max")
    yield read("people", Node(outputs=(ID,), sort=(counted, *BY_ID))), []


def embeds(resource, name):
    for join in ("left", "inner"):
        for spread in (False, True):
            inner = Node(outputs=(FieldOutput("x", FieldRef(name)),), filter=Compare(FieldRef(name), "gte", Param(0)))
            for relation in ("owner", "owner_email", "people"):
                embed = Embed("e", RelationRef(relation), inner, join, spread)
                yield read("badges", Node(outputs=(ID, embed), sort=BY_ID)), ["a"]
    back = Embed("e", RelationRef("badges"), Node(outputs=(FieldOutput("x", FieldRef("owner_email")),)))
    yield read("people", Node(outputs=(ID, back), sort=BY_ID)), []


def over_relations(resource, name):
    for relation in ("badges", "people", "owner_email"):
        yield by("people", Exists(RelationRef(relation), Compare(FieldRef("owner_email"), "like", Param(0)))), ["a%"]
        yield by("badges", Exists(RelationRef(relation), Compare(FieldRef(name), "like", Param(0)))), ["a%"]
        counted = CompareAggregate(RelationRef(relation), "max", "gt", Param(0), (name,))
        yield by("badges", counted), ["b"]
        for function in PAIRS:
            yield by("badges", CompareAggregate(RelationRef(relation), function, "gt", Param(0), (name, "id"))), [0]
        yield by("people", CompareAggregate(RelationRef(relation), "count", "gt", Param(0), ("owner_email",))), [0]


def writes(resource, name):
    where = Compare(FieldRef(name), "eq", Param(0))
    back = Node(outputs=(ID, FieldOutput("x", FieldRef(name))), sort=BY_ID)
    for guess in GUESSES[name]:
        yield Update("people", (Assign("plan", Param(1)),), filter=where, returning=back), [guess, "x"]
        yield Delete("people", filter=where, returning=Node(outputs=(Affected("n"),), shape="summary")), [guess]
    of_one = Compare(FieldRef("id"), "eq", Param(0))
    summary = Node(
        outputs=(Affected("n"), Rows("rows", back.outputs), Group("g", (Aggregate("m", "max", (FieldRef(name),)),))),
        shape="summary",
    )
    yield Update("people", (Assign("plan", Param(1)),), filter=of_one, returning=back, count="exact"), [1, "x"]
    yield Update("people", (Assign("plan", Param(1)),), filter=of_one, returning=summary), [1, "x"]
    yield Delete("people", filter=of_one, returning=back), [4]
    yield Update("people", (Assign("plan", Param(1)),), filter=where, at_most=Param(2)), ["Oslo", "x", 0]


def assigned(resource, name):
    back = Node(outputs=(ID, FieldOutput("x", FieldRef(name))))
    for how in HOWS:
        for value in ("1", ["a"], {"a": 1}):
            yield (
                Update(
                    "people",
                    (Assign(name, Param(1), how),),
                    filter=Compare(FieldRef("id"), "eq", Param(0)),
                    returning=back,
                ),
                [2, value],
            )


def created(resource, name):
    back = Node(outputs=(ID, FieldOutput("x", FieldRef(name))))
    row = {"id": 9, "name": "New", name: "2001-01-01"}
    for returning in (back, Node(shape="none")):
        yield Create("people", tuple(row), Param(0), returning=returning), [[row]]


def conflicts(resource, name):
    row = {"id": 9, "name": "New", name: "ada@example.com"}
    back = Node(outputs=(Affected("n"),), shape="summary")
    for update in (None, ("name",), (name,)):
        yield Create("people", tuple(row), Param(0), conflict=Conflict((name,), update=update), returning=back), [[row]]
    old = {"id": 1, "name": "Ada"}
    when = Compare(FieldRef(name), "like", Param(1))
    conflict = Conflict(("id",), update=("name",), filter=when)
    yield Create("people", tuple(old), Param(0), conflict=conflict, returning=back), [[old], "ada%"]
    for constraint in ("people_email_key", "people_ssn_index_key", "unique_email"):
        yield (
            Create("people", tuple(row), Param(0), conflict=Conflict(constraint=constraint, update=("name",))),
            [[row]],
        )


def joined(resource, name):
    one, other = Compare(FieldRef(name), "gt", Param(0)), Is(FieldRef(name), "not_null")
    for item in (And((one, other)), Or((one, Not(other))), Not(one)):
        yield by(resource, item), ["a"]


def documents(resource, name):
    where = Compare(FieldRef(name), "like", Param(0))
    members = (Member("r", by(resource, where)), Member("t", Constant("t", "x")))
    yield Document(members), ["a%"]
    yield Document((Member("w", Update("people", (Assign("plan", Param(1)),), filter=where)), *members)), ["a%", "x"]


def right_sides(resource, name):
    for operator in ("eq", "neq", "gt", "lt", "like", "isdistinct"):
        yield by(resource, Compare(FieldRef("name"), operator, FieldRef(name))), []
        yield by(resource, Compare(FieldRef(name), operator, FieldRef("name"))), []


def distinct(resource, name):
    yield read(resource, Node(outputs=(ID,), distinct_on=(name,), sort=(Sort(FieldRef(name)), *BY_ID))), []


def is_asked(resource, name):
    for value in ("null", "not_null", "true", "false", "unknown"):
        yield by(resource, Is(FieldRef(name), value)), []


# by construct and member: who tries it, or why no field's value can be learned there
PLACES = {
    "Compare.left": compared, "Compare.right": right_sides, "FieldRef.name": of_path, "FieldRef.path": of_path,
    "FieldRef.text": of_path, "Is.left": is_asked, "Is.value": is_asked, "And.items": joined, "Or.items": joined,
    "Not.item": joined, "Exists.relation": over_relations, "Exists.filter": over_relations,
    "CompareAggregate.relation": over_relations, "CompareAggregate.fields": over_relations,
    "CompareAggregate.function": over_relations, "CompareAggregate.filter": over_relations,
    "CompareAggregate.operator": over_relations, "CompareAggregate.distinct": over_relations,
    "CompareGroup.fields": grouped, "CompareGroup.function": grouped, "CompareGroup.operator": grouped,
    "CompareGroup.distinct": grouped, "Compare.operator": compared, "Compare.quantifier": compared,
    "FieldOutput.field": outputs, "FieldOutput.cast": outputs, "Aggregate.fields": aggregates,
    "Aggregate.function": aggregates, "Aggregate.distinct": aggregates, "Aggregate.before": aggregates,
    "Aggregate.cast": aggregates, "Group.outputs": writes, "Rows.outputs": writes, "Embed.relation": embeds,
    "Embed.node": embeds, "Embed.join": embeds, "Embed.spread": embeds, "Sort.field": sorts, "Sort.descending": sorts,
    "Sort.nulls": sorts, "Sort.via": sorts, "Sort.aggregate": sorts, "Node.outputs": outputs, "Node.filter": compared,
    "Node.sort": sorts, "Node.limit": sorts, "Node.distinct_on": distinct, "Node.group_by": grouped,
    "Node.having": grouped, "Node.shape": aggregates, "Read.resource": outputs, "Read.node": outputs,
    "Read.count": compared, "Conflict.fields": conflicts, "Conflict.constraint": conflicts,
    "Conflict.update": conflicts, "Conflict.filter": conflicts, "Create.columns": created, "Create.rows": created,
    "Create.conflict": conflicts, "Create.returning": created, "Assign.field": assigned, "Assign.value": assigned,
    "Assign.how": assigned, "Update.filter": writes, "Update.assigns": assigned, "Update.returning": writes,
    "Update.at_most": writes, "Update.count": writes, "Delete.filter": writes, "Delete.returning": writes,
    "Document.members": documents, "Member.operation": documents,
}  # fmt: skip
HARMLESS = {
    "Param.index": "a value of the client's own", "Claim.name": "policies only", "Literally.value": "policies only",
    "RelationRef.name": "names no value; what it joins by is tried with each use", "RelationRef.hint": "the same",
    "RelationRef.by_target": "a way to find the name",
    "Node.media": "it gets outputs; whole rows where all is clear, and none that Python changes (refuse_handlers)",
    "Update.presets_alone": "sets what the policy says",
    "FieldRef.arguments": "no function gets a row with protected fields", "RelationRef.arguments": "the same",
    "ExistsIn.resource": "policies only", "ExistsIn.filter": "policies only", "Compare.config": "a name",
    "CompareAggregate.right": "the client's own", "CompareGroup.right": "the client's own",
    "Node.offset": "the client's own", "Read.schema": "a name", "Create.resource": "a name", "Create.schema": "a name",
    "Create.ragged": "how rows are read", "Create.missing": "how rows are read", "Create.count": "of its own rows",
    "Update.resource": "a name", "Update.schema": "a name", "Delete.resource": "a name", "Delete.schema": "a name",
    "Delete.at_most": "as an update's", "Delete.count": "as an update's", "FieldOutput.key": "a name",
    "Constant.key": "a name", "Constant.value": "the client's own", "Aggregate.key": "a name", "Group.key": "a name",
    "Rows.key": "a name", "Affected.key": "a name", "Embed.key": "a name", "Member.key": "a name",
    "Given.name": "an argument", "Given.value": "the client's own", "Given.form": "how it is read",
    "Call.function": "a name", "Call.arguments": "the client's own", "Call.schema": "a name",
    "Call.node": "as any node: test_protection_functions", "Call.count": "as a read's",
    "Create.nested": "as any create; what is taken over from row to row: test_operations_protected",
    "Nested.create": "the same", "Nested.relation": "the same", "Nested.of": "the client's own",
    "Create.tells_key": "tells less where it is off",
    "Call.reads_only": "a kind of transaction", "Call.at_most": "as an update's",
}  # fmt: skip


def constructs() -> Iterator[str]:
    """Every member of every construct of the language."""
    both = filters, operations
    for name, kind in {one for module in both for one in inspect.getmembers(module, inspect.isclass)}:
        if issubclass(kind, msgspec.Struct) and kind.__module__ in [module.__name__ for module in both]:
            for member in msgspec.structs.fields(kind):
                yield f"{name}.{member.name}"


def test_every_construct_is_decided():
    known = set(PLACES) | set(HARMLESS)
    assert set(constructs()) - known == set(), "say who tries it, or why nothing can be learned there"
    assert known - set(constructs()) == set()
    assert not set(PLACES) & set(HARMLESS)


def changed_for(role: str) -> dict[int, dict[str, str | None]]:
    """Other protected values for each person, the same through the role's masks."""
    others: dict[int, dict[str, str | None]] = {
        1: {"email": "azz@example.com", "phone": "999-0004567", "born": "1971-07-07", "salary": 1, "ssn": "999-99-9944",
            "card": "9999888877771111", "note": "calm"},
        2: {"email": "bzz@example.org", "phone": "777", "born": "1972-07-07", "salary": 3, "ssn": "888-88-8855",
            "card": "9999888877775559", "note": None},
        4: {"email": "y", "phone": "111-0000001", "born": "1973-07-07", "salary": 2, "ssn": "777-77-7744",
            "card": "9999888877771111", "note": "loud"},
    }  # fmt: skip
    if role == "teller":  # sees tokens, which are others for other values
        others = {number: {k: v for k, v in row.items() if k != "card"} for number, row in others.items()}
    if role != "clerk":  # who sees hashes, which are equal for equal values
        for number, city in ((1, "Lima"), (2, "Cork"), (4, "Bonn")):
            others[number]["city"] = city
    return others


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kind(request):
    return request.param


@pytest.fixture(scope="module", params=ROLES)
def pair(request, kind):
    """Two databases that look the same to a role, and the role."""
    role = request.param
    server = request.getfixturevalue("postgres_server") if kind == "postgresql" else None
    in_memory = Path("/dev/shm")
    with ExitStack() as stack:
        root = stack.enter_context(tempfile.TemporaryDirectory(dir=in_memory if in_memory.is_dir() else None))
        folder, other = Path(root, "one"), Path(root, "other")
        folder.mkdir()
        other.mkdir()
        one = stack.enter_context(people_in(kind, folder, server))
        two = stack.enter_context(people_in(kind, other, server, secrets=one.secrets))
        two.sql("update badges set owner_email = null")
        two.seal(changed_for(role))
        two.sql("update badges set owner_email = (select email from people where people.id = badges.id)")
        yield role, one, two


def told(people, role, operation, values):
    """All that an answer tells."""
    try:
        result = people.run(operation, values, role)
    except Problem as problem:
        return problem.code, problem.message, problem.details, problem.hint, problem.path
    return result.body, result.rows, result.total, result.affected, result.inserted, result.location


@pytest.mark.parametrize("place", sorted({maker.__name__ for maker in PLACES.values()}))
def test_answers_do_not_depend_on_protected_values(pair, place):
    role, one, two = pair
    maker = next(maker for maker in PLACES.values() if maker.__name__ == place)
    asked = 0
    for name in FIELDS:
        for resource, field in (("people", name), ("contacts", VIEW.get(name))):
            if field is None or (resource != "people" and maker in WRITERS):
                continue
            for operation, values in maker(resource, field):
                asked += 1
                writes = not isinstance(operation, Read)
                before = [kept(people) if writes else None for people in (one, two)]
                answers = [told(people, role, operation, values) for people in (one, two)]
                assert answers[0] == answers[1], (name, operation, values)
                assert answers[0][0] != "XX000", (name, operation)
                for people, rows in zip((one, two), before, strict=True):
                    if writes:
                        put_back(people, rows)
    assert asked


WRITERS = (writes, assigned, created, conflicts)  # they name the table themselves
COLUMNS = {
    "people": "id, name, email, phone, born, city, salary, ssn, ssn_index, card, note, plan",
    "badges": "id, owner_email, label",
}


def kept(people):
    return {table: people.sql(f"select {columns} from {table}") for table, columns in COLUMNS.items()}


def put_back(people, rows):
    """The rows as they were, where a write has changed them."""
    if {table: sorted(map(repr, found)) for table, found in kept(people).items()} == {
        table: sorted(map(repr, found)) for table, found in rows.items()
    }:
        return
    people.put_back({table: (COLUMNS[table], rows[table]) for table in ("people", "badges")})
