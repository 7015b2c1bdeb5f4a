"""What a worker costs by itself: a trivial application under `gthread` and `hub`, side by side.

    python bench/worker.py [--requests 40000] [--connections 16] [--rounds 3]
    python bench/worker.py --memory [--requests 1000000]

The first prints CPU microseconds and requests a second of each worker, medians of interleaved rounds; the second what
the hub's memory is before and after many requests. Both read /proc, and so run on Linux alone.
"""

import argparse
import os
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

WORKERS = {"gthread": "gthread", "hub": "chassis.worker.HubWorker"}
REQUEST = (
    b"GET /rest/v1/orders?id=eq.17 HTTP/1.1\r\nHost: localhost\r\nX-Real-Ip: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n"
    b"X-Request-Id: 5f0c2f8f9bb14c0e9d3f3f2d5f1d8e7a\r\nUser-Agent: bench\r\nAccept: */*\r\n"
    b"Authorization: Bearer " + b"x" * 500 + b"\r\n\r\n"
)
BODY = b"[]"
TICKS = os.sysconf("SC_CLK_TCK")


def app(environ: dict[str, object], start_response: object) -> list[bytes]:
    """The trivial application."""
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])  # type: ignore[operator]  # a WSGI callable, typed as object here
    return [BODY]


@contextmanager
def served(worker: str, folder: Path) -> Iterator[tuple[Path, int]]:
    """A server with one worker process: its socket, and the worker's process id."""
    path = folder / f"{worker}.sock"
    argv = [sys.executable, "-m", "gunicorn", "-k", WORKERS[worker], "--bind", f"unix:{path}", "--threads", "4"]
    argv += ["--keep-alive", "75", "--no-control-socket", "--log-level", "warning", "worker:app"]
    process = subprocess.Popen(argv, cwd=Path(__file__).parent)  # noqa: S603  (our own server, no shell)
    try:
        yield path, _worker_of(process.pid, path)
    finally:
        process.terminate()
        process.wait()


def _worker_of(head: int, path: Path) -> int:
    for _ in range(400):
        found = Path(f"/proc/{head}/task/{head}/children").read_text().split()
        if found and path.exists():
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(path))
                probe.sendall(REQUEST)
                if probe.recv(65_536):
                    return int(found[0])
        time.sleep(0.05)
    raise RuntimeError("the server does not start")


def ask(path: Path, requests: int, connections: int) -> float:
    """Send so many requests over so many kept connections, one at a time on each; the seconds it took."""
    poll = select.epoll()
    clients = {}
    begun = time.perf_counter()
    for _ in range(connections):
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(path))
        poll.register(client.fileno(), select.EPOLLIN)
        clients[client.fileno()] = client
        client.send(REQUEST)
    sent, answered = connections, 0
    while answered < requests:
        for fd, _ in poll.poll():
            answer = clients[fd].recv(65_536)
            if not answer:
                raise RuntimeError("a connection was closed")
            if not answer.endswith(BODY):
                continue  # gthread sends head and body apart
            answered += 1
            if sent < requests:
                clients[fd].send(REQUEST)
                sent += 1
    seconds = time.perf_counter() - begun
    for client in clients.values():
        client.close()
    return seconds


def cpu(process: int) -> float:
    """The CPU seconds that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(process: int) -> int:
    """The memory of a process in KiB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def compare(requests: int, connections: int, rounds: int) -> None:
    """Print what each worker costs."""
    figures: dict[str, list[tuple[float, float]]] = {worker: [] for worker in WORKERS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tvb-")))
        places = {worker: stack.enter_context(served(worker, folder)) for worker in WORKERS}
        for turn in range(rounds + 1):
            for worker, (path, process) in places.items():
                before = cpu(process)
                seconds = ask(path, requests, connections)
                if turn:  # the first one warms up
                    figures[worker].append(((cpu(process) - before) / requests * 1e6, requests / seconds))
    print(f"{connections} connections, {requests} requests, medians of {rounds} rounds")
    for worker, found in figures.items():
        used, rate = (statistics.median(column) for column in zip(*found, strict=True))
        print(f"{worker:8} {used:7.1f} CPU-µs a request {rate:9.0f} requests/s")


def grow(requests: int, connections: int) -> None:
    """Print the hub's memory after each tenth of the requests."""
    with tempfile.TemporaryDirectory(prefix="tvb-") as folder, served("hub", Path(folder)) as (path, process):
        ask(path, 10_000, connections)
        print(f"{'warm':>9} {resident(process):8} KiB")
        for tenth in range(1, 11):
            ask(path, requests // 10, connections)
            print(f"{requests * tenth // 10:9} {resident(process):8} KiB")


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    if given.memory:
        grow(given.requests or 1_000_000, given.connections)
    else:
        compare(given.requests or 40_000, given.connections, given.rounds)


if __name__ == "__main__":
    main()
