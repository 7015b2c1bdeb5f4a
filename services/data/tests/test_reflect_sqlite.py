"""Reflection of SQLite files, of tables as awkward as they come."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from contracts.catalog import Catalog, Resource, decode, encode
from data_service.reflect.options import Exposure
from data_service.reflect.sqlite import fingerprint, reflect
from data_service.reflect.sqlite_types import portable

SCRIPT = '''
create table author (id integer primary key, name varchar(40) not null, boss_id integer references author);
create table Book (
    isbn text primary key,
    author_id integer not null references AUTHOR (ID),
    editor integer constraint edited_by references author on delete set null,
    price decimal(10, 2) default 9.90, title text default "untitled", state text default fresh,
    born timestamp default current_timestamp, shout text default (upper('x' || ',)')), nil text default null,
    doubled real generated always as (price * 2) virtual, kept int as (price + 1) stored,
    constraint "one title" unique (title, author_id), unique (price, state)
);
create table tag (id integer primary key desc, label text unique);
create table book_tag (book text references book, tag_id int references tag, primary key (book, tag_id)) without rowid;
create table "Odd.Name ""x""" ("Key No" int, "select" text, [имя] text, `back``tick` int, primary key ("select", "Key No"));
create table "odd child" (id integer primary key, s text, k int,
    constraint [to odd] foreign key (s, k) references "Odd.Name ""x""");
create table passport (no text primary key, author_id int unique references author);
create table badge (no text primary key, author_id int references author);
create unique index badge_author on badge (author_id);
create table part_badge (no text primary key, author_id int references author);
create unique index some_badges on part_badge (author_id) where no > 'm';
create unique index odd_badges on part_badge (lower(no));
create table keyless (a, b int);
create table strict_one (id int primary key, anything any, data blob) strict;
create table lost (id integer primary key, gone_id int references gone, bad_id int references author (nope),
    two_id int references "Odd.Name ""x""");
