"""node-soap makes the tour: both versions of SOAP, both kinds of password, both databases."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.suite import ROOT

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> list[str | Path]:
    """The client beside its packages, which are kept for the next time under the lock's own hash."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("Node.js is not installed")
    lock = (HERE / "package-lock.json").read_bytes()
    packages = ROOT / ".tools" / f"npm-soap-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not (packages / "complete").exists():
        shutil.rmtree(packages, ignore_errors=True)
        packages.mkdir(parents=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, packages)
        done = subprocess.run([npm, "ci"], cwd=packages, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stderr
        (packages / "complete").touch()
    folder = tmp_path_factory.mktemp("node-soap")
    (folder / "node_modules").symlink_to(packages / "node_modules")
    return [node, shutil.copy(HERE / "client.mjs", folder)]


@pytest.mark.parametrize(("version", "kind"), [("11", "text"), ("11", "digest"), ("12", "text")])
def test_node_soap(make_tour, shop, client, version, kind):
    make_tour([*client, shop.wsdl], shop, version, kind)
