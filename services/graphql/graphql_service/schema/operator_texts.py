"""What the operators of filters do, as the schema tells those who look at it."""

_PATTERN = "`%` stands for any characters, `_` for one"
_SIMILAR = f"the pattern of SQL's SIMILAR TO: {_PATTERN}, and there are alternatives and repetitions"

TEXTS = {
    "_like": f"fits the pattern: {_PATTERN}",
    "_nlike": f"does not fit the pattern: {_PATTERN}",
    "_ilike": f"fits the pattern, upper case or lower: {_PATTERN}",
    "_nilike": f"does not fit the pattern, upper case or lower: {_PATTERN}",
    "_similar": f"fits {_SIMILAR}",
    "_nsimilar": f"does not fit {_SIMILAR}",
    "_regex": "some of it fits the regular expression",
    "_nregex": "none of it fits the regular expression",
    "_iregex": "some of it fits the regular expression, upper case or lower",
    "_niregex": "none of it fits the regular expression, upper case or lower",
    "_has_key": "has this key, or this text among its elements",
    "_has_keys_any": "has one of these keys, or of these texts among its elements",
    "_has_keys_all": "has all of these keys, or of these texts among its elements",
    "_jsonb_path_exists": "something is found at the path, in PostgreSQL's language for them",
    "_jsonb_path_match": "the condition holds, in PostgreSQL's language for paths",
    "_ancestor": "leads to this path, or is it",
    "_ancestor_any": "leads to one of these paths, or is one",
    "_descendant": "begins with this path, or is it",
    "_descendant_any": "begins with one of these paths, or is one",
    "_matches": "fits the pattern of labels",
    "_matches_any": "fits one of the patterns of labels",
    "_matches_fulltext": "has the labels that the search asks for",
}
_OF_JSON = {"_contains": "holds this JSON within it", "_contained_in": "is held within this JSON"}
_OF_ARRAYS = {"_contains": "has all of these elements", "_contained_in": "has none but these elements"}


def told(operator: str, *, array: bool) -> str | None:
    """What an operator does; None where its name says it. ``array``: of a list of values."""
    return TEXTS.get(operator) or (_OF_ARRAYS if array else _OF_JSON).get(operator)
