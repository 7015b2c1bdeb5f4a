-- What both databases can hold of the situations in which PostgREST's users read.
create table slots (id integer primary key);
insert into slots values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15);
create table void_rows (id integer primary key, label text);
create table notes (k text primary key, extra text not null);
insert into notes values ('abba', 'p'), ('aBBa', 'q');
create table gaps (a text, b text);
insert into gaps values (null, null), ('1', '0'), ('2', '0');
create table amounts (a integer);
insert into amounts values (null);
create table lamps (id integer primary key, label text, lit boolean);
insert into lamps values (1, 'hall', true), (2, 'attic', false), (3, 'cellar', null);
create table guests (name text);
insert into guests values
    ('Brahe, Tycho'), ('Curie, Marie'), ('Euler, Leo'), ('Ada King'), ('Max Born'), ('Agent (86)'), ('"'),
    ('Two"Quotes"Here"'), ('\'), ('/\Back/\Slash/\');
create table letters (id integer primary key, body text);
insert into letters values
    (1, 'We all plan; Plans become greatness'), (2, 'A brain is worth a hundred things'), (3, 'Nothing at all, THING or two');
create table has_count (count integer);
insert into has_count values (7);
create table alias_t (t integer);
create table blanks (id integer primary key, string text);
insert into blanks values (1, ''), (2, 'x');

create table bands (id integer primary key, name text not null);
insert into bands values (1, 'Meridian'), (2, 'Tundra');
create table albums (
    id integer primary key, name text not null, band_id integer constraint band references bands (id));
insert into albums values (1, 'Dawn', 1), (2, 'Dusk', 1), (3, 'Frost', 2), (4, 'Thaw', 2), (5, 'Solo', null);
create table tracks (
    id integer primary key, name text not null, album_id integer constraint album references albums (id));
insert into tracks values
    (1, 'Intro Dawn', 1), (2, 'Coda Dawn', 1), (3, 'Intro Dusk', 2), (4, 'Coda Dusk', 2),
    (5, 'Intro Frost', 3), (6, 'Coda Frost', 3), (7, 'Intro Thaw', 4), (8, 'Coda Thaw', 4);
create table singers (id integer primary key, name text not null);
insert into singers values (1, 'Ines'), (2, 'Marek'), (3, 'Odile');
create table takes (
    singer_id integer references singers (id), track_id integer references tracks (id), primary key (singer_id, track_id));
insert into takes values (1, 1), (1, 2), (1, 3), (1, 4), (2, 5), (2, 6), (2, 7), (3, 1), (3, 5);
create table remarks (
    id integer primary key, author_id integer constraint author references singers (id), singer_id integer,
    track_id integer, content text, constraint remarks_take_fkey foreign key (singer_id, track_id) references takes (singer_id, track_id));
insert into remarks values (1, 1, 2, 6, 'Again, slower');
create table files (
    album_id integer references albums (id), filename text, content text, primary key (album_id, filename));
insert into files values (1, 'cover.png', 'blue'), (1, 'mix.wav', 'loud'), (2, 'notes.md', '# 3');
create table opened (
    singer_id integer, track_id integer, album_id integer, filename text,
    primary key (singer_id, track_id, album_id, filename),
    constraint opened_take foreign key (singer_id, track_id) references takes (singer_id, track_id),
    constraint opened_file foreign key (album_id, filename) references files (album_id, filename));
insert into opened values (1, 1, 1, 'cover.png'), (1, 1, 1, 'mix.wav'), (3, 1, 1, 'cover.png');
create table invoices (
    id integer primary key, total integer, album_id integer constraint invoices_album references albums (id));
insert into invoices values
    (1, 100, 1), (2, 200, 1), (3, 500, 2), (4, 700, 2), (5, 1200, 3), (6, 2000, 3), (7, 100, 4), (8, 4000, 4);
create view albums_view as select id, name, band_id from albums;
create view albums_renamed as select id as a_id, name, band_id as a_band from albums;

create table roots (id integer primary key, name text);
insert into roots values (1, 'root 1'), (2, 'root 2'), (3, 'root 3'), (4, null);
create table boughs (id integer primary key, name text, root_id integer references roots (id));
insert into boughs values
    (1, 'bough 1', 1), (2, 'bough 2', 1), (3, 'bough 3', 2), (4, 'bough 4', 1), (5, 'bough 5', 1), (6, 'bough 6', 2);
create table leaves (
    id integer primary key, name text, bough_id integer references boughs (id), data jsonb, and_side text, or_side text);
insert into leaves (id, name, bough_id, data) values
    (1, 'leaf 1', 1, null), (2, 'leaf 2', 1, null), (3, 'leaf 3', 2, null),
    (4, '(leaf,no,4)', 2, '{"a": {"b": "foo"}}'), (5, '(leaf,no,5)', 2, '{"b": "bar"}');

create table nations (id integer primary key, name text);
insert into nations values (1, 'Avalon'), (2, 'Boreas');
create table capitals (
    id integer primary key, name text,
    nation_id integer unique constraint capitals_nation_id_fkey references nations (id));
insert into capitals values (1, 'Camelot', 1), (2, 'Rime', 2);
create table pupils (id integer, code text, name text, primary key (id, code));
insert into pupils values (1, '0001', 'Jo Doe'), (2, '0002', 'Ja Doe');
create table pupils_info (
    id integer, code text, address text, primary key (id, code), foreign key (id, code) references pupils (id, code));
insert into pupils_info values (1, '0001', 'Row 1'), (2, '0002', 'Row 2');
create view pupils_view as select * from pupils;
create view pupils_info_view as select * from pupils_info;
create table parcels (id integer primary key);
insert into parcels values (1), (2), (3);
create table parcel_details (id integer primary key references parcels (id), data jsonb);
insert into parcel_details values (1, '{"key": 10}'), (2, '{"key": 6}'), (3, '{"key": 8}');

create table addresses (id integer primary key, address text not null);
insert into addresses values (1, 'address 1'), (2, 'address 2'), (3, 'address 3'), (4, 'address 4');
create table orders (
    id integer primary key, name text, billing_address_id integer constraint billing references addresses (id),
    shipping_address_id integer constraint shipping references addresses (id));
insert into orders values (1, 'order 1', 1, 2), (2, 'order 2', 3, 4);
create table schemes (scheme_id integer primary key, name text not null);
insert into schemes values (1, 'scheme 1'), (2, 'scheme 2');
create table places (
    place_id integer primary key, name text, main_scheme_id integer constraint main_scheme references schemes (scheme_id));
insert into places values (1, 'place 1', 1), (2, 'place 2', null);
create table works (
    work_id integer, name text, place_id integer constraint works_place references places (place_id),
    scheme_id integer constraint works_scheme references schemes (scheme_id),
    primary key (work_id, place_id, scheme_id));
insert into works values (1, 'work 1', 1, 1), (2, 'work 2', 2, 1), (3, 'work 3', 2, 2);
create view works_first as select work_id, place_id, scheme_id from works where work_id = 1;
create table rinks (id integer primary key, name text);
create table teams (id integer primary key, name text);
create table bouts (
    bout_id integer, team_1 integer constraint bouts_team_1 references teams (id),
    team_2 integer constraint bouts_team_2 references teams (id),
    rink_1 integer constraint bouts_rink_1 references rinks (id),
    rink_2 integer constraint bouts_rink_2 references rinks (id),
    primary key (bout_id, team_1, team_2, rink_1, rink_2));
create table readers (id integer primary key, name text);
insert into readers values (1, 'Mark'), (2, 'Elin'), (3, 'Bo'), (4, 'Jan');
create table follows (
    subscriber integer references readers (id), subscribed integer references readers (id),
    primary key (subscriber, subscribed));
insert into follows values (3, 1), (4, 1), (1, 2);
create table right_halves (id integer primary key, name text);
create table left_halves (
    id integer primary key, right_1 integer unique constraint left_right_1 references right_halves (id),
    right_2 integer unique constraint left_right_2 references right_halves (id));
create table persons (id integer primary key, name text);
insert into persons values (1, 'Jon'), (2, 'Jane'), (3, 'Jake'), (4, 'Jule');
create table messages (
    id integer primary key, body text, sender integer constraint messages_sender_fkey references persons (id),
    recipient integer constraint messages_recipient_fkey references persons (id));
insert into messages values
    (1, 'Hello Jane', 1, 2), (2, 'Hi Jon', 2, 1), (3, 'How do you do?', 1, 2), (4, 'Hi Jake', 4, 3), (5, 'Jake?', 4, 3);
create view person_detail as
    select p.id, p.name, (select count(*) from messages m where m.sender = p.id) as sent,
        (select count(*) from messages m where m.recipient = p.id) as received from persons p;
create table kin (id text primary key, name text not null, parent text constraint pid references kin (id));
insert into kin values ('1', 'Elder', null), ('2', 'Kid One', '1'), ('3', 'Kid Two', '1'), ('4', 'Grand One', '2'), ('5', 'Grand Two', '3');
create table managers (id integer primary key, name text);
insert into managers values (1, 'Ref Boss'), (2, 'Aud Boss'), (3, 'Acme Boss'), (4, 'Umbra Boss'), (5, 'Cyber Boss'), (6, 'Osco Boss');
create table firms (
    id integer primary key, name text, referee integer references firms (id), auditor integer references firms (id),
    manager_id integer constraint manager references managers (id));
insert into firms values
    (1, 'Ref', null, null, 1), (2, 'Aud', null, null, 2), (3, 'Acme', 1, 2, 3), (4, 'Umbra', 1, 2, 4),
    (5, 'Cyber', 3, 4, 5), (6, 'Osco', 3, 4, 6);
create table loops (id integer primary key, parent_id integer references loops (id));
insert into loops values (1, null), (2, 1);
create view loops_view as select * from loops;
create table stages (id integer primary key, label text);
create table cups (id integer primary key, stages integer references stages (id));
insert into stages values (1, 'open'), (3, 'done');
insert into cups values (1, 1), (2, 3);

create table goods (id integer primary key, name text);
insert into goods values (1, 'good 1'), (2, 'good 2'), (3, 'good 3');
create table sellers (id integer primary key, name text);
insert into sellers values (1, 'seller 1'), (2, 'seller 2'), (3, 'seller 3');
create table goods_sellers (
    good_id integer references goods (id), seller_id integer references sellers (id), primary key (good_id, seller_id));
insert into goods_sellers values (1, 1), (1, 2), (2, 1), (2, 3);
create table unions (id integer primary key, name text);
insert into unions values (1, 'union 1'), (2, 'union 2'), (3, 'union 3'), (4, 'union 4');
create table sellers_unions (
    seller_id integer references sellers (id), union_id integer references unions (id), primary key (seller_id, union_id));
insert into sellers_unions values (1, 1), (1, 2), (2, 3), (2, 4);
create table shops (id integer primary key, name text);
insert into shops values (1, 'Wal'), (2, 'Tar'), (3, 'Big');
create table shop_contacts (id integer primary key, name text, shop_id integer references shops (id));
insert into shop_contacts values (1, 'Wally', 1), (2, 'Wilma', 1), (3, 'Tabby', 2), (4, 'Bob', 3), (5, 'Bonnie', 3), (6, 'Billy', 3);
create table shop_infos (id integer primary key, shop_id integer references shops (id), other text);
insert into shop_infos values (1, 1, '12 Main St'), (2, 2, '45 South St'), (3, 3, '78 Palm Ln');
create table mates_a (id integer primary key, name text);
insert into mates_a values (1, 'Named'), (2, null);
create table mates_b (id integer primary key, name text, mates_a_id integer references mates_a (id));
insert into mates_b values (1, 'Test 1', 1), (2, 'Test 2', 2), (3, 'Test 3', null);

create table mills (id integer primary key, name text);
insert into mills values (1, 'Mill A'), (2, 'Mill B'), (3, 'Mill C'), (4, 'Mill D');
create table step_kinds (id integer primary key, name text);
insert into step_kinds values (1, 'Batch'), (2, 'Mass');
create table steps (
    id integer primary key, name text, mill_id integer references mills (id), kind_id integer references step_kinds (id));
insert into steps values
    (1, 'Step A1', 1, 1), (2, 'Step A2', 1, 2), (3, 'Step B1', 2, 1), (4, 'Step B2', 2, 1), (5, 'Step C1', 3, 2),
    (6, 'Step C2', 3, 2), (7, 'Step X', 3, 2), (8, 'Step Y', 3, 2);
create table step_costs (step_id integer primary key references steps (id), cost integer);
insert into step_costs values (1, 150), (2, 200), (3, 180), (4, 70), (5, 40), (6, 70), (7, 40), (8, null);
create table chiefs (id integer primary key, name text);
insert into chiefs values (1, 'Mary'), (2, 'John'), (3, 'Peter'), (4, 'Sarah'), (5, 'Jane');
create table step_chiefs (
    step_id integer references steps (id), chief_id integer references chiefs (id), primary key (step_id, chief_id));
insert into step_chiefs values (1, 1), (2, 2), (3, 3), (3, 4), (4, 1), (4, 2), (5, 3), (6, 3);
create table halls (id integer primary key, code text, size integer, mill_id integer references mills (id));
insert into halls values (1, 'A001', 150, 1), (2, 'A002', 200, 1), (3, 'B001', 50, 2), (4, 'B002', 120, 2), (5, 'C001', 240, 3);
create table budgets (id integer primary key, label text, owner text, amount integer);
insert into budgets values (1, 'Beanie', 'Brian', 1000), (2, 'Tooth', 'Jane', 2000), (3, 'Candy', 'Jane', 5000),
    (4, 'Mugs', 'Sally', 500), (5, 'Teas', 'Brian', 700), (6, 'Masks', 'Dana', 300);
create table expenses (id integer primary key, amount integer, budget_id integer references budgets (id));
insert into expenses values (1, 200, 1), (2, 400, 1), (3, 100, 3), (4, 900, 4);

create table stock (stock integer primary key);
insert into stock values (1), (2);
create table sprout (sprout integer primary key, stock integer references stock (stock));
insert into sprout values (1, 1), (2, 1), (3, 1), (4, 2);
create table part (part integer primary key);
insert into part values (1);
create table stock_part (stock integer references stock (stock), part integer references part (part), primary key (stock, part));
insert into stock_part values (1, 1);
create table "Esc4pe;" ("so6meCol" integer primary key);
insert into "Esc4pe;" values (1), (2), (3);
create table "ghostHunters" ("escId" integer primary key references "Esc4pe;" ("so6meCol"));
insert into "ghostHunters" values (1), (3);
create table "Rack Today" ("Just A Model" text);
insert into "Rack Today" values (' ABC,9113-550 (P5)'), (' ABC,8111-1'), (' ABC,9131-52A (P5)');
create table reserved_chars ("*id*" integer primary key, ":arr->ow::cast" text, "(inside,parens)" text, "a.dotted.column" text, "  col  w  space  " text);
insert into reserved_chars values (1, ' arrow-1 ', ' parens-1 ', ' dotted-1 ', ' space-1');
create table "do$llar$s" ("a$num$" integer);
insert into "do$llar$s" values (100), (200);
create table "with-dash" (id integer primary key, "field-with_sep" integer);
insert into "with-dash" values (1, 1), (2, 2), (3, 3);
create table "موارد" ("هویت" integer primary key);
insert into "موارد" values (1);
create table settings (id integer primary key, name text, settings jsonb);
insert into settings values (1, 'One', '{"foo": {"int": 1, "bar": "baz"}}'), (2, 'Two', '{"foo": {"int": 1, "bar": "baz"}}');
create table json_rows (id integer primary key, data jsonb);
insert into json_rows values
    (1, '[1, 2, 3]'), (2, '[4, 5, 6]'), (3, '[[9, 8, 7], [11, 12, 13]]'), (4, '[[[5, 6], 7, 8]]'),
    (5, '[{"a": "A"}, {"b": "B"}]'), (6, '[{"a": [1, 2, 3]}, {"b": [4, 5]}]'), (7, '{"c": [1, 2, 3], "d": [4, 5]}'),
    (8, '{"c": [{"d": [4, 5, 6, 7, 8]}]}'), (9, '[{"0xy1": [1, {"23-xy-45": [2, {"xy-6": [3]}]}]}]'),
    (10, '{"!@#$%^&*_d": {"!@#$%^&*_e": 3}}');
create table json_sorts (data jsonb);
insert into json_sorts values ('{"id": 1, "foo": {"bar": "baz"}}'), ('{"id": 3}'), ('{"id": 0}');
create table jsonb_values (id integer primary key, data jsonb);
insert into jsonb_values values
    (1, '{"a": {"b": 2}}'), (2, '{"c": [1, 2, 3]}'), (3, '[{"d": "test"}]'), (4, '{"e": 1}');
