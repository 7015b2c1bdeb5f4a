"""Questions by role: who asks (a role and session variables), the query, and its data or its error (path, code, message)."""

from tests.fixtures.guarded_store import Who

FAILED = "validation-failed"
CARER, LOST = Who("carer", {"keeper_id": "1"}), Who("carer")
VISITOR, DOCTOR, COUNTER, NOBODY, MUTE = map(Who, ("visitor", "doctor", "counter", "nobody", "mute"))
NO_QUERIES = (
    "There are no queries available to the current role. Either there are no sources or remote schemas configured, "
    "or the current role doesn't have the required permissions."
)
ASKED = [
    (VISITOR, "{ animal(order_by: {id: asc}) { id name } }", {"animal": [{"id": 2, "name": "Mia"}, {"id": 3, "name": "Bo"}]}),
    (VISITOR, "{ animal(order_by: {id: asc}, limit: 1) { id } }", {"animal": [{"id": 2}]}),
    (VISITOR, "{ animal(order_by: {id: asc}, limit: 50) { id } }", {"animal": [{"id": 2}, {"id": 3}]}),
    (VISITOR, "{ animal(order_by: {id: asc}, offset: 1) { id } }", {"animal": [{"id": 3}, {"id": 5}]}),
    (VISITOR, "{ animal_by_pk(id: 1) { id } }", {"animal_by_pk": None}),
    (VISITOR, "{ animal_by_pk(id: 5) { name } }", {"animal_by_pk": {"name": "Kim"}}),
    (VISITOR, "{ animal { tame } }", (".selectionSet.animal.selectionSet.tame", FAILED, "field 'tame' not found in type: 'animal'")),
    (VISITOR, "{ animal(where: {tame: {_eq: false}}) { id } }", (".selectionSet.animal.args.where.tame", FAILED, "field 'tame' not found in type: 'animal_bool_exp'")),
    (VISITOR, "{ animal(order_by: [{tame: asc}]) { id } }", (".selectionSet.animal.args.order_by[0].tame", FAILED, "field 'tame' not found in type: 'animal_order_by'")),
    (VISITOR, "{ animal(distinct_on: tame) { id } }", (".selectionSet.animal.args.distinct_on", FAILED, "expected one of the values ['id', 'name', 'species'] for type 'animal_select_column', but found 'tame'")),
    (VISITOR, "{ animal_aggregate { aggregate { count } } }", (".selectionSet.animal_aggregate", FAILED, "field 'animal_aggregate' not found in type: 'query_root'")),
    (VISITOR, "{ animal { keeper { id } } }", (".selectionSet.animal.selectionSet.keeper", FAILED, "field 'keeper' not found in type: 'animal'")),
    (VISITOR, "{ keeper { id } }", (".selectionSet.keeper", FAILED, "field 'keeper' not found in type: 'query_root'")),
    (VISITOR, "mutation { delete_animal(where: {}) { affected_rows } }", ("", FAILED, "no mutations exist")),
    (CARER, "{ animal(order_by: {id: asc}) { name } }", {"animal": [{"name": "Rex"}, {"name": "Mia"}]}),
    (Who("carer", {"keeper_id": "0"}), "{ animal { name } }", {"animal": []}),
    (CARER, "{ keeper { name animal_aggregate { aggregate { count sum { weight } } } } }", {"keeper": [{"name": "Ada", "animal_aggregate": {"aggregate": {"count": 2, "sum": {"weight": 320.50}}}}]}),
    (CARER, "{ animal_aggregate { aggregate { count } nodes { id } } }", {"animal_aggregate": {"aggregate": {"count": 2}, "nodes": [{"id": 1}, {"id": 2}]}}),
    (CARER, "{ animal(where: {feeding_aggregate: {count: {predicate: {_gt: 1}}}}) { id } }", {"animal": [{"id": 1}]}),
    (CARER, "{ animal(where: {feeding_aggregate: {count: {arguments: grams, predicate: {_gt: 1}}}}) { id } }", (".selectionSet.animal.args.where.feeding_aggregate.count.arguments", FAILED, "expected one of the values ['animal_id', 'day'] for type 'feeding_select_column', but found 'grams'")),
    (CARER, "{ feeding_by_pk(animal_id: 3, day: \"2024-01-01\") { day animal { id } } }", {"feeding_by_pk": {"day": "2024-01-01", "animal": None}}),
    (LOST, "{ animal { name } }", ("", "not-found", 'missing session variables: "x-hasura-keeper-id"')),
    (LOST, "{ feeding { day animal { id } } }", ("", "not-found", 'missing session variables: "x-hasura-keeper-id"')),
    (DOCTOR, "{ keeper { id } }", {"keeper": [{"id": 1}]}),
    (DOCTOR, "{ animal(order_by: {id: asc}) { id keeper { name } } }", {"animal": [{"id": 1, "keeper": {"name": "Ada"}}, {"id": 2, "keeper": {"name": "Ada"}}, {"id": 3, "keeper": {"name": "Ben"}}, {"id": 4, "keeper": {"name": "Cyd"}}, {"id": 5, "keeper": None}]}),
    (DOCTOR, "{ animal_by_pk(id: 1) { feeding { grams } } }", {"animal_by_pk": {"feeding": [{"grams": 900}]}}),
    (DOCTOR, "{ animal(where: {feeding: {grams: {_gt: 1000}}}) { id } }", {"animal": []}),
    (DOCTOR, "{ animal(where: {feeding_aggregate: {count: {predicate: {_gt: 1}}}}) { id } }", (".selectionSet.animal.args.where.feeding_aggregate", FAILED, "field 'feeding_aggregate' not found in type: 'animal_bool_exp'")),
    (DOCTOR, "{ animal(order_by: {feeding_aggregate: {count: asc}}) { id } }", (".selectionSet.animal.args.order_by.feeding_aggregate", FAILED, "field 'feeding_aggregate' not found in type: 'animal_order_by'")),
    (COUNTER, "{ animal_aggregate { aggregate { count max { species } } } }", {"animal_aggregate": {"aggregate": {"count": 5, "max": {"species": "zebra"}}}}),
    (COUNTER, "{ animal_aggregate { aggregate { sum { id } } } }", (".selectionSet.animal_aggregate.selectionSet.aggregate.selectionSet.sum", FAILED, "field 'sum' not found in type: 'animal_aggregate_fields'")),
    (COUNTER, "{ animal_by_pk(id: 1) { species } }", (".selectionSet.animal_by_pk", FAILED, "field 'animal_by_pk' not found in type: 'query_root'")),
    (COUNTER, "{ animal_aggregate { aggregate { count(columns: [name]) } } }", (".selectionSet.animal_aggregate.selectionSet.aggregate.selectionSet.count.args.columns[0]", FAILED, "expected one of the values ['species'] for type 'animal_select_column', but found 'name'")),
    (Who("heir", {"keepers": "{1,2}"}), "{ animal(order_by: {id: asc}) { id } }", {"animal": [{"id": 1}, {"id": 2}, {"id": 3}]}),
    (Who("heir", {"keepers": "{}"}), "{ animal { id } }", {"animal": []}),
    (Who("stranger", {"keepers": "{1}"}), "{ animal(order_by: {id: asc}) { id } }", {"animal": [{"id": 3}, {"id": 4}]}),
    (Who("stranger", {"keepers": "{}"}), "{ animal(order_by: {id: asc}) { id } }", {"animal": [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}, {"id": 5}]}),
    (Who("reader", {"keys": "{red}"}), "{ animal { id notes } }", {"animal": [{"id": 5, "notes": ["red", "blue"]}]}),
    (Who("reader", {"keys": "{}"}), "{ animal { id } }", {"animal": []}),
    (Who("searcher", {"name": "^(rex|KIM)$"}), "{ animal(order_by: {id: asc}) { id } }", {"animal": [{"id": 1}, {"id": 5}]}),
    (Who("boss", {"name": "Ada"}), "{ animal(order_by: {id: asc}) { id } }", {"animal": [{"id": 3}, {"id": 4}]}),
    (Who("witness"), "{ animal(order_by: {id: asc}, limit: 1) { id } }", {"animal": [{"id": 1}]}),
    (Who("feeder"), "{ animal { id name } }", {"animal": [{"id": 1, "name": "Rex"}]}),
    (NOBODY, "{ no_queries_available }", {"no_queries_available": NO_QUERIES}),
    (NOBODY, "{ animal { id } }", (".selectionSet.animal", FAILED, "field 'animal' not found in type: 'query_root'")),
    (NOBODY, "{ __typename }", {"__typename": "query_root"}),
    (MUTE, "{ __schema { types { name } } }", ("", "not-supported", 'introspection is disabled for role: "mute"')),
    (MUTE, '{ __type(name: "keeper") { fields { name } } }', ("", "not-supported", 'introspection is disabled for role: "mute"')),
    (MUTE, "{ __typename keeper(order_by: {id: asc}, limit: 1) { __typename id } }", {"__typename": "query_root", "keeper": [{"__typename": "keeper", "id": 1}]}),
]  # fmt: skip
