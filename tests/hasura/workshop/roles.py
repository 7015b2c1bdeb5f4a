"""What roles may write: columns, filters, checks, presets, and session variables in all of them."""

from tests.fixtures.guarded_store import Who
from tests.hasura.workshop.case import CHECK, DENIED, FAILED, Case, Refused, count, rows

ANN, BOB, CID, EVE = (Who("potter", {"maker_id": str(number)}) for number in (1, 2, 3, 5))
_NEW = "insert_maker(objects: [{%s}]) { affected_rows returning { id name registered } }"


def _missing(name: str) -> Refused:
    return Refused("", "not-found", f'missing session variables: "x-hasura-{name}"')


MAKERS = [
    Case(_NEW % 'id: 5, name: "Eve"', rows({"id": 5, "name": "Eve", "registered": False}), EVE),
    Case(_NEW % 'id: 6, name: "Fay"', Refused("insert_maker.args.objects[0]", DENIED, CHECK), EVE),
    Case(_NEW % 'id: 5, name: "Eve", registered: true', Refused("insert_maker.args.objects[0]", DENIED, CHECK), EVE),
    Case('insert_maker_one(object: {id: 6, name: "Fay"}) { id }', Refused("insert_maker_one.args.object", DENIED, CHECK), EVE),
    Case('insert_maker_one(object: {id: 5, bio: "b"}) { bio }', Refused("insert_maker_one.selectionSet.bio", FAILED, "field 'bio' not found in type: 'maker'"), EVE),
    Case('insert_maker(objects: [{id: 50, name: "S", bio: "b"}]) { affected_rows }', count(1), Who("apprentice")),
    Case('insert_maker(objects: [{id: 50, name: "S"}]) { affected_rows }', Refused("insert_maker.args.objects[0]", DENIED, CHECK), Who("apprentice")),
    Case('insert_maker(objects: [{id: 50, bio: "b"}, {id: 51}]) { affected_rows }', Refused("insert_maker.args.objects", DENIED, CHECK), Who("apprentice")),
    Case('insert_maker(objects: [{bio: "b"}]) { returning { id } }', Refused("insert_maker.selectionSet.returning", FAILED, "field 'returning' not found in type: 'maker_mutation_response'"), Who("apprentice")),
    Case('insert_maker_one(object: {bio: "b"}) { id }', Refused("insert_maker_one", FAILED, "field 'insert_maker_one' not found in type: 'mutation_root'"), Who("apprentice")),
    Case('update_maker(where: {}, _set: {name: "N"}) { affected_rows returning { id name } }', rows({"id": 1, "name": "N"}), ANN),
    Case('update_maker(where: {}, _set: {name: "N"}) { affected_rows }', count(0), BOB),  # he is registered
    Case('update_maker_by_pk(pk_columns: {id: 2}, _set: {name: "N"}) { id }', None, ANN),
    Case('insert_maker(objects: [{id: 1, name: "Ann", registered: false}], on_conflict: {constraint: maker_pkey, update_columns: [name]}) { affected_rows }', count(1), ANN),
    Case("delete_maker(where: {}) { affected_rows }", Refused("delete_maker", FAILED, "field 'delete_maker' not found in type: 'mutation_root'"), ANN),
    Case("insert_address(objects: []) { affected_rows }", Refused("", FAILED, "no mutations exist"), Who("nobody")),
    Case('insert_maker(objects: [{bio: "b"}]) { affected_rows }', Refused("", FAILED, "no mutations exist"), Who("nobody")),
]  # fmt: skip

