"""`where`: every operator and every way to put conditions together, and what is refused (graphql.md §§4, 5)."""

import pytest

ALL = [1, 2, 3, 4, 5]
BOOKS = [
    # absent, null and empty conditions hold
    ("{}", ALL),
    ("null", ALL),
    ("{id: null}", ALL),
    ("{id: {}}", ALL),
    ("{_and: null, _or: null, _not: null}", ALL),
    ("{author: null}", ALL),
    # connectives
    ("{_and: []}", ALL),
    ("{_or: []}", []),
    ("{_not: {}}", []),
    ("{_or: [{}]}", ALL),
    ("{_and: {id: {_eq: 1}}}", [1]),
    ('{_or: {id: {_eq: 1}, title: {_eq: "x"}}}', []),
    ("{_or: [{id: {_eq: 1}}, {id: {_eq: 5}}]}", [1, 5]),
    ("{_and: [{id: {_gt: 1}}, {_or: [{id: {_lt: 3}}, {id: {_eq: 5}}]}]}", [2, 5]),
    ("{_not: {_or: [{id: {_eq: 1}}, {id: {_eq: 2}}]}}", [3, 4, 5]),
    ("{_not: {_not: {id: {_eq: 1}}}}", [1]),
    ("{id: {_gt: 1}, pages: {_lt: 300}}", [2, 3, 5]),
    ("{id: {_gt: 1, _lt: 4}}", [2, 3]),
    # null is neither equal nor different, whichever way it is asked
    ("{price: {_neq: 10.5}}", [2, 5]),
    ("{_not: {price: {_eq: 10.5}}}", [2, 5]),
    ("{price: {_nin: [10.5]}}", [2, 5]),
    ("{price: {_is_null: true}}", [3]),
    ("{price: {_is_null: false}}", [1, 2, 4, 5]),
    ("{_not: {price: {_is_null: true}}}", [1, 2, 4, 5]),
    # comparisons, numbers in quotes, lists of one
    ('{id: {_eq: "3"}}', [3]),
    ("{id: {_gte: 4}}", [4, 5]),
    ("{id: {_lte: 1}}", [1]),
    ("{id: {_in: [1, 2]}}", [1, 2]),
    ('{id: {_in: ["1", 5, 99]}}', [1, 5]),
    ("{id: {_in: 1}}", [1]),
    ("{id: {_in: []}}", []),
    ("{id: {_nin: []}}", ALL),
    ("{id: {_nin: [1, 2, 3]}}", [4, 5]),
    ('{price: {_in: ["10.50", 5]}}', [1, 2, 4]),
    ("{price: {_gt: 0.985, _lt: 5.005}}", [2, 5]),
    ('{sold: {_eq: "9007199254740993"}}', [1]),
    ("{sold: {_gt: 9007199254740992}}", [1]),
    ('{score: {_eq: "2.25"}}', [3, 4]),
    ("{score: {_lt: 0}}", [5]),
    ("{available: {_eq: true}}", [1, 2, 4, 5]),
    ("{available: {_neq: true}}", [3]),
    ("{available: {_in: [false]}}", [3]),
    # days and moments
    ('{published_on: {_gte: "2001-05-05"}}', [4, 5]),
    ('{published_on: {_in: ["1843-09-01", "2001-05-05"]}}', [1, 4]),
    ('{made_at: {_eq: "2020-01-02 10:00:00"}}', [2, 4]),
    ('{made_at: {_gt: "2020-01-01T10:00:00"}}', [2, 4]),
    # patterns
    ('{title: {_like: "%ngines%"}}', [1, 4]),
    ('{title: {_like: "eng%"}}', [4]),
    ('{title: {_nlike: "E%"}}', [2, 3, 4, 5]),
    ('{title: {_ilike: "ENG%"}}', [1, 4]),
    ('{title: {_nilike: "e%"}}', [2, 3, 5]),
    ('{title: {_like: "Ice__0%"}}', [3]),
    ('{title: {_like: "Ice\\\\_50\\\\%"}}', [3]),
    ('{isbn: {_nlike: "i-1"}}', [2, 4, 5]),
    ('{title: {_similar: "(E|N)%"}}', [1, 2]),
    ('{title: {_nsimilar: "(E|N)%"}}', [3, 4, 5]),
    ('{title: {_regex: "^E"}}', [1]),
    ('{title: {_nregex: "^E"}}', [2, 3, 4, 5]),
    ('{title: {_iregex: "^e"}}', [1, 4]),
    ('{title: {_niregex: "^e"}}', [2, 3, 5]),
    ('{title: {_iregex: "^(?!eng)"}}', [2, 3, 5]),
    ('{title: {_iregex: "(?<!s)$"}}', [3, 4, 5]),
    ('{title: {_eq: "\\u0045ngines"}}', [1]),
    ('{title: {_eq: """Engines"""}}', [1]),
    # JSON
    ('{meta: {_eq: {lang: "en"}}}', [4]),
    ('{meta: {_eq: "text"}}', [5]),
    ('{meta: {_neq: {lang: "en"}}}', [1, 2, 5]),
    ('{meta: {_in: [{lang: "en"}, "text"]}}', [4, 5]),
    ("{meta: {_in: []}}", []),
    ('{meta: {_nin: ["text"]}}', [1, 2, 4]),
    ("{meta: {_is_null: true}}", [3]),
    ('{meta: {_contains: {lang: "en"}}}', [1, 4]),
    ('{meta: {_contains: {tags: ["y"]}}}', [1]),
    ('{meta: {_contains: "text"}}', [5]),
    ('{meta: {_contained_in: {lang: "en", more: 1}}}', [4]),
    ('{meta: {_has_key: "tags"}}', [1, 2]),
    ('{meta: {_has_keys_any: ["tags", "lang"]}}', [1, 2, 4]),
    ('{meta: {_has_keys_all: ["tags", "lang"]}}', [1, 2]),
    # relations
    ("{author: {}}", [1, 2, 3, 4]),
    ("{_not: {author: {}}}", [5]),
    ('{author: {name: {_eq: "Ada"}}}', [1, 2]),
    ('{author: {mentor: {name: {_eq: "Ada"}}}}', [3, 4]),
    ('{_not: {author: {name: {_eq: "Ada"}}}}', [3, 4, 5]),
    ('{genre: {code: {_eq: "sf"}}}', [1, 4]),
    ("{book_genre: {weight: {_gte: 2}, genre: {label: {_is_null: false}}}}", [1, 4]),
    ("{_not: {loan: {}}}", [3, 4, 5]),
    ("{loan: {back_at: {_is_null: true}}}", [1, 2]),
]
AUTHORS = [
    ("{book: {}}", [1, 2]),
    ("{_not: {book: {}}}", [3, 4]),
    ('{book: {genre: {code: {_eq: "sci"}}}}', [1]),
    ("{book: {_or: [{pages: {_lt: 150}}, {price: {_is_null: true}}]}}", [1, 2]),
    ('{author: {name: {_ilike: "CHLO%"}}}', [1]),
    ('{name: {_ilike: "chloÉ"}}', [3]),
    # how many related rows
    ("{book_aggregate: {count: {predicate: {_gt: 1}}}}", [1, 2]),
    ("{book_aggregate: {count: {predicate: {_eq: 0}}}}", [3, 4]),
    ("{book_aggregate: {count: {predicate: {_in: [0, 1]}}}}", [3, 4]),
    ("{book_aggregate: {count: {predicate: {_nin: [0, 1]}}}}", [1, 2]),
    ("{book_aggregate: {count: {filter: {price: {_gt: 6}}, predicate: {_eq: 1}}}}", [1, 2]),
    ("{book_aggregate: {count: {arguments: price, predicate: {_eq: 1}}}}", [2]),
    ("{book_aggregate: {count: {arguments: [pages], distinct: true, predicate: {_eq: 2}}}}", [1, 2]),
    ("{book_aggregate: {count: {predicate: {}}}}", [1, 2, 3, 4]),
    ("{book_aggregate: null}", [1, 2, 3, 4]),
]
FAILED = "validation-failed"
REFUSED = [
    ("{nope: {_eq: 1}}", ".nope", FAILED, "field 'nope' not found in type: 'book_bool_exp'"),
    ("{id: {_nope: 1}}", ".id._nope", FAILED, "field '_nope' not found in type: 'Int_comparison_exp'"),
    ("{author: {book: {x: {}}}}", ".author.book.x", FAILED, "field 'x' not found in type: 'book_bool_exp'"),
    ("{id: {_eq: null}}", ".id._eq", FAILED, "unexpected null value for type 'Int'"),
    ("{id: {_in: null}}", ".id._in", FAILED, "unexpected null value for type '[Int]'"),
    ("{id: {_in: [1, null]}}", ".id._in[1]", FAILED, "unexpected null value for type 'Int'"),
    ("{price: {_is_null: null}}", ".price._is_null", FAILED, "unexpected null value for type 'Boolean'"),
    ("{title: {_like: null}}", ".title._like", FAILED, "unexpected null value for type 'String'"),
    ("{_and: [null]}", "._and[0]", FAILED, "unexpected null value for type 'book_bool_exp'"),
    ("{id: 1}", ".id", FAILED, "expected an object for type 'Int_comparison_exp', but found an integer"),
    ("[]", "", FAILED, "expected an object for type 'book_bool_exp', but found a list"),
    ('{id: {_eq: "x"}}', ".id._eq", "data-exception", 'invalid input syntax for type integer: "x"'),
    ("{id: {_eq: 2.5}}", ".id._eq", FAILED, "expected a 32-bit integer for type 'Int', but found a float"),
    ("{id: {_eq: 99999999999}}", ".id._eq", "data-exception", 'value "99999999999" is out of range for type integer'),
    ("{title: {_eq: 1}}", ".title._eq", FAILED, "expected a string for type 'String', but found an integer"),
    ("{title: {_eq: word}}", ".title._eq", FAILED, "expected a string for type 'String', but found an enum value"),
    ('{available: {_eq: "true"}}', ".available._eq", FAILED, "expected a boolean for type 'Boolean', but found a string"),
    ('{price: {_eq: "x"}}', ".price._eq", "data-exception", 'invalid input syntax for type numeric: "x"'),
    ("{price: {_eq: true}}", ".price._eq", FAILED, "expected a number for type 'numeric', but found a boolean"),
    ("{id: {_eq: {a: 1}}}", ".id._eq", FAILED, "expected a 32-bit integer for type 'Int', but found an object"),
    ("{loan_aggregate: {count: {}}}", ".loan_aggregate.count.predicate", FAILED, "missing required field 'predicate'"),
]  # fmt: skip
# what only the database can judge has the place of the field that asks
REFUSED_BY_DATA = [
    ('{published_on: {_eq: "nodate"}}', 'invalid input syntax for type date: "nodate"'),
    ('{published_on: {_eq: "2001-02-30"}}', 'date/time field value out of range: "2001-02-30"'),
    ('{title: {_regex: "("}}', "invalid regular expression: "),
    ('{title: {_similar: "("}}', "invalid regular expression: "),
]


