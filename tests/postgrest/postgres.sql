-- What only PostgreSQL has of them: types, functions over rows, partitions, views of tables that are not served.
create function always_open(slots) returns boolean language sql stable as 'select true';
create function minus_id(slots) returns integer language sql stable as 'select $1.id * -1';
create function doubly(slots) returns boolean language sql stable as 'select true';
create function doubly(lamps) returns boolean language sql stable as 'select true';
create schema behind;
create function behind.never_open(slots) returns boolean language sql stable as 'select false';
create function find_slot(id integer) returns setof slots language sql stable as 'select * from slots where id = $1';
create function slots_between(min integer, max integer) returns setof slots language sql stable
    as 'select * from slots where id > $1 and id <= $2';
create function all_albums() returns setof albums language sql stable as 'select * from albums order by id';
create function one_album(id integer) returns setof albums language sql stable as 'select * from albums where id = $1';
create function hello(name text) returns text language sql immutable as $$ select 'Hello, ' || name $$;
create function spoils() returns void language plpgsql as $$ begin raise sqlstate 'PT402' using
    message = 'Payment Required', detail = 'Quota exceeded', hint = 'Upgrade your plan'; end $$;
create function raises() returns void language plpgsql as $$ begin raise sqlstate 'PGRST' using
    message = '{"code": "123", "message": "ABC", "details": "DEF", "hint": "XYZ"}', detail = '{"status": 332, "headers": {}}'; end $$;
create function shout() returns void language plpgsql volatile as 'begin end';

create table typed (
    int_data integer, text_data text, bool_data boolean, bin_data bytea, char_data char(10), date_data date, real_data real, time_data time);
insert into typed values (1, 'a', true, '\x01', 'b', '2020-01-01', 1.5, '10:00');
create table oids (id integer primary key, oid_col oid, oid_array oid[]);
insert into oids values (1, 12345, '{1,2,3}');
create table moments (t timestamptz);
insert into moments values ('2023-10-18 12:37:59.611'), ('2023-10-18 14:37:59.611');
create table spans (id integer primary key, span numrange);
insert into spans values (1, '[1,3]'), (2, '[3,6]'), (3, '[6,9]'), (4, '[9,12]'), (5, null);
create table bundles (id integer primary key, name text, arr integer[], lexemes tsvector);
insert into bundles values
    (1, 'bundle 1', '{1}', $$'bar':2 'foo':1$$), (2, 'bundle 2', '{1,2}', $$'baz':1$$), (3, 'bundle 3', '{1,2,3}', $$'foo':1$$),
    (4, null, null, null);
create table searched (id integer primary key, body text, doc jsonb, words tsvector);
insert into searched values
    (1, 'It is fun to do the impossible', null, null), (2, 'But also fun to do what is possible', null, null),
    (3, 'Fat cats ate rats', null, null), (4, 'C''est un peu amusant de faire l''impossible', null, null),
    (5, 'Es ist eine Art Spaß, das Unmögliche zu machen', null, null);
update searched set doc = jsonb_build_object('body', body),
    words = to_tsvector(case id when 4 then 'french' when 5 then 'german' else 'english' end::regconfig, body);
create function simple_words(searched) returns tsvector language sql immutable as $$ select to_tsvector('simple', $1.body) $$;
create type wave as (r double precision, i double precision);
create table phases (num wave, person text);
insert into phases values ((0.5, 0.5)::wave, 'A'), ((0.6, 0.6)::wave, 'B');
create table grids (id integer primary key, numbers integer[], deep integer[][]);
insert into grids values (0, '{1,2,3}', '{{1,2,3},{4,5,6},{7,8,9}}'), (1, '{11,12,13}', '{{11,12,13},{14,15,16},{17,18,19}}');
create function waves() returns table (id integer, val wave) language sql stable
    as 'values (1, (0.1, 0.5)::wave), (2, (0.2, 0.6)::wave), (3, (0.3, 0.7)::wave)';

create table brands (name text primary key);
insert into brands values ('Dmc'), ('Lam'), ('Fer');
create table cars (name text, year integer, brand text references brands (name), primary key (name, year)) partition by list (year);
create table cars_old partition of cars for values in (1981, 1997);
create table cars_new partition of cars default;
insert into cars values ('Dorian', 1981, 'Dmc'), ('F310', 1997, 'Fer'), ('Murc', 2001, 'Lam'), ('Vene', 2013, 'Lam');
create table racers (name text primary key, car_name text, car_year integer, foreign key (car_name, car_year) references cars (name, year));
insert into racers values ('Alain', null, null), ('Michael', 'F310', 1997);
create table car_sales (day date, quantity integer, car_name text, car_year integer, primary key (day, car_name, car_year),
    foreign key (car_name, car_year) references cars (name, year)) partition by range (day);
