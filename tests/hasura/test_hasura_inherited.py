"""Inherited roles: the union of rows, and each cell only where one of the roles sees it; on both databases."""

import json
from pathlib import Path

import pytest
import zeep.helpers
from contracts.filters import FieldRef
from contracts.operations import FieldOutput, Node, Read
from data_service.engine import Engine
from data_service.policies import ConfigurationError, parse

from tests.fixtures.guarded_store import Suite, Who

POLICIES = """
version: 1
inherited_roles:
  both: [old, cheap]
  deep: [both, writer, own]
resources:
  author:
    permissions:
      old: {select: {columns: [id, name, born], filter: {}}}
      cheap: {select: {columns: [id, name], filter: {}}}
  book:
    permissions:
      old:
        select: {columns: [id, title, pages, author_id], filter: {published_on: {_lt: '1900-01-01'}}, limit: 1}
      cheap:
        select: {columns: [id, title, price], filter: {author: {rating: {_eq: 5}}}, limit: 9, allow_aggregations: true}
      own:
        select: {columns: [id, score], filter: {isbn: {_eq: X-Hasura-Isbn}}}
      writer:
        update: {columns: [title], filter: {}}
        delete: {filter: {id: {_eq: 5}}}
"""
BOTH, DEEP = Who("both"), Who("deep", {"isbn": "i-4"})
# books 1 and 2 are old and of an author with rating 5; 3 and 4 are neither; nobody wrote 5


class Inheriting:
    def __init__(self, database, config: Path) -> None:
        self.engine = Engine(database, config=config)
        self.engine.refresh()
        self.suite = Suite(self.engine, lambda: None)

    def ask(self, query, who=BOTH):
        return self.suite.ask(query, who).get_json()


@pytest.fixture
def inheriting(reading, tmp_path):
    config = tmp_path / "trivet.yaml"
    config.write_text(POLICIES.replace("'1900-01-01'", "'1843-09-15'"))
    return Inheriting(reading.data._database, config)


def test_rows_are_joined_and_cells_are_seen_by_row(inheriting):
    found = inheriting.ask("{ book(order_by: {id: asc}) { id title pages price } }")
    # 1: old and cheap; 2: cheap alone
    assert found == {
        "data": {
            "book": [
                {"id": 1, "title": "Engines", "pages": 300, "price": 10.5},
                {"id": 2, "title": "Notes", "pages": None, "price": 5},
            ]
        }
    }


def test_what_is_hidden_tells_nothing_elsewhere_either(inheriting):
    assert inheriting.ask("{ book(where: {pages: {_eq: 120}}) { id } }") == {"data": {"book": []}}
    assert inheriting.ask("{ book(where: {pages: {_is_null: true}}) { id } }") == {"data": {"book": [{"id": 2}]}}
    query = "{ book_aggregate { aggregate { count max { pages } c: count(columns: [pages]) sum { pages } } } }"
    assert inheriting.ask(query)["data"]["book_aggregate"]["aggregate"] == {
        "count": 2,
        "max": {"pages": 300},
        "c": 1,
        "sum": {"pages": 300},
    }
    order = "{ book(order_by: {pages: desc_nulls_last}) { id } }"
    assert inheriting.ask(order)["data"]["book"] == [{"id": 1}, {"id": 2}]
    # a relation over a column that is hidden in some rows would tell of it
    assert "author" in inheriting.ask("{ book { author { id } } }")["errors"][0]["message"]


def test_rows_are_told_apart_by_what_is_hidden_in_some(inheriting):
    found = inheriting.ask("{ book(distinct_on: pages, order_by: {pages: asc_nulls_last}) { id pages } }")
    assert found == {"data": {"book": [{"id": 1, "pages": 300}, {"id": 2, "pages": None}]}}
    response = inheriting.suite.get("book?select=pages,count()&order=pages", BOTH)
    assert json.loads(response.data) == [{"pages": 300, "count": 1}, {"pages": None, "count": 1}]


def test_what_no_member_sees_stays_hidden(inheriting):
    for field in ("score", "isbn"):
        assert inheriting.ask(f"{{ book {{ {field} }} }}")["errors"][0]["extensions"]["code"] == "validation-failed"


def test_roles_inherit_through_others_and_session_variables_count(inheriting):
    found = inheriting.ask("{ book(order_by: {id: asc}) { id price score } }", DEEP)
    assert found["data"]["book"] == [
        {"id": 1, "price": 10.5, "score": None},
        {"id": 2, "price": 5, "score": None},
        {"id": 4, "price": None, "score": 2.25},
    ]
    other = Who("deep", {"isbn": "i-1"})
    assert inheriting.ask("{ book(where: {score: {_is_null: false}}) { id } }", other)["data"]["book"] == [{"id": 1}]


def test_rest_and_soap_obey_too(inheriting):
    response = inheriting.suite.get("book?select=id,pages,price&order=id", BOTH)
    assert json.loads(response.data) == [
        {"id": 1, "pages": 300, "price": 10.5},
        {"id": 2, "pages": None, "price": 5},
    ]
    assert json.loads(inheriting.suite.get("book?select=id&pages=gt.1", BOTH).data) == [{"id": 1}]
    answer = inheriting.suite.call("ListBook", BOTH)
    rows = zeep.helpers.serialize_object(answer, dict)["items"]["Book"]
    assert sorted((row["id"], row["title"], row["pages"], row["price"]) for row in rows) == [
        (1, "Engines", 300, 10.5),
        (2, "Notes", None, 5),
    ]


def test_a_write_that_one_role_has_is_inherited(inheriting, writing):
    answer = inheriting.ask(
        'mutation { update_book(where: {}, _set: {title: "T"}) { returning { id title pages } } }', DEEP
    )
    returned = sorted(answer["data"]["update_book"]["returning"], key=lambda row: row["id"])
    assert returned == [
        {"id": 1, "title": "T", "pages": 300},
        {"id": 2, "title": "T", "pages": None},
        {"id": 4, "title": None, "pages": None},
    ]
    assert "errors" in inheriting.ask('mutation { update_book(where: {}, _set: {title: "T"}) { affected_rows } }')


def test_facades_are_not_told_of_the_rules(inheriting):
    catalog = inheriting.engine.catalog(BOTH.caller)
    assert [field.cell for field in catalog.by_name["book"].fields] == [None] * 5
    nullable = {field.name: field.nullable for field in catalog.by_name["book"].fields}
    assert (nullable["title"], nullable["pages"]) == (False, True)


def test_the_rule_behind_an_answer_is_the_line_that_joins_the_roles(inheriting):
    read = Read("book", Node(outputs=(FieldOutput("id", FieldRef("id")),)))
    (rule,) = inheriting.engine.explain(read, BOTH.caller).rules
    assert (rule.role, rule.place, rule.text) == ("both", "trivet.yaml:4", '["old","cheap"]')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [b]\n  b: [a]", "inherits from itself"),
        ("a: [a]", "inherits from itself"),
        ("a: [admin]", "a can't inherit from admin"),
        ("admin: [a]", "admin may do everything already"),
        ("a: b", "the roles of a"),
    ],
)
def test_what_is_wrong(text, message):
    with pytest.raises(ConfigurationError, match=message):
        parse(f"version: 1\ninherited_roles:\n  {text}\n")
