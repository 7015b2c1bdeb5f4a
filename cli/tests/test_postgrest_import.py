"""`trivet import postgrest`: a postgrest.conf becomes our settings, and what does not is named."""

import tomllib

import pytest
import yaml
from auth_service import outside_issuers
from chassis.settings import load
from click.testing import CliRunner
from data_service import policies
from data_service.app import ending_of
from data_service.settings import DataSettings
from rest_service.settings import Settings as RestSettings
from trivet_cli.main import main
from trivet_cli.postgrest_settings import role_path

CONF = r"""
# the tutorial's, and more
db-uri = "postgres://authenticator:my\"secret@localhost:5432/postgres"
db-schemas = "api, private"
db-anon-role = "web_anon"
db-pre-request = "api.check"
db-max-rows = 1000        # a cap
db-tx-end = "commit-allow-override"
db-aggregates-enabled = true
db-extra-search-path = "public, extensions"
db-plan-enabled = true
jwt-secret = "$(SECRET)"
jwt-aud = "us"
jwt-role-claim-key = ".realm.\"roles of mine\"[0]"
openapi-mode = "disabled"
server-cors-allowed-origins = "https://a.example"
server-port = 3001
app.settings.greeting = "hello
world"
db-root-spec = "root"
no-such = 1
"""
SECRET = "reallyreallyreallyreallyverysafe"


def variables(text):
    """What a shell makes of an environment file."""
    import shlex

    return dict(part.split("=", 1) for part in shlex.split(text))


def run(tmp_path, text=CONF, env=None, name="postgrest.conf"):
    file = tmp_path / name
    file.write_text(text)
    arguments = ["import", "postgrest", str(file), "--to", str(tmp_path / "new")]
    return CliRunner().invoke(main, arguments, env={"SECRET": SECRET, **(env or {})})


def test_settings_are_carried_over(tmp_path):
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    new = tmp_path / "new"
    found = variables((new / "trivet.env").read_text())
    assert yaml.safe_load((new / "trivet.yaml").read_text()) == {
        "version": 1, "schemas": ["api", "private"], "anonymous_role": "web_anon",
    }  # fmt: skip
    assert policies.load(new / "trivet.yaml").schemas == ("api", "private")
    settings = load(DataSettings, found)
    assert settings.database_url == 'postgres://authenticator:my"secret@localhost:5432/postgres'
    assert (settings.access, settings.pre_request, settings.max_rows) == ("database", "api.check", 1000)
    assert (settings.default_rows, settings.aggregates, settings.safe_update) == (0, True, False)
    assert settings.anonymous_statement_timeout == 0
    assert settings.extra_search_path == ("public", "extensions")
    assert settings.told == {"app.settings.greeting": "hello\nworld"}
    assert ending_of(settings).overrides
    assert load(RestSettings, found).openapi_mode == "disabled"
    assert (found["PORT"], found["CORS_ORIGINS"]) == ("3001", "https://a.example")
    assert (new / "trivet.env").stat().st_mode & 0o777 == 0o600


def test_its_tokens_are_taken(tmp_path):
    import jwt

    run(tmp_path)
    new = tmp_path / "new"
    assert tomllib.loads((new / "issuers.toml").read_text())["issuerless"]["audience"] == "us"
    found = outside_issuers.load(str(new / "issuers.toml"), "trivet")
    token = jwt.encode({"aud": "us", "realm": {"roles of mine": ["clerk"]}}, SECRET)
    assert found.prove(token, 60).claims["role"] == "clerk"


def test_what_is_not_carried_over_is_named(tmp_path):
    told = [line for line in run(tmp_path).output.splitlines() if line.startswith("not carried over")]
    assert [line.split(": ")[1] for line in told] == ["db-root-spec", "no-such"]


def test_the_environment_counts_more_than_the_file(tmp_path):
    env = {"PGRST_DB_SCHEMAS": "other", "PGRST_APP_SETTINGS_X": "1", "PGRST_DB_ANON_ROLE": "nobody"}
    assert run(tmp_path, env=env).exit_code == 0
    written = yaml.safe_load((tmp_path / "new" / "trivet.yaml").read_text())
    assert (written["schemas"], written["anonymous_role"]) == (["other"], "nobody")


def test_secrets_may_be_in_files(tmp_path):
    (tmp_path / "secret").write_text(SECRET + "\n")
    assert run(tmp_path, 'db-uri = "postgresql://"\njwt-secret = "@secret"\n').exit_code == 0
    assert (tmp_path / "new" / "jwt-secret").read_text() == SECRET


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("nonsense\n", "line 1"),
        ('db-uri = "open\n', "line 1"),
        ('db-uri = "x" y\n', "line 1"),
        ('jwt-secret = "@missing"\n', "missing"),
        ("db-plan-enabled = perhaps\n", "db-plan-enabled"),
    ],
)
def test_what_can_t_be_read_is_told(tmp_path, text, part):
    result = run(tmp_path, text)
    assert (result.exit_code, part in result.output) == (1, True)
    assert not (tmp_path / "new" / "trivet.env").exists()


def test_nothing_is_overwritten(tmp_path):
    run(tmp_path)
    again = run(tmp_path)
    assert again.exit_code == 1
    assert "is there already" in again.output


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (".role", ["role"]),
        ("$.role", ["role"]),
        ("role", ["role"]),
        ('."https://x.org/role"', ["https://x.org/role"]),
        (".a.b[1].c", ["a", "b", 1, "c"]),
        ('.roles[?(@ == "x")]', None),
    ],
)
def test_paths_to_the_role(text, path):
    assert role_path(text) == path