create table car_sales_january partition of car_sales for values from ('2021-01-01') to ('2021-02-01');
create table car_sales_rest partition of car_sales default;
insert into car_sales values ('2021-01-14', 7, 'Dorian', 1981), ('2021-01-15', 9, 'Dorian', 1981), ('2021-02-11', 1, 'Murc', 2001);

create table departments (id integer primary key, name text);
create table agents (id integer primary key, name text, department_id integer constraint agents_department references departments (id));
alter table departments add column head_id integer constraint departments_head references agents (id);

create table behind.authors (id integer primary key, name text);
create table behind.publishers (id integer primary key, name text);
create table behind.books (
    id integer primary key, title text, year integer, author_id integer references behind.authors (id),
    publisher_id integer references behind.publishers (id));
insert into behind.authors values (1, 'George O'), (2, 'Anne F'), (3, 'Antoine S'), (4, 'JD S'), (5, 'Ray B');
insert into behind.publishers values (1, 'Secker'), (2, 'Contact'), (3, 'Reynal'), (4, 'Little'), (5, 'Ballant');
insert into behind.books values
    (1, '1984', 1949, 1, 1), (2, 'The Diary', 1947, 2, 2), (3, 'The Prince', 1947, 3, 3), (4, 'The Catcher', 1951, 4, 4), (5, 'Fahrenheit', 1953, 5, 5);
create view authors as select id, name from behind.authors;
create view publishers as select id, name from behind.publishers;
create view books as select id, title, year, author_id, publisher_id from behind.books;
create view forties_books as select id, title, year, author_id from behind.books where year between 1940 and 1949;
create view fifties_books as select id, title, year, author_id from behind.books where year between 1950 and 1959;
create view authors_counted as select a.id, a.name,
    (select count(*) from forties_books f where f.author_id = a.id) as forties from behind.authors a;
create view authors_in_decade as select a.id, a.name,
    case when a.id in (select author_id from forties_books) then true else false end as forties from behind.authors a;
create view books_of_both as select x.id, x.title, x.publisher, x.author_id from (
    select b.id, b.title, p.name as publisher, b.author_id from behind.books b left join behind.publishers p on p.id = b.publisher_id
    where b.year < 1960) x;
create view odd_years as with odd as (select id, title, year, author_id from behind.books where year % 2 <> 0) select * from odd;
create materialized view albums_kept as select id, name, band_id from albums;
create view albums_counted as select count(*) as albums, band_id from albums group by band_id;
create table behind.homes (id integer primary key, referrer integer, url text);
create table behind.screens (id integer primary key, name text);
create table behind.labels (id integer primary key, name text);
create table behind.label_screens (label_id integer references behind.labels (id), screen_id integer references behind.screens (id), primary key (label_id, screen_id));
insert into behind.screens values (1, 'banana'), (2, 'car');
insert into behind.labels values (1, 'fruit'), (2, 'vehicles');
insert into behind.label_screens values (1, 1), (2, 2);
create view screens as select id, name from behind.screens;
create view labels as select id, name from behind.labels;
create view label_screens as select label_id, screen_id from behind.label_screens;
create table ends_one (id integer primary key, name text);
create table ends_two (id integer primary key, name text);
create table behind.ends_join (one_id integer references ends_one (id), two_id integer references ends_two (id), primary key (one_id, two_id));
create table behind.twice_one (a integer, b integer, primary key (a, b));
create table behind.twice_two (a1 integer, b1 integer, a2 integer, b2 integer, constraint twice_fkey foreign key (a1, b1) references behind.twice_one (a, b));
create view twice_v1 as select * from behind.twice_one;
create view twice_v2 as select a1, a1 as a2, b1, b1 as b2 from behind.twice_two;
create table behind.once_one (id integer primary key);
create table behind.once_two (one_id integer references behind.once_one (id));
create view once_v1 as select id from behind.once_one;
create view once_v2 as select one_id as one_id1, one_id as one_id2 from behind.once_two;

