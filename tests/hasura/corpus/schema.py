"""The schema as it shows itself: the type asked for, and what of it is told. Types are written as in a schema's text."""

TYPES = [
    ("keeper", "fields", {"id": "Int!", "name": "String!", "boss_id": "Int", "wage": "Int", "team": "String", "boss": "keeper", "animal": "[animal!]!", "animal_aggregate": "animal_aggregate!", "staff": "[keeper!]!", "staff_aggregate": "keeper_aggregate!"}),
    ("feeding", "fields", {"animal_id": "Int!", "day": "date!", "grams": "Int"}),
    ("animal_aggregate", "fields", {"aggregate": "animal_aggregate_fields", "nodes": "[animal!]!"}),
    ("animal_sum_fields", "fields", {"id": "Int", "keeper_id": "Int", "weight": "numeric", "score": "float8"}),
    ("animal_avg_fields", "fields", {"id": "Float", "keeper_id": "Float", "weight": "Float", "score": "Float"}),
    ("feeding_bool_exp", "inputFields", {"_and": "[feeding_bool_exp!]", "_not": "feeding_bool_exp", "_or": "[feeding_bool_exp!]", "animal_id": "Int_comparison_exp", "day": "date_comparison_exp", "grams": "Int_comparison_exp", "animal": "animal_bool_exp"}),
    ("keeper_order_by", "inputFields", {"id": "order_by", "name": "order_by", "boss_id": "order_by", "wage": "order_by", "team": "order_by", "boss": "keeper_order_by", "animal_aggregate": "animal_aggregate_order_by", "staff_aggregate": "keeper_aggregate_order_by"}),
    ("feeding_aggregate_bool_exp_count", "inputFields", {"arguments": "[feeding_select_column!]", "distinct": "Boolean", "filter": "feeding_bool_exp", "predicate": "Int_comparison_exp!"}),
    ("feeding_aggregate_bool_exp_sum", "inputFields", {"arguments": "feeding_select_column_feeding_aggregate_bool_exp_sum_arguments_columns!", "distinct": "Boolean", "filter": "feeding_bool_exp", "predicate": "float8_comparison_exp!"}),
    ("Int_comparison_exp", "inputFields", {"_eq": "Int", "_gt": "Int", "_gte": "Int", "_in": "[Int!]", "_is_null": "Boolean", "_lt": "Int", "_lte": "Int", "_neq": "Int", "_nin": "[Int!]"}),
    ("feeding_pk_columns_input", "inputFields", {"animal_id": "Int!", "day": "date!"}),
    ("vet_insert_input", "inputFields", {"id": "Int", "animal_id": "Int", "fee": "bigint", "animal": "animal_obj_rel_insert_input"}),
    ("vet_mutation_response", "fields", {"affected_rows": "Int!", "returning": "[vet!]!"}),
]  # fmt: skip
# what differs by database: PostgreSQL holds foreign keys, SQLite lets them dangle
NEVER_NULL = ("feeding", "animal", {"postgresql": "animal!", "sqlite": "animal"})
ROOTS = {
    "feeding": ("[feeding!]!", {"distinct_on": "[feeding_select_column!]", "limit": "Int", "offset": "Int", "order_by": "[feeding_order_by!]", "where": "feeding_bool_exp"}),
    "feeding_aggregate": ("feeding_aggregate!", {"distinct_on": "[feeding_select_column!]", "limit": "Int", "offset": "Int", "order_by": "[feeding_order_by!]", "where": "feeding_bool_exp"}),
    "feeding_by_pk": ("feeding", {"animal_id": "Int!", "day": "date!"}),
}  # fmt: skip
