"""A gallery in PostgreSQL: what databases written for PostgREST have beside tables and foreign keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from data_service.execute.postgres import PostgresDatabase

from tests.clients.rest.museum import Museum, serve

SCRIPT = r"""
create table painters (id int primary key, gone int, first text not null, last text, born int);
alter table painters drop column gone;
create table houses (id int primary key, name text not null, rank int);
create table paintings (
  id int primary key, title text not null, painter_id int references painters (id), house_id int references houses (id),
  sizes int[], price numeric(10,2));
create table shows (id int primary key, name text);
create table hangings (
  painting_id int references paintings (id), show_id int references shows (id), primary key (painting_id, show_id));
insert into painters values (1, 'Mira', 'Holt', 1880), (2, 'Ito', null, 1950), (3, 'Ana', 'Elder', 1700);
insert into houses values (1, 'North', 2), (2, 'South', 1);
insert into paintings values
  (1, 'Fjord', 1, 1, '{30,20}', 10), (2, 'Storm', 1, 2, '{10,10}', 20), (3, 'Ring', 2, 1, null, 30), (4, 'Lost', null, null, null, null);
insert into shows values (1, 'Spring'), (2, 'Autumn');
insert into hangings values (1, 1), (2, 1), (3, 1), (1, 2);

create function signed(p painters, mark text default '!') returns text language sql stable as $$ select p.last || mark $$;
create function full_name(painters) returns text language sql stable as $$ select concat_ws(' ', $1.first, $1.last) $$;
create function century(painter painters) returns int language sql immutable as $$ select (painter.born + 99) / 100 $$;
create function first_size(paintings) returns int language sql immutable as $$ select ($1.sizes)[1] $$;
create function careful(painters) returns int language sql security definer as $$ select 1 $$;
create function best_paintings(painters) returns setof paintings language sql stable
  as $$ select * from paintings where painter_id = $1.id and price >= 20 $$;
create function best_house(painters) returns setof houses rows 1 language sql stable
  as $$ select h.* from houses h join paintings p on p.house_id = h.id where p.painter_id = $1.id order by h.rank limit 1 $$;
create function houses(shows) returns setof houses language sql stable
  as $$ select h.* from houses h where h.id in (select p.house_id from paintings p join hangings g on g.painting_id = p.id
        where g.show_id = $1.id) $$;
create function elders(painters) returns setof painters language sql stable
  as $$ select * from painters where born < $1.born $$;
create schema stock;
create table stock.makers (id int primary key, name text);
create table stock.tools (id int primary key, maker int references stock.makers (id), label text);
create table stock.uses (tool int references stock.tools (id), painter int references painters (id), primary key (tool, painter));
insert into stock.makers values (1, 'Forge'), (2, 'Mill');
insert into stock.tools values (1, 1, 'brush'), (2, 1, 'knife'), (3, null, 'rag');
insert into stock.uses values (1, 1), (2, 1), (1, 2);
create view makers as select id as maker_id, name from stock.makers;
create view tools as select id, label, maker as made_by from stock.tools;
create view brushes as select id, made_by, upper(label) as label from tools where label like 'b%';
create view uses as select * from stock.uses;

create domain "text/html" as text;
create domain "image/gif" as bytea;
create domain "*/*" as bytea;
create function page(title text default 'x') returns "text/html" language sql stable as $$ select '<h1>' || title || '</h1>' $$;
create function dot() returns "image/gif" language sql stable as $$ select '\x47494638'::bytea $$;
create function any_kind() returns "*/*" language sql stable as $$ select 'abc'::bytea $$;

create domain colour as integer;
create function colour_json(colour) returns json language sql immutable
  as $$ select case when $1 is not null then to_json('#' || lpad(upper(to_hex($1::int)), 6, '0')) end $$;
create function colour_of_text(text) returns colour language sql immutable
  as $$ select ('x' || lpad(ltrim($1, '#'), 8, '0'))::bit(32)::int::colour $$;
create function colour_of_json(json) returns colour language sql immutable as $$ select colour_of_text($1 #>> '{}') $$;
create cast (colour as json) with function colour_json(colour) as implicit;
create cast (json as colour) with function colour_of_json(json) as implicit;
create cast (text as colour) with function colour_of_text(text) as implicit;
create table tubes (id int primary key, paint colour, painter_id int references painters (id), label text default 'x');
insert into tubes values (1, 255, 1, 'blue'), (2, 16711680, 1, 'red'), (3, null, 2, 'none');
create view tube_list as select id, paint from tubes;

create function noted(paintings) returns void language sql as $$ select null $$;
"""


@contextmanager
def served(
    url: str, folder: Path, *, script: str = SCRIPT, config: str = "version: 1\n", role: str = "admin"
) -> Iterator[Museum]:
    """REST in this process over ``script`` in the empty database at ``url``."""
    path = folder / "trivet.yaml"
    path.write_text(config)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(script.encode())
    database = PostgresDatabase(url, size=2, limit=10.0)
    yield serve(database, folder, path, "postgresql", lambda: None, role)
    database.close()