create domain upper_name as text;
create function upper_name_json(upper_name) returns json language sql immutable as $$ select to_json(initcap($1::text)) $$;
create cast (upper_name as json) with function upper_name_json(upper_name) as implicit;
create table makers (id integer primary key, name upper_name);
insert into makers values (1, 'sid meier'), (2, 'hironobu s');
create table games (id integer primary key, name text, maker_id integer references makers (id));
insert into games values (1, 'Civ I', 1), (2, 'Civ II', 1), (3, 'Final I', 2), (4, 'Final II', 2);
create function their_maker(games) returns setof makers language sql stable rows 1 as 'select * from makers where id = $1.maker_id';
create function their_one_maker(games) returns makers language sql stable as 'select * from makers where id = $1.maker_id';
create function their_games(makers) returns setof games language sql stable as 'select * from games where maker_id = $1.id';
create function makers(games) returns setof makers language sql stable rows 1 as 'select * from makers where false';
create function all_games() returns setof games language sql stable as 'select * from games order by id';
create function their_band(albums) returns setof bands language sql stable rows 1 as 'select * from bands where id = $1.band_id';
create function first_album(bands) returns setof albums language sql stable rows 1 as 'select * from albums where band_id = $1.id order by id limit 1';
create table pages (id integer primary key, name text, page_id integer references pages (id));
insert into pages values (5, 'wat', null), (0, 'tardis', 5), (1, 'fezz', 0), (2, 'foo', 0), (4, 'wut', 1);
create function child_pages(pages) returns setof pages language sql stable as 'select * from pages where page_id = $1.id order by id';
create function parent_page(pages) returns setof pages language sql stable rows 1 as 'select * from pages where id = $1.page_id';

create domain ink as integer;
create function ink_json(ink) returns json language sql immutable
    as $$ select case when $1 is null then to_json(''::text) else to_json('#' || lpad(upper(to_hex($1::int)), 6, '0')) end $$;
create function ink_of(text) returns ink language sql immutable
    as $$ select ('x' || lpad(ltrim($1, '#'), 8, '0'))::bit(32)::int::ink $$;
create cast (ink as json) with function ink_json(ink) as implicit;
create cast (text as ink) with function ink_of(text) as implicit;
create domain isodate as timestamptz;
create function isodate_json(isodate) returns json language sql stable
    as $$ select to_json(replace(to_char($1::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'), ' ', 'T') || 'Z') $$;
create cast (isodate as json) with function isodate_json(isodate) as implicit;
create table chores (id integer primary key, name text, label_ink ink default 0, due isodate);
insert into chores values
    (1, 'Report', 0, '2018-01-02'), (2, 'Essay', 256, '2018-01-03'), (3, 'Algebra', 123456, '2018-01-01T14:12:34'), (4, 'None', null, null);
create table pairs_of_chores (
    id integer primary key, first_id integer constraint pairs_first references chores (id), second_id integer constraint pairs_second references chores (id));
insert into pairs_of_chores values (1, 2, 3), (2, 1, 3);
create view loud_chores as select id, label_ink, (label_ink / 2)::ink as dark_ink from chores;

create view bad_subquery as select * from albums where id = (select id from albums);
create view loop_rule as select * from albums;
create or replace view loop_rule as select * from loop_rule;
create function open_view() returns trigger language plpgsql as 'begin return null; end';
create view albums_plain as select distinct id, name from albums;
create view albums_insertable as select distinct id, name from albums;
create trigger t1 instead of insert on albums_insertable for each row execute function open_view();
create view albums_updatable as select distinct id, name from albums;
create trigger t2 instead of update on albums_updatable for each row execute function open_view();
create view albums_deletable as select distinct id, name from albums;
create trigger t3 instead of delete on albums_deletable for each row execute function open_view();
create view albums_keyless as select name, band_id from albums;
create table read_only_slots (id integer primary key);
create table private_slots (id integer primary key);
analyze;

-- Roles are of the whole server, which other tests use too: names of their own.
create role cases_login noinherit login;
create role cases_anon nologin;
create role cases_keeper nologin;
grant cases_anon, cases_keeper to cases_login;
grant usage on schema public to cases_anon, cases_keeper;
grant all on all tables in schema public to cases_anon, cases_keeper;
revoke insert, update, delete on read_only_slots from cases_anon;
revoke all on private_slots from cases_anon;
