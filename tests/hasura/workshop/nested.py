"""Inserts with others nested in them, in both directions."""

from tests.hasura.workshop.case import FAILED, VIOLATED, Case, Refused, not_null, unique

UNSUPPORTED = "not-supported"
_DETERMINED = "columns as their values are already being determined by parent insert"
_RULE = "on_conflict: {constraint: %s, update_columns: [%s]}"
NESTED = [
    # children
    Case('insert_maker(objects: [{name: "Dee", piece: {data: [{title: "A"}, {title: "B"}]}}]) { affected_rows returning { id piece(order_by: {id: asc}) { id title maker_id } } }',
         {"affected_rows": 3, "returning": [{"id": 4, "piece": [{"id": 5, "title": "A", "maker_id": 4}, {"id": 6, "title": "B", "maker_id": 4}]}]}),
    Case('insert_maker_one(object: {name: "Dee", piece: {data: {title: "A"}}}) { name piece { title } }', {"name": "Dee", "piece": [{"title": "A"}]}),
    Case('insert_maker(objects: [{name: "Dee", piece: {data: [{title: "A"}]}}, {name: "Eli", piece: {data: [{title: "B"}, {title: "C"}]}}]) { affected_rows returning { name piece(order_by: {title: asc}) { title } } }',
         {"affected_rows": 5, "returning": [{"name": "Dee", "piece": [{"title": "A"}]}, {"name": "Eli", "piece": [{"title": "B"}, {"title": "C"}]}]}),
    Case('insert_maker(objects: [{name: "Dee", piece: {data: []}}]) { affected_rows returning { piece { id } } }', {"affected_rows": 1, "returning": [{"piece": []}]}),
    Case('insert_maker(objects: [{name: "Dee", piece: null}]) { affected_rows returning { piece { id } } }', {"affected_rows": 1, "returning": [{"piece": []}]}),
    Case('insert_maker(objects: [{id: 30, piece: {data: [{id: 60}]}}]) { affected_rows returning { piece { id maker { id } } } }', {"affected_rows": 2, "returning": [{"piece": [{"id": 60, "maker": {"id": 30}}]}]}),
    # parents
    Case('insert_piece(objects: [{title: "A", maker: {data: {name: "Dee"}}}]) { affected_rows returning { title maker { id name } } }', {"affected_rows": 2, "returning": [{"title": "A", "maker": {"id": 4, "name": "Dee"}}]}),
    Case('insert_piece_one(object: {title: "A", maker: {data: {name: "Dee"}}}) { maker_id maker { name } }', {"maker_id": 4, "maker": {"name": "Dee"}}),
    Case('insert_piece(objects: [{title: "A", maker: {data: {name: "Dee"}}}, {title: "B", maker_id: 1}, {title: "C", maker: null}]) { affected_rows returning { title maker { name } } }',
         {"affected_rows": 4, "returning": [{"title": "A", "maker": {"name": "Dee"}}, {"title": "B", "maker": {"name": "Ann"}}, {"title": "C", "maker": None}]}),
    Case('insert_piece_one(object: {id: 50, title: "A", maker: null}) { id maker { name } }', {"id": 50, "maker": None}),
    Case('insert_address_one(object: {door: "1", street: "s", visitor: {data: {name: "Hal", age: 3}}}) { visitor { name age } }', {"visitor": {"name": "Hal", "age": 3}}),
    # one to one, either way
    Case('insert_maker_one(object: {name: "Dee", passport: {data: {number: "P-4"}}}) { id passport { id maker_id number } }', {"id": 4, "passport": {"id": 2, "maker_id": 4, "number": "P-4"}}),
    Case('insert_maker(objects: [{name: "Dee", passport: {data: {number: "P-4"}}, piece: {data: [{title: "A"}]}}]) { affected_rows returning { passport { number } piece { title } } }', {"affected_rows": 3, "returning": [{"passport": {"number": "P-4"}, "piece": [{"title": "A"}]}]}),
    Case('insert_passport_one(object: {number: "P-4", maker: {data: {name: "Dee"}}}) { number maker { name passport { number } } }', {"number": "P-4", "maker": {"name": "Dee", "passport": {"number": "P-4"}}}),
    Case('insert_passport_one(object: {number: "P-4", maker: {data: {name: "Dee", piece: {data: [{title: "A"}, {title: "B"}]}}}}) { maker { piece_aggregate { aggregate { count } } } }', {"maker": {"piece_aggregate": {"aggregate": {"count": 2}}}}),
    Case('insert_piece_one(object: {title: "A", maker: {data: {name: "Dee", passport: {data: {number: "P-4"}}}}}) { maker { passport { number } } }', {"maker": {"passport": {"number": "P-4"}}}),
    # conflict rules within
    Case(f'insert_piece_one(object: {{title: "A", maker: {{data: {{name: "Ann"}}, {_RULE % ("maker_name_key", "name")}}}}}) {{ maker {{ id }} }}', {"maker": {"id": 1}}),
    Case(f'insert_maker_one(object: {{name: "Ann", bio: "b", piece: {{data: [{{title: "A"}}]}}}}, {_RULE % ("maker_name_key", "bio")}) {{ id bio piece(order_by: {{id: asc}}) {{ title }} }}', {"id": 1, "bio": "b", "piece": [{"title": "Jug"}, {"title": "Cup"}, {"title": "A"}]}),
    Case(f'insert_maker_one(object: {{name: "Dee", piece: {{data: [{{title: "Jug", story: "moved"}}, {{title: "A"}}], {_RULE % ("piece_title_key", "story, maker_id")}}}}}) {{ piece(order_by: {{id: asc}}) {{ title story }} }}', {"piece": [{"title": "Jug", "story": "moved"}, {"title": "A", "story": None}]}),
    Case(f'insert_maker(objects: [{{name: "Dee", piece: {{data: [{{title: "Jug"}}, {{title: "A"}}], {_RULE % ("piece_title_key", "")}}}}}]) {{ affected_rows returning {{ piece {{ title }} }} }}', {"affected_rows": 2, "returning": [{"piece": [{"title": "A"}]}]}),
    Case("mutation($o: maker_insert_input!) { insert_maker_one(object: $o) { name piece { title } } }", {"name": "Dee", "piece": [{"title": "A"}]}, variables={"o": {"name": "Dee", "piece": {"data": [{"title": "A"}]}}}),
    Case("mutation($p: piece_arr_rel_insert_input) { insert_maker_one(object: {name: \"Dee\", piece: $p}) { piece { title } } }", {"piece": [{"title": "A"}]}, variables={"p": {"data": [{"title": "A"}]}}),
    Case("mutation($m: maker_obj_rel_insert_input) { insert_piece_one(object: {title: \"A\", maker: $m}) { maker { name } } }", {"maker": {"name": "Dee"}}, variables={"m": {"data": {"name": "Dee"}}}),
    Case("mutation($m: maker_obj_rel_insert_input) { insert_piece_one(object: {title: \"A\", maker: $m}) { maker { name } } }", {"maker": None}, variables={"m": None}),
]  # fmt: skip
NESTED_REFUSED = [
    # of rows that belong to several others it can't be told which one was refused
    Case('insert_maker(objects: [{name: "Dee", piece: {data: [{title: "Jug"}]}}, {name: "Eli", piece: {data: [{title: "A"}]}}]) { affected_rows }', Refused("insert_maker.args.objects", VIOLATED, unique("piece_title_key"))),
    Case('insert_maker(objects: [{name: "Dee"}, {name: "Eli", passport: {data: {number: "P", maker: {data: {name: "x"}}}}}]) { affected_rows }', Refused("insert_maker.args.objects[1].passport.data.maker", FAILED, 'cannot insert object relationship "maker" as "maker_id" column values are already determined')),
    Case('insert_passport_one(object: {number: "P", maker: {data: {name: "Dee", piece: {data: [{title: "A"}, {title: "Jug"}]}}}}) { id }', Refused("insert_passport_one.args.object.maker.data.piece.data", VIOLATED, unique("piece_title_key"))),
    Case('insert_maker_one(object: {name: "Dee", piece: {data: [{title: "A"}], on_conflict: {constraint: nope}}}) { id }', Refused("insert_maker_one.args.object.piece.on_conflict.constraint", FAILED, "expected one of the values ['piece_pkey', 'piece_title_key'] for type 'piece_constraint', but found 'nope'")),
    Case('insert_maker_one(object: {name: "Dee", piece: {data: [null]}}) { id }', Refused("insert_maker_one.args.object.piece.data[0]", FAILED, "unexpected null value for type 'piece_insert_input'")),
    Case('insert_maker(objects: [{name: "Dee", piece: {data: [{title: "A", maker_id: 1}]}}]) { affected_rows }', Refused("insert_maker.args.objects[0].piece.data[0]", FAILED, f'cannot insert "maker_id" {_DETERMINED}')),
    Case('insert_maker_one(object: {name: "Dee", piece: {data: [{title: "A"}, {title: "B", maker_id: 1}]}}) { id }', Refused("insert_maker_one.args.object.piece.data[1]", FAILED, f'cannot insert "maker_id" {_DETERMINED}')),
    Case('insert_piece(objects: [{title: "A", maker_id: 4, maker: {data: {name: "Dee"}}}]) { affected_rows }', Refused("insert_piece.args.objects[0].maker", FAILED, 'cannot insert object relationship "maker" as "maker_id" column values are already determined')),
    Case('insert_maker_one(object: {name: "Dee", passport: {data: {maker_id: 4, number: "P"}}}) { id }', Refused("insert_maker_one.args.object.passport.data", FAILED, f'cannot insert "maker_id" {_DETERMINED}')),
    Case(f'insert_piece(objects: [{{title: "A", maker: {{data: {{id: 1, name: "Ann"}}, {_RULE % ("maker_pkey", "")}}}}}]) {{ affected_rows }}', Refused("insert_piece.args.objects[0].maker", UNSUPPORTED, 'cannot proceed to insert object relation "maker" since insert to table "maker" affects zero rows')),
    Case(f'insert_piece_one(object: {{title: "A", maker: {{data: {{name: "Ann"}}, {_RULE % ("maker_name_key", "")}}}}}) {{ id }}', Refused("insert_piece_one.args.object.maker", UNSUPPORTED, 'cannot proceed to insert object relation "maker" since insert to table "maker" affects zero rows')),
    Case(f'insert_maker(objects: [{{id: 1, name: "Ann", piece: {{data: [{{title: "A"}}]}}}}], {_RULE % ("maker_pkey", "")}) {{ affected_rows }}', Refused("insert_maker.args.objects[0]", UNSUPPORTED, 'cannot proceed to insert array relations since insert to table "maker" affects zero rows')),
    Case('insert_maker(objects: [{name: "Dee", piece: {data: [{title: "Jug"}]}}]) { affected_rows }', Refused("insert_maker.args.objects[0].piece.data", VIOLATED, unique("piece_title_key"))),
    Case('insert_maker_one(object: {name: "Dee", piece: {data: [{title: "A"}, {title: "Jug"}]}}) { id }', Refused("insert_maker_one.args.object.piece.data", VIOLATED, unique("piece_title_key"))),
    Case('insert_piece(objects: [{title: "A", maker: {data: {name: "Ann"}}}]) { affected_rows }', Refused("insert_piece.args.objects[0].maker.data", VIOLATED, unique("maker_name_key"))),
    Case('insert_maker_one(object: {name: "Dee", passport: {data: {}}}) { id }', Refused("insert_maker_one.args.object.passport.data", VIOLATED, not_null("number", "passport"))),
    Case('insert_piece_one(object: {title: "Jug", maker: {data: {name: "Dee"}}}) { id }', Refused("insert_piece_one.args.object", VIOLATED, unique("piece_title_key"))),
    Case('insert_maker_one(object: {name: "Dee", piece: {data: [{title: 5}]}}) { id }', Refused("insert_maker_one.args.object.piece.data[0].title", FAILED, "expected a string for type 'String', but found an integer")),
    Case('insert_maker_one(object: {name: "Dee", piece: {data: [{nope: 5}]}}) { id }', Refused("insert_maker_one.args.object.piece.data[0].nope", FAILED, "field 'nope' not found in type: 'piece_insert_input'")),
    Case('insert_maker_one(object: {name: "Dee", piece: {}}) { id }', Refused("insert_maker_one.args.object.piece.data", FAILED, "missing required field 'data'")),
    Case('insert_maker_one(object: {name: "Dee", piece: [{title: "A"}]}) { id }', Refused("insert_maker_one.args.object.piece", FAILED, "expected an object for type 'piece_arr_rel_insert_input', but found a list")),
    Case('insert_piece_one(object: {maker: {data: [{name: "Dee"}]}}) { id }', Refused("insert_piece_one.args.object.maker.data", FAILED, "expected an object for type 'maker_insert_input', but found a list")),
]  # fmt: skip
NESTED += NESTED_REFUSED