PIECES = [
    Case('insert_piece(objects: [{title: "A", maker_id: 1}]) { returning { title maker { name } } }', {"returning": [{"title": "A", "maker": {"name": "Ann"}}]}, ANN),
    Case('insert_piece(objects: [{title: "A", maker_id: 2}]) { affected_rows }', Refused("insert_piece.args.objects[0]", DENIED, CHECK), ANN),
    Case('insert_piece(objects: [{title: "A"}]) { affected_rows }', Refused("insert_piece.args.objects[0]", DENIED, CHECK), ANN),
    Case('insert_piece(objects: [{id: 1, story: "mine", maker_id: 1}], on_conflict: {constraint: piece_pkey, update_columns: [story]}) { affected_rows returning { title story maker_id } }', rows({"title": "Jug", "story": "mine", "maker_id": 1}), ANN),
    Case('insert_piece(objects: [{id: 4, story: "theirs", maker_id: 1}], on_conflict: {constraint: piece_pkey, update_columns: [story]}) { affected_rows returning { id } }', rows(), ANN),
    Case('insert_piece(objects: [{id: 4, story: "theirs", maker_id: 1}], on_conflict: {constraint: piece_pkey}) { affected_rows returning { id } }', rows(), ANN),
    Case('insert_piece(objects: [{title: "A", maker_id: 2}]) { returning { title } }', {"returning": [{"title": "A"}]}, Who("editor", {"maker_ids": "{1,2}"})),
    Case('insert_piece(objects: [{title: "A", maker_id: 3}]) { returning { title } }', Refused("insert_piece.args.objects[0]", DENIED, CHECK), Who("editor", {"maker_ids": "{1,2}"})),
    Case('insert_piece(objects: [{title: "A", maker_id: 1}]) { affected_rows }', Refused("insert_piece.args.objects[0]", DENIED, CHECK), Who("editor", {"maker_ids": "{}"})),
    Case('insert_piece(objects: [{title: "A", maker_id: 1}]) { affected_rows }', _missing("maker-ids"), Who("editor")),
    Case('insert_piece(objects: [{id: 1, story: "r"}], on_conflict: {constraint: piece_pkey, update_columns: []}) { affected_rows returning { story } }', rows(), Who("restricted")),
    Case('insert_piece(objects: [{id: 1, story: "e", maker_id: 1}], on_conflict: {constraint: piece_pkey}) { affected_rows returning { id } }', rows(), Who("editor", {"maker_ids": "{1}"})),
    Case('insert_piece(objects: [{id: 1, maker_id: 1}], on_conflict: {constraint: piece_pkey, update_columns: [story]}) { affected_rows }', Refused("insert_piece.args.on_conflict.update_columns[0]", FAILED, "expected one of the values ['_PLACEHOLDER'] for type 'piece_update_column', but found 'story'"), Who("editor", {"maker_ids": "{1}"})),
    Case('insert_piece(objects: [{id: 1, story: "r"}], on_conflict: {constraint: piece_pkey, update_columns: [story]}) { affected_rows }', Refused("insert_piece.args.on_conflict.update_columns[0]", FAILED, "expected one of the values ['_PLACEHOLDER'] for type 'piece_update_column', but found 'story'"), Who("restricted")),
    Case('insert_piece(objects: [{id: 1, story: "r"}], on_conflict: {constraint: piece_pkey, update_columns: [_PLACEHOLDER]}) { affected_rows }', Refused("insert_piece.args.on_conflict", FAILED, "erroneous column name"), Who("restricted")),
    Case('update_piece(where: {}, _set: {title: "x"}) { affected_rows }', Refused("update_piece", FAILED, "field 'update_piece' not found in type: 'mutation_root'"), Who("restricted")),
    Case('update_piece(where: {id: {_eq: 1}}, _set: {story: "u"}) { affected_rows returning { id story } }', rows({"id": 1, "story": "u"}), ANN),
    Case('update_piece(where: {id: {_eq: 4}}, _set: {story: "u"}) { affected_rows returning { id } }', rows(), ANN),
    Case('update_piece(where: {}, _set: {story: "u"}) { affected_rows }', count(2), ANN),
    Case('update_piece_many(updates: [{where: {id: {_eq: 1}}, _set: {story: "u"}}, {where: {id: {_eq: 3}}, _set: {story: "u"}}]) { affected_rows }', [count(1), count(0)], ANN),
    Case("update_piece(where: {id: {_eq: 2}}, _set: {maker_id: 2}) { affected_rows }", count(1), ANN, then="{ piece_by_pk(id: 2) { maker_id } }", after={"piece_by_pk": {"maker_id": 2}}),
    Case("delete_piece(where: {}) { affected_rows returning { id } }", rows({"id": 1}, {"id": 2}), ANN),
    Case("delete_piece(where: {id: {_eq: 4}}) { affected_rows returning { id } }", rows(), ANN),
    Case("delete_piece_by_pk(id: 4) { id }", None, ANN),
    Case("delete_piece_by_pk(id: 2) { id title }", {"id": 2, "title": "Cup"}, ANN),
    # a row that leaves one's sight is answered all the same, as it was written
    Case("update_piece_by_pk(pk_columns: {id: 1}, _set: {shown: false}) { id title shown }", {"id": 1, "title": "Jug", "shown": False}, Who("hider")),
    Case("update_piece(where: {}, _set: {shown: null}) { affected_rows returning { id shown } }", rows({"id": 1, "shown": None}, {"id": 4, "shown": None}), Who("hider")),
    Case('insert_piece_one(object: {title: "A"}) { id title }', {"id": 5, "title": "A"}, Who("hider")),
    Case('insert_piece(objects: [{title: "A"}, {title: "B", shown: true}]) { affected_rows returning { title } }', rows({"title": "A"}, {"title": "B"}), Who("hider")),
    # keys that a relation fills in need no column of their own
    Case('insert_maker_one(object: {name: "Dee", piece: {data: [{title: "A"}]}}) { name piece { title maker_id } }', {"name": "Dee", "piece": [{"title": "A", "maker_id": 4}]}, Who("nester")),
    Case('insert_piece_one(object: {title: "A", maker: {data: {name: "Dee"}}}) { maker_id maker { name } }', {"maker_id": 4, "maker": {"name": "Dee"}}, Who("nester")),
    Case('insert_piece_one(object: {title: "A", maker_id: 1}) { id }', Refused("insert_piece_one.args.object.maker_id", FAILED, "field 'maker_id' not found in type: 'piece_insert_input'"), Who("nester")),
]  # fmt: skip

