"""Load from wrk: kept connections, each with one request under way, for a fixed time."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.processes import other_core, started_on

_SCRIPT = Path(__file__).with_name("send.lua")


@dataclass(frozen=True)
class Load:
    """What wrk saw: answers, seconds in all, and seconds within which half, and 99 of 100, were answered."""

    requests: int
    seconds: float
    p50: float
    p99: float
    errors: int


def write(file: Path, texts: Iterable[bytes]) -> None:
    """Put requests into a file as `send.lua` reads it."""
    with file.open("wb") as out:
        for text in texts:
            out.write(b"%d\n%b" % (len(text), text))


def send(base_url: str, file: Path, connections: int, seconds: int) -> Load:
    """Send the file's requests, over and over. Raises `RuntimeError` where wrk can't, or nothing was answered."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("wrk is not installed; `make bench` installs it, or: sudo apt-get install wrk")
    argv = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(_SCRIPT)]
    with started_on(other_core()):
        done = subprocess.run(  # noqa: S603  (no shell, our own words)
            [*argv, base_url, "--", str(file)], capture_output=True, text=True, check=False
        )
    if done.returncode or not done.stderr.startswith("{"):
        raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
    found = Load(**json.loads(done.stderr))
    if found.requests == 0:
        raise RuntimeError(f"nothing was answered at {base_url}")
    return found
