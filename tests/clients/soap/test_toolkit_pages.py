"""The pages of docs/soap say nothing but what the tested clients do."""

import json
import re
from pathlib import Path
from textwrap import dedent

import pytest

from tests.fixtures.suite import ROOT

HERE = Path(__file__).parent
PAGES = sorted(page.stem for page in (ROOT / "docs/soap").glob("*.md") if page.stem != "README")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> list[tuple[str, str]]:
    """The language and the text of each block of code in a page."""
    return _BLOCK.findall((ROOT / "docs/soap" / f"{page}.md").read_text(encoding="utf-8"))


def contains(source: str, block: str) -> bool:
    """Whether a block's lines stand in a source, one after the other, however deep they are indented there."""
    wanted = dedent(block).splitlines()
    lines = source.splitlines()
    parts = (lines[start : start + len(wanted)] for start in range(len(lines) - len(wanted) + 1))
    return any(dedent("\n".join(part)).splitlines() == wanted for part in parts)


def is_installed(command: str) -> bool:
    """Whether a command installs what the tests have installed too."""
    tool, *packages = re.fullmatch(r"(apt-get|pip|npm) install (.*)", command).expand(r"\1 \2").split()
    if tool == "apt-get":
        known = (ROOT / "cli/bootstrap.sh").read_text()
    elif tool == "npm":
        known = " ".join(json.loads((HERE / "node/package.json").read_text())["dependencies"])
    else:
        known = (ROOT / "pyproject.toml").read_text()
    return set(packages) <= set(re.findall(r"[a-z][a-z0-9+-]*", known))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_taken_from_its_client(page):
    sources = [path.read_text(encoding="utf-8") for path in (HERE / page).iterdir() if path.is_file()]
    found = blocks(page)
    assert len(found) > 5
    for language, block in found:
        if language == "sh" and " install " in block:
            assert is_installed(block.strip()), block
        else:
            assert any(contains(source, block) for source in sources), block


def test_every_client_has_its_page_and_the_index_names_it():
    folders = {path.name for path in HERE.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert set(PAGES) == folders
    index = (ROOT / "docs/soap/README.md").read_text(encoding="utf-8")
    assert {f"({page}.md)" for page in PAGES} == set(re.findall(r"\(\w+\.md\)", index))


def test_the_index_fetches_the_wsdl_as_the_tests_do():
    source = (HERE / "conftest.py").read_text(encoding="utf-8")
    for _, block in blocks("README"):
        assert block.strip() in source
