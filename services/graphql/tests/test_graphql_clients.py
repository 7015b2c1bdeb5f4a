"""The documents that well-known clients send (graphql.md §10)."""

import pytest
from contracts.filters import Param

REACT_ADMIN = [
    (
        """query album($limit: Int, $offset: Int, $order_by: [album_order_by!], $where: album_bool_exp) {
             items: album(limit: $limit, offset: $offset, order_by: $order_by, where: $where) { id title price live }
             total: album_aggregate(where: $where) { aggregate { count } } }""",
        {
            "limit": 10,
            "offset": 0,
            "where": {"_and": [{"title": {"_ilike": "%v%"}}, {"extra": {"_contains": {"a": 1}}}], "_or": []},
            "order_by": {"title": "asc_nulls_last"},
        },
        ["items", "total"],
    ),
    (
        "query album($where: album_bool_exp) { returning: album(where: $where, limit: 1) { id title } }",
        {"where": {"id": {"_eq": "7"}}},
        ["returning"],
    ),
    (
        "query album($where: album_bool_exp) { items: album(where: $where) { id } }",
        {"where": {"id": {"_in": ["1", "2"]}}},
        ["items"],
    ),
    (
        "mutation insert_album($objects: [album_insert_input!]!) { data: insert_album(objects: $objects) { returning { id } } }",
        {"objects": {"title": "x", "price": 9.5}},
        ["data"],
    ),
    (
        """mutation update_album($pk_columns: album_pk_columns_input!, $_set: album_set_input) {
             data: update_album_by_pk(pk_columns: $pk_columns, _set: $_set) { id title } }""",
        {"pk_columns": {"id": "7"}, "_set": {"title": "y"}},
        ["data"],
    ),
    (
        """mutation update_album($where: album_bool_exp!, $_set: album_set_input) {
             data: update_album(where: $where, _set: $_set) { returning { id } } }""",
        {"where": {"id": {"_in": [1, 2]}}, "_set": {"live": True}},
        ["data"],
    ),
    (
        "mutation delete_album($where: album_bool_exp!) { data: delete_album(where: $where) { returning { id } } }",
        {"where": {"id": {"_eq": 7}}},
        ["data"],
    ),
]
REFINE = [
    ("query($id: Int!) { album_by_pk(id: $id) { id title } }", {"id": "7"}, ["album_by_pk"]),
    (
        """query($where: album_bool_exp!, $order_by: [album_order_by!]) {
             album(limit: 10, offset: 20, order_by: $order_by, where: $where) { id artist { name } }
             album_aggregate(where: $where) { aggregate { count } } }""",
        {"where": {"title": {"_iregex": "^v", "_similar": "%v"}}, "order_by": [{"artist": {"name": "desc"}}]},
        ["album", "album_aggregate"],
    ),
    ("mutation($object: album_insert_input!) { insert_album_one(object: $object) { id } }", {"object": {"title": "x"}}, ["insert_album_one"]),
    (
        "mutation($objects: [album_insert_input!]!) { insert_album(objects: $objects) { returning { id } } }",
        {"objects": [{"title": "x"}, {"title": "y", "tags": ["a"]}]},
        ["insert_album"],
    ),
    (
        """mutation($pk_columns: album_pk_columns_input!, $_set: album_set_input!) {
             update_album_by_pk(pk_columns: $pk_columns, _set: $_set) { id } }""",
        {"pk_columns": {"id": "7"}, "_set": {"title": "y"}},
        ["update_album_by_pk"],
    ),
    ("mutation($id: Int!) { delete_album_by_pk(id: $id) { id } }", {"id": 7}, ["delete_album_by_pk"]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "variables", "keys"), REACT_ADMIN + REFINE)
def test_documents_of_clients(suite, query, variables, keys):
    answer = suite.ask(query, variables)
    assert "errors" not in answer, answer
    assert list(answer["data"]) == keys


def test_ids_in_quotes_become_numbers(suite):
    suite.ask(
        "query($w: track_bool_exp) { track(where: $w) { number } }",
        {"w": {"number": {"_in": ["1", 2]}, "album_id": {"_eq": "3"}}},
    )
    assert suite.data.asked[-1][1] == [[1, 2], 3]
    suite.ask('{ album(where: {plays: {_gt: "9007199254740993"}, price: {_lt: "1.10"}}, limit: "5") { id } }')
    plays, price, limit = suite.data.asked[-1][1]
    assert (plays, str(price), limit) == (9007199254740993, "1.10", 5)


def test_typename_everywhere_as_apollo_asks(suite):
    answer = suite.ask("""query { __typename album { __typename artist { __typename }
        tracks_aggregate { __typename aggregate { __typename count max { __typename number } } nodes { __typename } } } }""")
    assert answer["data"]["__typename"] == "query_root"
    (album,) = answer["data"]["album"]
    assert album["__typename"] == "album"
    summary = album["tracks_aggregate"]
    assert summary["__typename"] == "track_aggregate"
    assert summary["aggregate"] == {
        "__typename": "track_aggregate_fields",
        "count": 1,
        "max": {"__typename": "track_max_fields", "number": 1},
    }
    assert summary["nodes"] == [{"__typename": "track"}]
    answer = suite.ask("mutation { __typename delete_album(where: {}) { __typename returning { __typename } } }")
    assert answer["data"]["delete_album"] == {
        "__typename": "album_mutation_response",
        "returning": [{"__typename": "album"}],
    }


def test_a_whole_list_request_is_one_operation(suite):
    query, variables, _ = REACT_ADMIN[0]
    suite.ask(query, variables)
    ((document, values),) = suite.data.asked
    assert [member.key for member in document.members] == ["items", "total"]
    assert document.members[0].operation.node.limit == Param(values.index(10))
