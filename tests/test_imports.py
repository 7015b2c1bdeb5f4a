"""Rules about imports that the import contracts can't say."""

import ast
import configparser
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    folder.name: folder
    for pattern in ("libs/*/*", "services/*/*", "gateway/*", "cli/*")
    for folder in ROOT.glob(pattern)
    if (folder / "__init__.py").exists()
}


def sources(package: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGES[package].rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found


def test_every_package_has_its_place_in_the_import_contracts() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    listed = set(parser["importlinter"]["root_packages"].split())
    layers = set(parser["importlinter:contract:layers"]["layers"].replace("|", " ").split())
    assert set(PACKAGES) == listed == layers


def test_contracts_stands_on_the_standard_library_and_msgspec() -> None:
    allowed = {*sys.stdlib_module_names, "msgspec", "contracts"}
    for path, tree in sources("contracts"):
        assert imported(tree) <= allowed, path


def test_the_environment_is_read_in_settings_alone() -> None:
    # gunicorn's configuration hands the metrics library its folder the only way that library knows
    allowed = {"settings.py", "serving.py"}
    for package in PACKAGES:
        for path, tree in sources(package):
            names = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            if names & {"os.environ", "os.getenv", "os.environb"}:
                assert path.name in allowed, path
