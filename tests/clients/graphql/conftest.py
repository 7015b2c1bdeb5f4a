"""What the tests of clients share: the demo store's suite, and the clients' packages."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fixtures import npm
from tests.fixtures.suite import Suite

HERE = Path(__file__).parent
_ACCOUNTS = {"clerk": "clerk@example.com", "admin": "admin@example.com"}


@pytest.fixture(scope="session")
def packages() -> Path:
    """A folder with the packages of ``package-lock.json``; kept for the next time, under the lock's own hash."""
    return npm.packages(HERE, "graphql")


@pytest.fixture(scope="session")
def run_client(demo_suite: Suite, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Run one of the scripts here as a role's account; its output. Fails with what the script says."""
    folder = tmp_path_factory.mktemp("clients")
    (folder / "node_modules").symlink_to(packages / "node_modules")
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, folder)

    def run(script: str, role: str | None, path: str = "/v1/graphql") -> str:
        token = demo_suite.token(_ACCOUNTS[role]) if role else ""
        asked = {"GRAPHQL_URL": demo_suite.base_url + path, "ROLE": role or "anonymous", "TOKEN": token}
        done = subprocess.run(
            ["node", f"{script}.mjs"],
            cwd=folder,
            env={**os.environ, **asked},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    return run
