"""On what a run was made: the machine's shape, and the versions of what took part."""

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench import install
from tests.fixtures.postgres_server import find_binaries


def described() -> str:
    """A few lines of Markdown."""
    versions = {
        "Python": platform.python_version(),
        "Node.js": _output([install.node(), "--version"]),
        "PostgreSQL": _output([str(find_binaries() / "postgres"), "--version"]).rpartition(") ")[2],
        "nginx": _output([shutil.which("nginx") or "/usr/sbin/nginx", "-v"]).rpartition("/")[2],
        "wrk": _output([shutil.which("wrk") or "wrk", "-v"]).partition(" [")[0].removeprefix("wrk "),
        **_node_packages(),
        **_python_packages(),
    }
    shape = f"{os.cpu_count()} cores of {_processor()}, {platform.system()} {platform.release()}"
    return f"{shape}. {', '.join(f'{name} {version}' for name, version in versions.items() if version)}.\n"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()


def _output(argv: Sequence[str]) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603  (no shell)
    except OSError:
        return ""
    return (done.stdout + done.stderr).strip().splitlines()[0]


def _node_packages() -> dict[str, str]:
    wanted = {
        "Express": "express",
        "Apollo Server": "@apollo/server",
        "PostGraphile": "postgraphile",
        "node-soap": "soap",
    }
    lock = json.loads((install.PEERS / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    return {name: lock[f"node_modules/{package}"]["version"] for name, package in wanted.items()}


def _python_packages() -> dict[str, str]:
    wanted = {"Django": ("drf", "django"), "DRF": ("drf", "djangorestframework"), "Spyne": ("spyne", "spyne")}
    found = {}
    for name, (peer, package) in wanted.items():
        pins = (install.PEERS / peer / "requirements.txt").read_text(encoding="utf-8").splitlines()
        found[name] = next(line.partition("==")[2] for line in pins if line.startswith(f"{package}=="))
    return found