def _keys(library, name, where):
    rows = library.data_of(f"{{ {name}(where: {where}, order_by: {{id: asc}}) {{ id }} }}")[name]
    return [row["id"] for row in rows]


@pytest.mark.parametrize(("where", "expected"), BOOKS)
def test_books(reading, where, expected):
    assert _keys(reading, "book", where) == expected
    counted = reading.data_of(f"{{ book_aggregate(where: {where}) {{ aggregate {{ count }} }} }}")
    assert counted["book_aggregate"]["aggregate"]["count"] == len(expected)


@pytest.mark.parametrize(("where", "expected"), AUTHORS)
def test_authors(reading, where, expected):
    assert _keys(reading, "author", where) == expected


@pytest.mark.parametrize(("where", "place", "code", "message"), REFUSED)
def test_what_is_refused(reading, where, place, code, message):
    document = f"{{ book(where: {where}) {{ id }} }}"
    assert reading.error_of(document) == (f"$.selectionSet.book.args.where{place}", code, message)
    within = f"{{ author {{ b: book(where: {where}) {{ id }} }} }}"
    assert reading.error_of(within)[0] == f"$.selectionSet.author.selectionSet.book.args.where{place}"


@pytest.mark.parametrize(("where", "message"), REFUSED_BY_DATA)
def test_what_the_database_refuses(reading, where, message):
    path, code, found = reading.error_of(f"{{ book(where: {where}) {{ id }} }}")
    assert (path, code) == ("$", "data-exception")
    assert found.startswith(message)