_HOST = {"visitor_id": "40", "visitor_name": "Host"}
_VISITOR = "insert_visitor(objects: [{%s}]) { affected_rows returning { id name age staff } }"
PRESETS = [
    Case(_VISITOR % "id: 40, age: 3", rows({"id": 40, "name": "Host", "age": 3, "staff": True}), Who("host", _HOST)),
    Case(_VISITOR % "id: 41, age: 3", Refused("insert_visitor.args.objects[0]", DENIED, CHECK), Who("host", _HOST)),
    Case(_VISITOR % 'id: 40, age: 3, name: "X"', Refused("insert_visitor.args.objects[0].name", FAILED, "field 'name' not found in type: 'visitor_insert_input'"), Who("host", _HOST)),
    Case(_VISITOR % "id: 40, age: 3", _missing("visitor-name"), Who("host", {"visitor_id": "40"})),
    Case(_VISITOR % "age: 1", rows({"id": 50, "name": "Kid", "age": 1, "staff": False}), Who("child", {"child_id": "50", "child_name": "Kid"})),
    Case(_VISITOR % "age: 1, staff: true", Refused("insert_visitor.args.objects[0].staff", FAILED, "field 'staff' not found in type: 'visitor_insert_input'"), Who("child", {"child_id": "50", "child_name": "Kid"})),
    Case(_VISITOR % "age: 1", Refused("insert_visitor.args.objects", "constraint-violation", 'Uniqueness violation. duplicate key value violates unique constraint "visitor_pkey"'), Who("child", {"child_id": "5", "child_name": "Kid"})),
    Case('insert_visitor(objects: [{id: 5, name: "Fay", age: 23}], on_conflict: {constraint: visitor_name_key, update_columns: [name, age]}) { affected_rows returning { id name age } }', rows(), Who("self", {"visitor_id": "5"})),
    Case('insert_visitor(objects: [{id: 5, name: "Eve", age: 23}], on_conflict: {constraint: visitor_pkey, update_columns: [age]}) { affected_rows returning { id age } }', rows({"id": 5, "age": 23}), Who("self", {"visitor_id": "5"})),
    Case('insert_visitor(objects: [{id: 5, name: "Eve", age: 23}], on_conflict: {constraint: visitor_pkey, update_columns: [age], where: {age: {_gt: 21}}}) { affected_rows }', count(0), Who("self", {"visitor_id": "5"})),
    Case('update_visitor(where: {name: {_eq: "Gus"}}, _set: {age: 31}) { affected_rows returning { id age city } }', rows({"id": 7, "age": 31, "city": "melbourne"}), Who("mover")),
    Case('update_visitor(where: {name: {_eq: "Gus"}}) { affected_rows returning { id age city } }', rows({"id": 7, "age": 30, "city": "melbourne"}), Who("mover")),
    Case('update_visitor(where: {name: {_eq: "Gus"}}, _set: {}) { returning { city } }', {"returning": [{"city": "melbourne"}]}, Who("mover")),
    Case("update_visitor_by_pk(pk_columns: {id: 7}) { id city }", {"id": 7, "city": "melbourne"}, Who("mover")),
    Case("update_visitor_by_pk(pk_columns: {id: 99}) { id city }", None, Who("mover")),
    Case("update_visitor_many(updates: [{where: {id: {_eq: 7}}}, {where: {id: {_eq: 6}}, _inc: {age: 1}}]) { returning { age city } }", [{"returning": [{"age": 30, "city": "melbourne"}]}, {"returning": [{"age": 23, "city": "melbourne"}]}], Who("mover")),
    Case('update_visitor(where: {name: {_eq: "Gus"}}) { affected_rows returning { city } }', rows({"city": "auckland"}), Who("traveller", {"city": "auckland"})),
    Case('update_visitor(where: {name: {_eq: "Gus"}}, _set: {age: 1}) { returning { age city } }', {"returning": [{"age": 1, "city": "auckland"}]}, Who("traveller", {"city": "auckland"})),
    Case('update_visitor(where: {}, _set: {age: 1}) { affected_rows }', _missing("city"), Who("traveller")),
    Case('update_visitor(where: {}, _set: {city: "x"}) { affected_rows }', Refused("update_visitor.args._set.city", FAILED, "field 'city' not found in type: 'visitor_set_input'"), Who("mover")),
    Case("delete_visitor(where: {id: {_eq: 6}}) { affected_rows }", count(1), Who("agent", {"visitor_ids": "{6,7}"})),
    Case("delete_visitor(where: {id: {_eq: 5}}) { affected_rows }", count(0), Who("agent", {"visitor_ids": "{6,7}"})),
    Case("delete_visitor(where: {}) { affected_rows returning { name } }", rows({"name": "Fay"}, {"name": "Gus"}), Who("agent", {"visitor_ids": "{6,7}"})),
    Case("delete_visitor(where: {}) { affected_rows }", count(1), Who("remover", {"visitor_id": "6"})),
    Case("delete_visitor(where: {id: {_eq: 6}}) { affected_rows }", Refused("delete_visitor.args.where.id", FAILED, "field 'id' not found in type: 'visitor_bool_exp'"), Who("remover", {"visitor_id": "6"})),
    Case('insert_journal(objects: [{id: 1, title: "first", body: "by Ann", maker_id: 1}], on_conflict: {constraint: journal_pkey, update_columns: [body]}) { affected_rows returning { id title body state changed_by } }', rows({"id": 1, "title": "first", "body": "by Ann", "state": "edited", "changed_by": 1}), ANN),
    Case('insert_journal(objects: [{title: "new", maker_id: 1}], on_conflict: {constraint: journal_pkey, update_columns: [body]}) { affected_rows returning { title state changed_by } }', rows({"title": "new", "state": None, "changed_by": None}), ANN),
    Case('update_journal(where: {}, _set: {body: "x"}) { affected_rows returning { id state changed_by } }', rows({"id": 1, "state": "edited", "changed_by": 1}), ANN),
    Case('insert_journal_one(object: {title: "n", state: "s"}) { id }', Refused("insert_journal_one.args.object.state", FAILED, "field 'state' not found in type: 'journal_insert_input'"), ANN),
]  # fmt: skip

