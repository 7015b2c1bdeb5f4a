"""What GraphQL's types and root fields are called after a resource: patterns of Hasura's names."""

NUMERIC_FUNCTIONS = ("avg", "sum", "stddev", "stddev_pop", "stddev_samp", "var_pop", "var_samp", "variance")
FUNCTIONS = ("max", "min", *NUMERIC_FUNCTIONS)
# what related rows may be compared by beside their number
AGGREGATE_TESTS = (
    "avg", "bool_and", "bool_or", "corr", "covar_samp", "max", "min", "stddev_samp", "sum", "var_samp",
)  # fmt: skip
PAIRED_TESTS = ("corr", "covar_samp")  # of two fields, on PostgreSQL
JSON_OPERATORS = ("append", "prepend", "delete_key", "delete_elem", "delete_at_path")

TYPE_PATTERNS = (
    "{}",
    "{}_aggregate",
    "{}_aggregate_fields",
    *(f"{{}}_{function}_fields" for function in FUNCTIONS),
    "{}_bool_exp",
    "{}_aggregate_bool_exp",
    "{}_aggregate_bool_exp_count",
    *(f"{{}}_aggregate_bool_exp_{function}" for function in AGGREGATE_TESTS),
    *(f"{{}}_aggregate_bool_exp_{function}_arguments" for function in PAIRED_TESTS),
    *(f"{{0}}_select_column_{{0}}_aggregate_bool_exp_{function}_arguments_columns" for function in AGGREGATE_TESTS),
    "{}_order_by",
    "{}_aggregate_order_by",
    *(f"{{}}_{function}_order_by" for function in FUNCTIONS),
    "{}_select_column",
    "{}_group",
    "{}_group_key",
    "{}_group_order_by",
    "{}_group_key_order_by",
    "{}_having",
    *(f"{{}}_{function}_having" for function in ("sum", "avg", "min", "max")),
    "{}_insert_input",
    "{}_obj_rel_insert_input",
    "{}_arr_rel_insert_input",
    "{}_set_input",
    "{}_inc_input",
    *(f"{{}}_{operator}_input" for operator in JSON_OPERATORS),
    "{}_updates",
    "{}_pk_columns_input",
    "{}_mutation_response",
    "{}_constraint",
    "{}_update_column",
    "{}_on_conflict",
)
# root fields by what they do, with Hasura's word for each in its metadata
ROOTS = {
    "select": ("select", "{}"),
    "aggregate": ("select_aggregate", "{}_aggregate"),
    "grouped": ("select_grouped", "{}_grouped"),
    "by_pk": ("select_by_pk", "{}_by_pk"),
    "insert": ("insert", "insert_{}"),
    "insert_one": ("insert_one", "insert_{}_one"),
    "update": ("update", "update_{}"),
    "update_by_pk": ("update_by_pk", "update_{}_by_pk"),
    "update_many": ("update_many", "update_{}_many"),
    "delete": ("delete", "delete_{}"),
    "delete_by_pk": ("delete_by_pk", "delete_{}_by_pk"),
}
ROOT_PATTERNS = tuple(pattern for _, pattern in ROOTS.values())
CALL_PATTERNS = ("{}", "{}_aggregate")  # of functions' root fields