create view cheap as select isbn, price, price * 2 as more, count(*) over () as n, cast(price as int) as whole from book;
create view broken as select nope from nowhere;
create view opened as select id, name from author;
create trigger opened_insert instead of insert on opened begin select 1; end;
create trigger opened_delete /* instead of update */ instead of delete on opened begin select 1; end;
create trigger other after insert on author begin select 'instead of update'; end;
create virtual table words using fts5 (title, body);
create table trivet_comments (resource text, field text, comment text);
insert into trivet_comments values ('book', null, 'All books'), ('Book', 'PRICE', 'In euros'), ('author', 'name', '');
'''


@pytest.fixture
def connection() -> Iterator[apsw.Connection]:
    opened = apsw.Connection(":memory:")
    opened.execute(SCRIPT)
    yield opened
    opened.close()


@pytest.fixture
def catalog(connection: apsw.Connection) -> Catalog:
    return reflect(connection, Exposure())


@pytest.fixture
def book(catalog: Catalog) -> Resource:
    return catalog.by_name["Book"]


def test_what_is_exposed(catalog: Catalog):
    assert catalog.schemas == ("main",)
    assert {r.name: r.kind for r in catalog.resources if r.kind != "table"} == {"cheap": "view", "opened": "view"}
    assert [r.name for r in catalog.resources if r.kind == "table"] == [
        "Book", 'Odd.Name "x"', "author", "badge", "book_tag", "keyless", "lost", "odd child", "part_badge", "passport",
        "strict_one", "tag", "words",
    ]  # fmt: skip
    assert decode(encode(catalog)) == catalog


def test_fields(book: Resource):
    assert [(f.name, f.type, f.db_type, f.nullable) for f in book.fields] == [
        ("isbn", "text", "TEXT", False), ("author_id", "int8", "INTEGER", False), ("editor", "int8", "INTEGER", True),
        ("price", "numeric", "DECIMAL(10, 2)", True), ("title", "text", "TEXT", True), ("state", "text", "TEXT", True),
        ("born", "timestamp", "TIMESTAMP", True), ("shout", "text", "TEXT", True), ("nil", "text", "TEXT", True),
        ("doubled", "float8", "REAL", True), ("kept", "int8", "INT", True),
    ]  # fmt: skip
    assert (book.by_name["price"].precision, book.by_name["price"].scale) == (10, 2)
    assert [field.name for field in book.fields if field.generated] == ["doubled", "kept"]
    assert [field.name for field in book.fields if not field.writable] == ["doubled", "kept"]


def test_defaults_are_expressions_that_mean_the_same_anywhere(connection: apsw.Connection, book: Resource):
    defaults = {field.name: field.default for field in book.fields if field.has_default}
    assert defaults == {
        "price": "9.90", "title": "'untitled'", "state": "'fresh'", "born": "current_timestamp",
        "shout": "upper('x' || ',)')", "nil": "null",
    }  # fmt: skip
    connection.execute("insert into author values (1, 'a', null); insert into book (isbn, author_id) values ('1', 1)")
    stored = list(connection.execute("select price, title, state, shout, nil from book"))
    computed = [
        tuple(connection.execute(f"select {defaults[n]}").get for n in ("price", "title", "state", "shout", "nil"))
    ]
    assert stored == computed


def test_keys_of_integers_number_themselves_only_where_they_are_the_rowid(catalog: Catalog):
    assert catalog.by_name["author"].by_name["id"].has_default
    assert not catalog.by_name["author"].by_name["id"].nullable
    assert not catalog.by_name["tag"].by_name["id"].has_default  # "primary key desc" is no rowid
    assert not catalog.by_name["strict_one"].by_name["id"].has_default  # nor is "int"
    assert not catalog.by_name["Book"].by_name["isbn"].has_default


def test_keys(catalog: Catalog, book: Resource):
    assert [(unique.name, unique.fields, unique.primary) for unique in book.uniques] == [
        ("Book_pkey", ("isbn",), True),
        ("one title", ("title", "author_id"), False),
        ("Book_price_state_key", ("price", "state"), False),
    ]
    odd = catalog.by_name['Odd.Name "x"']
    assert [field.name for field in odd.fields] == ["Key No", "select", "имя", "back`tick"]
    assert odd.key == ("select", "Key No")
    assert catalog.by_name["keyless"].key == ()
    assert catalog.by_name["book_tag"].key == ("book", "tag_id")
    assert [unique.name for unique in catalog.by_name["badge"].uniques] == ["badge_pkey"]


def test_relations(catalog: Catalog, book: Resource):
    assert {name: (r.target, r.constraint, r.pairs) for name, r in book.relations_by_name.items() if r.owning} == {
        "author_by_author_id": ("author", "Book_author_id_fkey", (("author_id", "id"),)),
        "author_by_editor": ("author", "edited_by", (("editor", "id"),)),
    }
    author = catalog.by_name["author"].relations_by_name
    assert {name: relation.cardinality for name, relation in author.items()} == {
        "boss": "one", "author": "many", "Book_by_author_id": "many", "Book_by_editor": "many",
        "badge": "one", "part_badge": "many", "passport": "one",
    }  # fmt: skip
    tags = book.relations_by_name["tag"]
    assert tags.junction is not None
    assert (tags.pairs, tags.junction.onward) == ((("isbn", "book"),), (("tag_id", "id"),))
    odd = catalog.by_name["odd child"].relations_by_name['Odd.Name "x"']
    assert (odd.constraint, odd.pairs) == ("to odd", (("s", "select"), ("k", "Key No")))


def test_a_file_that_may_hold_orphans_has_no_certain_relation(catalog: Catalog):
    assert all(relation.optional for resource in catalog.resources for relation in resource.relations)


def test_foreign_keys_that_lead_nowhere_are_ignored(catalog: Catalog):
    assert catalog.by_name["lost"].relations == ()


def test_what_can_be_written(catalog: Catalog, book: Resource):
    writes = {r.name: (r.insertable, r.updatable, r.deletable) for r in catalog.resources}
    assert writes["Book"] == writes["keyless"] == (True, True, True)
    assert writes["cheap"] == writes["words"] == (False, False, False)
    assert writes["opened"] == (True, False, True)


def test_views_and_virtual_tables_have_the_types_they_can(catalog: Catalog):
    types = [(field.name, field.type) for field in catalog.by_name["cheap"].fields]
    assert types == [("isbn", "text"), ("price", "numeric"), ("more", "other"), ("n", "other"), ("whole", "int8")]
    assert [(field.name, field.type) for field in catalog.by_name["words"].fields] == [
        ("title", "other"),
        ("body", "other"),
    ]


def test_comments_come_from_their_table(book: Resource, catalog: Catalog):
    assert book.comment == "All books"
    assert book.by_name["price"].comment == "In euros"
    assert catalog.by_name["author"].by_name["name"].comment is None


def test_every_resource_can_be_read_by_its_names(connection: apsw.Connection, catalog: Catalog):
    def quoted(name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    for resource in catalog.resources:
        columns = ", ".join(quoted(field.name) for field in resource.fields)
        list(connection.execute(f"select {columns} from {quoted(resource.schema)}.{quoted(resource.table)}"))


def test_renames(connection: apsw.Connection):
    exposure = Exposure(resource_names={("main", "Book"): "books"}, relation_names={("books", "tag"): "tags"})
    catalog = reflect(connection, exposure)
    assert (catalog.by_name["books"].table, "tags" in catalog.by_name["books"].relations_by_name) == ("Book", True)


def test_a_connection_with_tracers_and_no_rights_to_write(tmp_path: Path):
    path = str(tmp_path / "Ölpreise #1.db")
    with apsw.Connection(path) as made:
        made.execute("create table a (id integer primary key)")
    reading = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
    reading.row_trace = lambda cursor, row: {"row": row}
    assert [resource.name for resource in reflect(reading, Exposure()).resources] == ["a"]
    assert fingerprint(reading) == fingerprint(reading)


def test_a_virtual_table_without_its_module_is_left_out(tmp_path: Path):
    path = str(tmp_path / "a.db")
    made = apsw.Connection(path)
    made.execute("create table a (id int); create virtual table v using fts5 (x); pragma writable_schema = on")
    made.execute("update sqlite_schema set sql = replace(sql, 'fts5', 'unheard') where name = 'v'")
    made.close()
    names = [resource.name for resource in reflect(apsw.Connection(path), Exposure()).resources]
    assert "v" not in names
    assert "a" in names


def test_an_empty_file(tmp_path: Path):
    assert reflect(apsw.Connection(str(tmp_path / "empty.db")), Exposure()).resources == ()


def test_the_fingerprint_sees_changes_from_elsewhere_and_rests_otherwise(tmp_path: Path):
    path = str(tmp_path / "a.db")
    changing, watching = apsw.Connection(path), apsw.Connection(path)
    last = fingerprint(watching)
    for change in (
        "create table a (id integer primary key, t text)", "alter table a add column more int",
        "alter table a rename column more to most", "create unique index u on a (t)", "create view v as select 1",
        "create trigger g instead of insert on v begin select 1; end", "drop view v", "alter table a rename to aa",
        "create table trivet_comments (resource text, field text, comment text)",
        "insert into trivet_comments values ('aa', null, 'first')", "update trivet_comments set comment = 'second'",
    ):  # fmt: skip
        changing.execute(change)
        assert fingerprint(watching) != last, change
        last = fingerprint(watching)
    for change in ("insert into aa (t) values ('x')", "update aa set t = 'y'", "create temp table b (i)"):
        changing.execute(change)
        assert fingerprint(watching) == last, change


@pytest.mark.parametrize(
    ("declared", "expected"),
    {
        "INTEGER": ("int8",), "int": ("int8",), "bigint": ("int8",), "MEDIUMINT": ("int8",), "INT4": ("int8",),
        "UNSIGNED BIG INT": ("int8",), "smallint": ("int2",), "tinyint": ("int2",), "TINYINT(1)": ("bool",),
        "INTEGER(11)": ("int8",), "NUMERIC": ("numeric",), "DECIMAL(10,2)": ("numeric", None, 10, 2),
        "decimal ( 6 )": ("numeric", None, 6, 0), "NUMBER(9, 3)": ("numeric", None, 9, 3), "money": ("numeric",),
        "REAL": ("float8",), "double precision": ("float8",), "FLOAT": ("float8",), "BOOLEAN": ("bool",), "bool": ("bool",),
        "TEXT": ("text",), "varchar(30)": ("text", 30), "NATIVE CHARACTER(70)": ("text", 70), "CLOB": ("text",),
        "CHARACTER VARYING": ("text",), "NVARCHAR(5)": ("text", 5), "uuid": ("uuid",), "DATE": ("date",), "TIME": ("time",),
        "datetime": ("timestamp",), "TIMESTAMP": ("timestamp",), "timestamptz": ("timestamptz",),
        "timestamp  with time zone": ("timestamptz",), "TIMESTAMP(3)": ("timestamp",), "json": ("json",), "JSONB": ("json",),
        "BLOB": ("bytes",), "bytea": ("bytes",), "VARBINARY(16)": ("bytes",), "": ("other",), "any": ("other",),
        "POINT": ("other",), "geometry": ("other",),
    }.items(),
)  # fmt: skip
def test_declared_types(declared: str, expected: tuple[object, ...]):
    kind = portable(declared)
    assert (kind.type, kind.length, kind.precision, kind.scale) == expected + (None,) * (4 - len(expected))
    assert kind.db_type == (" ".join(declared.upper().split()) or "ANY")
