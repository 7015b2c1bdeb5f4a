"""What is served while it is looked after."""

import sqlite3

from data_service.engine import Engine
from data_service.execute.sqlite import SqliteDatabase


def test_a_look_that_is_under_way_has_not_failed(tmp_path, monkeypatch):
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("create table notes (id integer primary key)")
    connection.close()
    engine = Engine(SqliteDatabase(tmp_path / "store.db", size=1, limit=5.0))
    try:
        engine.refresh()
        present, seen = engine._present, []
        look = present._renewal.look
        monkeypatch.setattr(present._renewal, "look", lambda: (seen.append(present.overdue), look())[1])
        present.refresh()
        assert seen == [False]
        assert not present.overdue
    finally:
        engine.close()
