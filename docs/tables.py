"""Write what the code says into docs/ (settings, errors, code map, security tests) and .env.example: `make docs`."""

import ast
import dataclasses
import importlib
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chassis.settings import ServiceSettings, variable
from contracts.problems import CODES, SQLSTATES, Code

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
SERVICES = ("data", "auth", "rest", "graphql", "soap", "gateway")

MARK = "<!-- from here on written by `make docs` from the modules' own first lines -->\n"

TESTS_MARK = "<!-- from here on written by `make docs` from the tests themselves -->\n"

SETTINGS_HEAD = """\
# Settings

Everything is set by environment variables, read once when a process starts; all faults are reported together
(`trivet check`, `make check`); an empty variable is an unset one. A variable marked *secret* may instead be read from
the file that `<NAME>_FILE` names.

`make run` sets addresses and folders itself: there only the first table and whatever you wish to change matter.
This page is written by `make docs` from the code.
"""
# what whoever starts the services settles among them: `trivet up`, or docker-compose.yml
WIRING = frozenset({
    "STATE", "TRIVET_LISTEN", "TRIVET_STATE_DIR", "TRIVET_AUTH_URL", "TRIVET_DATA_URL", "TRIVET_REDIS_URL",
    "TRIVET_PUBLIC_URL", "TRIVET_CONFIG", "TRIVET_REST_URL", "TRIVET_GRAPHQL_URL", "TRIVET_SOAP_URL",
    "TRIVET_DEMO_ACCOUNTS", "TRIVET_SHOW_STATEMENTS", "TRIVET_LOG_STDOUT", "TRIVET_START_TIMEOUT",
})  # fmt: skip
ENV_HEAD = """\
# What the suite in containers is told: copy it to .env for `docker compose up`, or hand it to `docker run --env-file`
# Everything has a default, written behind its name: an empty file serves the demo store.
# Inside a container "localhost" is the container: this machine's own database is at host.docker.internal, and a path
# of CONFIG or DATABASE_URL is one that was mounted (compose mounts the files of CONFIG and of *_FILE itself).
# Written by `make docs` from the code.

# ---- docker compose

# What else is started: postgres, openldap (whose people log in with what openldap/directory.env says)
#COMPOSE_PROFILES=

# The password of the profile postgres, for DATABASE_URL=postgresql://trivet:<password>@postgres/trivet
#POSTGRES_PASSWORD=

# The passwords of the profile openldap, and whether auth trusts the certificate that was made for it
#OPENLDAP_TRUSTED=
#LDAP_ADMIN_PASSWORD=trivet-demo
#LDAP_READONLY_USER_PASSWORD=trivet-demo

# The images that all is built from
#PYTHON_IMAGE=python:3.11-slim
#NGINX_IMAGE=nginx:1.22
#REDIS_IMAGE=redis:7
#POSTGRES_IMAGE=postgres:15
#OPENLDAP_IMAGE=osixia/openldap:1.5.0
"""
ERRORS_HEAD = """\
# Errors

Every error of the suite has a stable code. REST answers `{"code", "message", "details", "hint"}` with the status below;
GraphQL puts the message into `errors`, SOAP into a fault whose detail has the same code, and each gives it its own HTTP
status (by the kind of the problem). Errors of the database keep their SQLSTATE; SQLite's get the equivalent one.
An error never holds SQL, a path or a trace; its `X-Request-Id` is in the logs.
This page is written by `make docs` from the code.
"""


def settings_classes() -> list[tuple[str, type[Any]]]:
    """Every class of settings of the suite, under the name of what reads it."""
    command_line = importlib.import_module("trivet_cli.settings")
    classes: list[tuple[str, type[Any]]] = [
        ("`trivet up` (`make run`)", command_line.UpSettings),
        ("`trivet user`, `apikey`, `keys` and others that change accounts and keys", command_line.OperatorSettings),
        ("Every service", ServiceSettings),
    ]
    for service in SERVICES:
        module = importlib.import_module(f"{service}_service.settings")
        classes += [(service, found) for found in vars(module).values() if _is_settings(found)]
    return classes


