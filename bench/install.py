"""What the bench needs beside the suite: wrk, the servers of Node.js with their Node.js, and those of Python."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / "bench" / "peers"
_TOOLS = ROOT / ".tools"


def node() -> str:
    """The path of the Node.js that came with the peers."""
    return str(PEERS / "node_modules" / "node" / "bin" / "node")


def venv(peer: str) -> Path:
    """The folder of programs of a Python peer's virtual environment."""
    return _TOOLS / f"bench-{peer}" / "bin"


def install_wrk() -> None:
    """The load generator. Raises `RuntimeError` where it can't be installed from here."""
    if shutil.which("wrk"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run(["apt-get", "update", "-qq"])
        _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "wrk"])
    else:
        raise RuntimeError("wrk is not installed; please run: sudo apt-get install wrk")


def install_node_peers() -> None:
    """Node.js and the packages of its peers, as their lock file has them."""
    if not _changed("node", PEERS / "package-lock.json", PEERS / "node_modules"):
        return
    npm = shutil.which("npm") or shutil.which("npm", path=str(_TOOLS / "node"))
    if npm is None:
        raise RuntimeError("npm is not there; `make setup` installs it")
    # node's own package fetches its program after it was installed
    _run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], PEERS)
    _settle("node", PEERS / "package-lock.json")


def install_python_peer(peer: str) -> None:
    """A virtual environment with the peer's pinned packages."""
    pins = PEERS / peer / "requirements.txt"
    if not _changed(peer, pins, venv(peer)):
        return
    uv = shutil.which("uv") or shutil.which("uv", path=str(_TOOLS / "bin"))
    if uv is None:
        raise RuntimeError("uv is not there; `make setup` installs it")
    place = str(venv(peer).parent)
    _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, place])
    _run([uv, "pip", "install", "--quiet", "--python", place, "--requirement", str(pins)])
    _settle(peer, pins)


def _run(argv: Sequence[str], folder: Path = ROOT) -> None:
    print(f"  {' '.join(argv)}", file=sys.stderr)
    environment = {**os.environ, "UV_SYSTEM_CERTS": "1"}
    subprocess.run(argv, cwd=folder, env=environment, check=True, stdout=sys.stderr)  # noqa: S603  (our own words)


def _changed(name: str, pins: Path, place: Path) -> bool:
    stamp = _TOOLS / f"bench-{name}.stamp"
    return not place.is_dir() or not stamp.is_file() or stamp.read_text() != _sum(pins)


def _settle(name: str, pins: Path) -> None:
    _TOOLS.mkdir(exist_ok=True)
    (_TOOLS / f"bench-{name}.stamp").write_text(_sum(pins))


def _sum(pins: Path) -> str:
    return hashlib.sha256(pins.read_bytes()).hexdigest()
