"""What the documents promise is in the code, and what the code has is in the documents."""

import importlib.util
import re
from dataclasses import fields
from pathlib import Path

import pytest
from chassis.settings import variable
from contracts.problems import CODES, SQLSTATES

ROOT = Path(__file__).resolve().parents[1]


def _tables():
    spec = importlib.util.spec_from_file_location("trivet_docs_tables", ROOT / "docs" / "tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tables = _tables()


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("docs/settings.md", "settings_page"),
        ("docs/errors.md", "errors_page"),
        ("docs/architecture.md", "architecture_page"),
        ("docs/security.md", "security_page"),
        (".env.example", "env_example"),
    ],
)
def test_generated_pages_are_current(page: str, name: str) -> None:
    assert (ROOT / page).read_text(encoding="utf-8") == getattr(tables, name)(), "run `make docs`"


def test_every_setting_is_documented_with_a_meaning() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for _, cls in tables.settings_classes():
        for field in fields(cls):
            assert f"`{variable(field)}`" in text
            assert field.metadata.get("help")


def test_every_service_has_settings_in_the_page() -> None:
    documented = {name for name, _ in tables.settings_classes()}
    assert {path.name for path in (ROOT / "services").iterdir() if path.is_dir()} <= documented


def test_every_error_code_is_documented() -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    for code in (*CODES, *SQLSTATES):
        assert f"| `{code}" in text


def test_every_code_that_is_raised_is_in_the_table() -> None:
    for source in [*ROOT.glob("libs/*/*/**/*.py"), *ROOT.glob("services/*/*_service/**/*.py")]:
        for code in re.findall(r'"(PGRST\d{3}|TRV\d{3})"', source.read_text(encoding="utf-8")):
            assert code in CODES, f"{code} in {source.relative_to(ROOT)}"


def test_what_the_readme_names_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (ROOT / target).exists(), target
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make ([a-z]+)", text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