def settings_page() -> str:
    """The text of docs/settings.md."""
    parts = [SETTINGS_HEAD]
    for name, cls in settings_classes():
        inherited = {field.name for field in dataclasses.fields(ServiceSettings)} if _is_settings(cls) else set()
        rows = [_setting_row(field) for field in dataclasses.fields(cls) if field.name not in inherited]
        if rows:
            parts.append(f"## {name}\n\n| variable | default | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def env_example() -> str:
    """The text of .env.example: every setting that a user of the containers chooses, once, with its default."""
    parts, told = [ENV_HEAD], set(WIRING)
    for name, cls in settings_classes():
        chosen = [field for field in dataclasses.fields(cls) if variable(field) not in told]
        told |= {variable(field) for field in chosen}
        if chosen:
            parts.append(f"\n# ---- {name.replace('`', '')}\n" + "\n".join(map(_env_lines, chosen)))
    return "\n".join(parts) + "\n"


def errors_page() -> str:
    """The text of docs/errors.md."""
    ours = "\n".join(_code_row(name, code) for name, code in sorted(CODES.items()))
    states = "\n".join(_code_row(_state(name), code) for name, code in sorted(SQLSTATES.items()))
    head = "| code | status (REST) | kind | meaning |\n|---|---|---|---|\n"
    return f"{ERRORS_HEAD}\n## Codes of the suite\n\n{head}{ours}\n\n## SQLSTATEs\n\n{head}{states}\n"


def architecture_page() -> str:
    """The text of docs/architecture.md: what is written there by hand, and the map of all modules."""
    by_hand = (FOLDER / "architecture.md").read_text(encoding="utf-8").partition(MARK)[0]
    parts = [by_hand + MARK + "\n"]
    for folder in sorted(FOLDER.parent.glob("*/*/py.typed")) + sorted(FOLDER.parent.glob("*/*/*/py.typed")):
        package = folder.parent
        lines = [
            _module_line(package, path) for path in sorted(package.rglob("*.py")) if "migrations" not in path.parts
        ]
        parts.append(f"## {package.name}\n\n" + "\n".join(filter(None, lines)) + "\n")
    return "\n".join(parts)


def security_page() -> str:
    """The text of docs/security.md: what is written there by hand, and a table of all tests of security."""
    by_hand = (FOLDER / "security.md").read_text(encoding="utf-8").partition(TESTS_MARK)[0]
    parts = [by_hand + TESTS_MARK]
    for path in sorted((ROOT / "tests" / "security").glob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
        rows = "\n".join(_test_row(test, tree) for test in tests)
        head = f"## {path.stem.removeprefix('test_').replace('_', ' ')}\n\n{ast.get_docstring(tree) or ''}"
        parts.append(f"{head}\n\n| test | what it shows | cases |\n|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def _test_row(test: ast.FunctionDef, tree: ast.Module) -> str:
    shown = (ast.get_docstring(test) or "").split("\n")[0]
    cases = "; ".join(filter(None, (_cases(mark, tree) for mark in test.decorator_list)))
    cells = (test.name.removeprefix("test_").replace("_", " "), shown, cases)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _cases(mark: ast.expr, tree: ast.Module) -> str:
    """The names of the cases that a mark of pytest's lists by the keys of a table of the module, else how many."""
    if not isinstance(mark, ast.Call) or not ast.unparse(mark.func).endswith("parametrize"):
        return ""
    given = mark.args[1]
    for node in tree.body:
        named = node.target if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [None])[0]
        if isinstance(given, ast.Name) and isinstance(named, ast.Name) and named.id == given.id:
            given = node.value  # type: ignore[attr-defined]  # (only an assignment has such a target)
            if isinstance(given, ast.Dict):
                return ", ".join(str(ast.literal_eval(key)) for key in given.keys if key is not None)
    return f"{len(given.elts)}" if isinstance(given, ast.List | ast.Tuple) else ""


def _module_line(package: Path, path: Path) -> str:
    job = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    name = ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
    return f"* `{name}`: {job.splitlines()[0]}" if job else ""


def _is_settings(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, ServiceSettings) and found is not ServiceSettings


def _env_lines(field: "dataclasses.Field[Any]") -> str:
    name = variable(field)
    names = f"#{name}={_shown(field)}" + (f"\n#{name}_FILE=" if field.metadata.get("secret") else "")
    return "\n" + "\n".join([*_comment(str(field.metadata["help"])), names])


def _comment(text: str) -> Iterator[str]:
    for line in textwrap.wrap(text[0].upper() + text[1:], 110):
        yield f"# {line}"


def _shown(field: "dataclasses.Field[Any]") -> str:
    default = field.default
    if isinstance(default, tuple):
        return ",".join(default)
    return ("1" if default else "0") if isinstance(default, bool) else str(default)


def _setting_row(field: "dataclasses.Field[Any]") -> str:
    shown = _shown(field)
    secret = " *(secret)*" if field.metadata.get("secret") else ""
    help_text = str(field.metadata.get("help", "")).replace("|", "\\|")
    return f"| `{variable(field)}` | {f'`{shown}`' if shown else ''} | {help_text}{secret} |"


def _code_row(name: str, code: Code) -> str:
    return f"| `{name}` | {code.status} | {code.kind.value} | {code.meaning} |"


def _state(name: str) -> str:
    return name if len(name) == 5 else f"{name}…"


if __name__ == "__main__":
    (ROOT / ".env.example").write_text(env_example(), encoding="utf-8")
    (FOLDER / "settings.md").write_text(settings_page(), encoding="utf-8")
    (FOLDER / "errors.md").write_text(errors_page(), encoding="utf-8")
    (FOLDER / "architecture.md").write_text(architecture_page(), encoding="utf-8")
    (FOLDER / "security.md").write_text(security_page(), encoding="utf-8")
