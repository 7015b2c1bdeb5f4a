"""The same call gives the same on three protocols: values, rows, nothing, and refusals."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import zeep
from contracts.filters import Given, Param
from contracts.operations import Call, Read
from contracts.problems import Problem
from zeep.helpers import serialize_object

from tests.fixtures.guarded_store import ADMIN, Suite, Who, exact

CLERK = Who("clerk")


@dataclass(frozen=True)
class Asked:
    """A function with arguments; ``selected`` are the fields that GraphQL names, ``writes`` makes it a mutation."""

    function: str
    arguments: dict[str, Any]
    selected: str = ""
    writes: bool = False
    who: Who = field(default=ADMIN)


CALLS = {
    "a value": Asked("add", {"a": 1, "b": 41}),
    "a default": Asked("add", {"a": 1}),
    "nothing": Asked("nothing_there", {}),
    "a set of values": Asked("numbers", {"n": 3}),
    "an empty set": Asked("numbers", {"n": 0}),
    "a row of its own": Asked("outs", {}, "low high"),
    "rows of its own": Asked("pairs", {"n": 2}, "x y"),
    "rows of a table": Asked("shops", {"minimum": 2}, "id name city_id secret"),
    "a row of a table": Asked("shop_of", {"which": 1}, "id name city_id secret"),
    "no row of a table": Asked("shop_of", {"which": 9}, "id"),
    "as a role sees them": Asked("shops", {}, "id name city_id", who=CLERK),
    "past the policy": Asked("shop_of", {"which": 3}, "id name city_id secret", who=CLERK),
    "rows that are written": Asked("write_log", {"what": "x"}, "what", writes=True),
    "void": Asked("note", {"what": "y"}, writes=True),
}


def by_engine(suite: Suite, asked: Asked) -> Any:
    given = tuple(Given(name, Param(index)) for index, name in enumerate(asked.arguments))
    return suite.run(Call(asked.function, given), list(asked.arguments.values()), asked.who)


def by_rest(suite: Suite, asked: Asked) -> Any:
    answer = suite.send("POST", f"rpc/{asked.function}", asked.who, asked.arguments)
    return exact(answer.data) if answer.data else None


def by_graphql(suite: Suite, asked: Asked) -> Any:
    kind = "mutation" if asked.writes else "query"
    head = f"($args: {asked.function}_args!)" if asked.arguments else ""
    args = "(args: $args)" if asked.arguments else ""
    fields = f"{{ {asked.selected} }}" if asked.selected else ""
    given = {"args": asked.arguments} if asked.arguments else {}
    answer = exact(suite.ask(f"{kind}{head} {{ {asked.function}{args} {fields} }}", asked.who, **given).data)
    return answer["data"][asked.function]


def by_soap(suite: Suite, asked: Asked) -> Any:
    name = "".join(part.capitalize() for part in asked.function.split("_"))
    return serialize_object(suite.call(f"Call{name}", asked.who, **asked.arguments), dict)


WAYS = {"engine": by_engine, "rest": by_rest, "graphql": by_graphql, "soap": by_soap}


def alike(found: Any, asked: Asked) -> Any:
    """The answer in one form: of rows the fields asked for; an empty list is nothing to SOAP."""
    if isinstance(found, list):
        return [alike(row, asked) for row in found] or None
    if isinstance(found, dict):
        return {name: found[name] for name in asked.selected.split()}
    return found


@pytest.mark.parametrize("name", CALLS)
def test_the_answer(suite: Suite, name: str) -> None:
    asked = CALLS[name]
    written = []
    found = {}
    for way, ask in WAYS.items():
        found[way] = alike(ask(suite, asked), asked)
        written.append([row["what"] for row in suite.run(Read("log"))])
        suite.restore()
    assert found == dict.fromkeys(WAYS, found["engine"])
    assert written == [written[0]] * len(WAYS)
    assert bool(written[0]) is asked.writes


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        (Asked("refuse", {}, writes=True), {"engine": "PT402", "rest": "PT402", "soap": "PT402"}),
        (Asked("twin", {"a": 1}), {"engine": "PGRST203", "rest": "PGRST203"}),
        (Asked("numbers", {"n": 1}, who=CLERK), {"engine": "42501", "rest": "42501"}),
    ],
)
def test_the_refusal(suite: Suite, asked: Asked, codes: dict[str, str]) -> None:
    with pytest.raises(Problem) as caught:
        by_engine(suite, asked)
    assert caught.value.code == codes["engine"]
    assert by_rest(suite, asked)["code"] == codes["rest"]
    if "soap" in codes:
        with pytest.raises(zeep.exceptions.Fault) as fault:
            by_soap(suite, asked)
        assert suite.soap_client(asked.who).wsdl.types.deserialize(fault.value.detail[0]).code == codes["soap"]
    answer = exact(suite.ask(f"{'mutation' if asked.writes else 'query'} {{ {asked.function} }}", asked.who).data)
    assert list(answer) == ["errors"]