_SPEC = (
    'insert_device(objects: [{name: "d", spec: {cpu: 1, display: 2, memory: 3}}]) { affected_rows returning { name } }'
)
OTHERS = [
    Case(_SPEC, rows({"name": "d"}), Who("seller", {"spec_keys": "{cpu,display}"})),
    Case(_SPEC, Refused("insert_device.args.objects[0]", DENIED, CHECK), Who("seller", {"spec_keys": "{cpu,warranty}"})),
    Case(_SPEC, rows({"name": "d"}), Who("tester", {"spec_keys": "{warranty,memory}"})),
    Case(_SPEC, Refused("insert_device.args.objects[0]", DENIED, CHECK), Who("tester", {"spec_keys": "{warranty,price}"})),
    Case("insert_account(objects: {number: 1}) { affected_rows }", Refused("insert_account.args.objects[0]", DENIED, CHECK), ANN),
    Case("insert_account(objects: {number: 1}) { affected_rows }", count(1), BOB),
    Case("update_account(where: {number: {_eq: 10}}, _set: {number: 11}) { affected_rows }", count(0), ANN),
    Case("update_account(where: {number: {_eq: 10}}, _set: {number: 11}) { affected_rows returning { number } }", rows({"number": 11}), BOB),
    Case("delete_account(where: {}) { affected_rows }", count(0), ANN),
    Case("delete_account(where: {}) { affected_rows }", count(2), BOB),
    Case('insert_lead(objects: [{id: 1, name: "lead 2", added_by: "sales 1"}], on_conflict: {constraint: lead_pkey, update_columns: [name]}) { affected_rows }', count(1), Who("sales", {"maker_id": "sales 1"})),
    Case('insert_lead(objects: [{id: 1, name: "lead 2", added_by: "sales 2"}], on_conflict: {constraint: lead_pkey, update_columns: [name]}) { affected_rows }', count(0), Who("sales", {"maker_id": "sales 2"})),
    Case('insert_lead(objects: [{id: 2, name: "lead 2", added_by: "sales 1"}]) { affected_rows }', Refused("insert_lead.args.objects[0]", DENIED, CHECK), Who("sales", {"maker_id": "sales 2"})),
    Case('insert_Guild_one(object: {id: 7, Name: "G"}) { id Name }', {"id": 7, "Name": "G"}, Who("potter", {"guild_id": "7"})),
    Case('insert_Guild(objects: [{id: 1, Name: "G"}], on_conflict: {constraint: Guild_pkey, update_columns: [Name]}) { affected_rows returning { id Name } }', rows({"id": 1, "Name": "G"}), Who("potter", {"guild_id": "1"})),
    Case('insert_Guild(objects: [{id: 2, Name: "G"}]) { affected_rows }', Refused("insert_Guild.args.objects[0]", DENIED, CHECK), Who("potter", {"guild_id": "1"})),
    Case('update_edition(where: {id: {_eq: 2}}, _set: {title: "T", version: "1.2"}) { affected_rows returning { id version title } }', rows({"id": 2, "version": "1.2", "title": "T"}), ANN),
    Case('update_edition(where: {id: {_eq: 1}}, _set: {title: "T"}) { affected_rows returning { id } }', rows(), ANN),
    Case('update_edition(where: {id: {_eq: 3}}, _set: {title: "T"}) { affected_rows }', count(0), ANN),
    Case("update_edition(where: {id: {_eq: 2}}, _set: {final: true}) { affected_rows returning { id } }", Refused("", DENIED, CHECK), ANN),
    Case('update_edition_by_pk(pk_columns: {id: 2, version: "1.1"}, _set: {final: true}) { id }', Refused("", DENIED, CHECK), ANN),
    Case("update_edition(where: {id: {_eq: 2}}, _set: {id: 9}) { affected_rows }", Refused("update_edition.args._set.id", FAILED, "field 'id' not found in type: 'edition_set_input'"), ANN),
]  # fmt: skip
ROLES = [*MAKERS, *PIECES, *PRESETS, *OTHERS]
