"""What a run is told: every form of it, and every way to get it wrong."""

import dataclasses
import os
import re
import socket
import sqlite3
import stat
from pathlib import Path

import pytest
from chassis.settings import SettingsError, load
from click.testing import CliRunner
from rich.console import Console
from trivet_cli import database_url, greeting, layout, nginx_conf
from trivet_cli.choices import require_free, settle
from trivet_cli.faults import CannotStart
from trivet_cli.login import Login
from trivet_cli.main import main
from trivet_cli.settings import UpSettings


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a shop%.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    return path


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}", "sqlite:{}"])
def test_forms_of_an_sqlite_database(database: Path, form: str) -> None:
    named = str(database) if form == "{}" or "///" not in form else str(database).replace("%", "%25")
    expected = "sqlite:///" + str(database).replace("%", "%25").replace(" ", "%20")
    assert database_url.resolve(form.format(named)) == expected


def test_a_relative_database_counts_from_here(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(database.parent)
    (database.parent / "b.db").write_bytes(b"")
    assert database_url.resolve("sqlite:///b.db") == f"sqlite:///{database.parent}/b.db"
    assert database_url.resolve("b.db") == f"sqlite:///{database.parent}/b.db"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_forms_of_postgresql(scheme: str) -> None:
    assert (
        database_url.resolve(f"{scheme}://u:p@h:5433/d?sslmode=require") == "postgresql://u:p@h:5433/d?sslmode=require"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sqlite:////no/such.db", "does not exist: /no/such.db"),
        ("/no/such.db", "does not exist"),
        ("sqlite:////tmp", "a folder"),
        (f"sqlite:///{__file__}", "not an SQLite database"),
        ("mysql://root@h/d", "mysql://"),
        ("postgresql://h:port/d", "no number"),
    ],
)
def test_a_database_that_can_not_be_is_refused(text: str, words: str) -> None:
    with pytest.raises(CannotStart, match=re.escape(words)):
        database_url.resolve(text)


def test_a_password_is_never_shown() -> None:
    assert database_url.shown("postgresql://u:s3cret@h/d") == "postgresql://u:…@h/d"
    with pytest.raises(CannotStart) as found:
        database_url.resolve("postgresql://u:s3cret@h:x/d")
    assert "s3cret" not in str(found.value)


def test_all_faults_come_together(tmp_path: Path) -> None:
    settings = UpSettings(database_url="/no.db", config=str(tmp_path / "no.yaml"), port=70_000, bind="example.org")
    with pytest.raises(CannotStart) as found:
        settle(settings)
    assert [line.split()[0] for line in str(found.value).splitlines()] == ["DATABASE_URL", "CONFIG", "PORT", "BIND"]
    with pytest.raises(SettingsError) as unread:
        load(UpSettings, {"PORT": "x", "TRIVET_LOGIN_RATE": "y"})
    assert len(unread.value.faults) == 2


@pytest.mark.parametrize(
    ("bind", "refused"), [("0.0.0.0", True), ("::", True), ("10.0.0.1", True), ("127.0.0.1", False)]
)
def test_the_demo_stays_on_this_machine(database: Path, bind: str, refused: bool) -> None:
    if refused:
        with pytest.raises(CannotStart, match="known password"):
            settle(UpSettings(bind=bind))
    else:
        assert settle(UpSettings(bind=bind)).demo
    assert not settle(UpSettings(bind=bind, database_url=str(database))).demo


@pytest.mark.parametrize(
    ("bind", "public", "address"),
    [
        ("127.0.0.1", "http://localhost:9", "http://127.0.0.1:9"),
        ("0.0.0.0", "http://localhost:9", "http://127.0.0.1:9"),
        ("10.1.2.3", "http://10.1.2.3:9", "http://10.1.2.3:9"),
        ("::1", "http://[::1]:9", "http://[::1]:9"),
        ("::", "http://localhost:9", "http://[::1]:9"),
    ],
)
def test_addresses(database: Path, bind: str, public: str, address: str) -> None:
    choices = settle(UpSettings(bind=bind, port=9, database_url=str(database)))
    assert (choices.public_url, choices.address) == (public, address)


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"PORT={port}"):
            require_free("127.0.0.1", port)
    require_free("127.0.0.1", port)


def test_a_check_starts_nothing(database: Path, tmp_path: Path) -> None:
    environment = {
        "DATABASE_URL": str(database),
        "STATE": str(tmp_path / "state"),
        "PORT": "9",
        "CONFIG": "",
        "BIND": "",
    }
    environment["BIND"] = "127.0.0.1"
    found = CliRunner().invoke(main, ["up", "--check"], env=environment)
    assert found.exit_code == 0
    assert not (tmp_path / "state").exists()
    assert CliRunner().invoke(main, ["up", "--check"], env={**environment, "PORT": "many"}).exit_code == 1


def test_state_is_private_and_never_taken_from_others(tmp_path: Path) -> None:
    fresh = layout.layout_of(str(tmp_path / "a" / "state"))
    layout.make(fresh)
    assert stat.S_IMODE(fresh.state.stat().st_mode) == stat.S_IMODE(fresh.run.stat().st_mode) == 0o700
    layout.make(fresh)
    other = tmp_path / "other"
    other.mkdir(mode=0o755)
    (other / "letter.txt").write_text("mine")
    with pytest.raises(CannotStart, match="holds other things"):
        layout.make(layout.layout_of(str(other)))
    assert stat.S_IMODE(other.stat().st_mode) == 0o755


def test_one_suite_a_folder(tmp_path: Path) -> None:
    places = layout.layout_of(str(tmp_path / "state"))
    layout.make(places)
    held = layout.lock(places)
    with pytest.raises(CannotStart, match="running with the folder"):
        layout.lock(places)
    os.close(held)
    os.close(layout.lock(places))


@pytest.mark.parametrize("name", ["long" * 40, "with space", "qu'ote"])
def test_odd_and_long_folders_get_short_sockets(tmp_path: Path, name: str) -> None:
    places = layout.layout_of(str(tmp_path / name))
    assert len(str(places.socket("graphql"))) < 100
    assert re.fullmatch(r"/tmp/trivet-[0-9a-f]{16}", str(places.run))
    assert places == layout.layout_of(str(tmp_path / name))


def test_a_short_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    places = dataclasses.replace(layout.layout_of(str(tmp_path / "state")), run=tmp_path / "run")
    (tmp_path / "run").symlink_to(tmp_path)
    with pytest.raises(CannotStart, match="somebody else"):
        layout.make(places)


def test_templates_are_filled_in_whole(tmp_path: Path) -> None:
    places = layout.layout_of(str(tmp_path / "state"))
    layout.make(places)
    values = nginx_conf.values_for(places, bind="::1", port=9, login_rate=5, body_limit=7)
    folder = nginx_conf.write(places, values, environ=os.environ).parent
    for file in folder.glob("*.conf"):
        assert "${" not in file.read_text()
    assert "listen [::1]:9 default_server;" in (folder / "trivet.conf").read_text()


@pytest.mark.parametrize("terminal", [True, False])
def test_a_new_password_is_shown_once_on_a_terminal_or_kept(
    tmp_path: Path, database: Path, terminal: bool, capsys
) -> None:
    file = tmp_path / "admin-password"
    file.write_text("s3cret\n")
    choices = settle(UpSettings(database_url=str(database)))
    console = Console(force_terminal=terminal, highlight=False)
    places, login = layout.layout_of(str(tmp_path)), Login("admin@trivet.local", "s3cret", file)
    greeting.greet(console, choices, places, login, places.log)
    printed = capsys.readouterr().out
    assert ("s3cret" in printed) is terminal
    assert file.exists() is not terminal
    assert (str(file) in printed) is not terminal


@pytest.mark.parametrize(
    "changes, shown",
    [
        ({}, None),
        ({"tls_port": 8443}, "https://localhost:8443"),
        ({"tls_port": 443, "public_url": "http://shop.example:8080/"}, "https://shop.example"),
        ({"tls_port": 8443, "bind": "::1"}, "https://[::1]:8443"),
    ],
)
def test_the_address_with_tls(changes: dict[str, object], shown: str | None) -> None:
    assert settle(UpSettings(**changes)).tls_url == shown
