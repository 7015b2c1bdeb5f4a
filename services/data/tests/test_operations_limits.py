"""What the project's code can't do: take for ever, take all memory, take others with it, or look at what is not its own."""

import contextlib
import json
import os
import signal
import subprocess
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from chassis.hub.lanes import Abandoned
from contracts.filters import FieldRef, Given, Param
from contracts.identity import Caller, Principal
from contracts.operations import Call, Create, FieldOutput, Node, Read
from contracts.problems import Problem
from data_service.operations.nursery import Terms
from data_service.operations.project import Project
from greenlet import getcurrent
from trivet.running import sandbox

CONFIG = "version: 1\n"
SIZE = 2
OPERATIONS = """
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

import trivet

left_over = []


@trivet.operation(timeout=0.5)
def endless(ctx: trivet.Context, id: int) -> int:
    ctx.database.create("tags", {"id": id, "name": "never"})
    while True:
        pass


@trivet.operation(timeout=0.5, reads_only=True)
def stubborn() -> int:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


@trivet.operation
def hog() -> int:
    return len(bytearray(2_000_000_000))


@trivet.operation
def creep() -> int:
    while True:
        left_over.append("x" * 1_000_000)


@trivet.operation
def leave(ctx: trivet.Context, id: int) -> int:
    ctx.database.create("tags", {"id": id, "name": "never"})
    os._exit(0)


@trivet.operation
def segfault() -> int:
    return ctypes.string_at(0)[0]


@trivet.operation
def multiply() -> list[str]:
    found = []
    for attempt in (os.fork, lambda: subprocess.run(["/bin/true"]), lambda: os.posix_spawn("/bin/true", ["true"], {})):
        try:
            attempt()
            found.append("done")
        except OSError as fault:
            found.append(type(fault).__name__)
    return found


@trivet.operation(reads_only=True)
def threads() -> int:
    done = []
    made = [threading.Thread(target=done.append, args=(n,)) for n in range(5)]
    for thread in made:
        thread.start()
    for thread in made:
        thread.join()
    return len(done)


@trivet.operation(reads_only=True)
def linger() -> int:
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    return os.getpid()


@trivet.operation(reads_only=True)
def flood(lines: int) -> int:
    for number in range(lines):
        print("line", number, "y" * 10_000)
        sys.stderr.write("z" * 10_000)
    return lines


@trivet.operation(reads_only=True)
def huge() -> str:
    return "x" * 100_000_000


@trivet.operation(reads_only=True)
def garbage() -> int:
    for fd in range(3, 20):
        try:
            os.write(fd, b"\\xff" * 100)
        except OSError:
            pass
    return 1


@trivet.operation(reads_only=True)
def environment() -> dict[str, str]:
    return dict(os.environ)


@trivet.operation(reads_only=True)
def peep(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(20).decode("utf-8", "replace")
    except OSError as fault:
        return type(fault).__name__


@trivet.operation(reads_only=True)
def put(path: str) -> str:
    try:
        with open(path, "w") as file:
            file.write("x")
        return "written"
    except OSError as fault:
        return type(fault).__name__


@trivet.operation(reads_only=True)
def strike(pid: int) -> str:
    try:
        os.kill(pid, signal.SIGKILL)
        return "struck"
    except OSError as fault:
        return type(fault).__name__


@trivet.operation(reads_only=True)
def scratch() -> str:
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(b"mine")
        return os.getcwd()


@trivet.operation(reads_only=True, timeout=30)
def wait_for(ctx: trivet.Context, id: int) -> str:
    while True:
        found = ctx.database.get("tags", id)
        if found is not None:
            return found["name"]
        time.sleep(0.01)


@trivet.operation(timeout=30)
def hold(ctx: trivet.Context, id: int) -> None:
    ctx.database.create("tags", {"id": id, "name": "never"})
    time.sleep(25)


@trivet.operation(reads_only=True)
def pid() -> int:
    return os.getpid()
"""
closed = pytest.mark.skipif(not sandbox.landlock_version(), reason="this kernel has no Landlock")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop") / "operations"
    folder.mkdir()
    (folder / "limits.py").write_text(textwrap.dedent(OPERATIONS))
    os.environ["A_SECRET_OF_THE_SERVICE"] = "s3cret"
    return Project(Terms(folder, memory=268_435_456), size=SIZE, timeout=10.0, patience=0.2)


@pytest.fixture
def store(ruled_store):
    yield ruled_store
    ruled_store.restore()


def ask(store, name, /, **arguments):
    given = tuple(Given(key, Param(at)) for at, key in enumerate(arguments))
    who = Caller(principal=Principal(role="admin", subject="s"), deadline=time.monotonic() + 60)
    body = store.run(Call(name, given), list(arguments.values()), who).body
    return json.loads(body) if body else None


def refusal(store, name, /, **arguments):
    with pytest.raises(Problem) as caught:
        ask(store, name, **arguments)
    return caught.value


def tags(store):
    return {row["id"] for row in store.ask(Read("tags", Node((FieldOutput("id", FieldRef("id")),))), [])}


def test_after_its_time_it_is_undone_and_ended(store):
    problem = refusal(store, "endless", id=70)
    assert (problem.code, problem.status) == ("TRV341", 504)
    assert tags(store) == {1, 2, 3}
    store.run(Create("tags", ("id", "name"), Param(0)), [[{"id": 71, "name": "free"}]])  # nobody holds a lock
    assert refusal(store, "stubborn").code == "TRV341"
    assert ask(store, "pid")


def test_its_caller_s_deadline_is_its_own(store):
    who = Caller(principal=Principal(role="admin", subject="s"), deadline=time.monotonic() + 0.3)
    with pytest.raises(Problem) as caught:
        store.run(Call("wait_for", (Given("id", Param(0)),)), [999], who)
    assert caught.value.kind.name == "TIMEOUT"


@pytest.mark.parametrize("name", ["hog", "creep"])
def test_memory_is_bounded(store, name, caplog):
    assert refusal(store, name).code == "TRV342"
    assert "MemoryError" in caplog.text
    assert ask(store, "pid")


@pytest.mark.parametrize("name", ["leave", "segfault", "garbage"])
def test_an_end_of_its_process_costs_only_its_own_call(store, name):
    waiting = threading.Thread(target=lambda: found.append(ask(store, "wait_for", id=80)))
    found: list[str] = []
    waiting.start()
    assert refusal(store, name, **({"id": 81} if name == "leave" else {})).code == "TRV342"
    store.run(Create("tags", ("id", "name"), Param(0)), [[{"id": 80, "name": "here"}]])
    waiting.join(30)
    assert found == ["here"]
    assert 81 not in tags(store)


def test_no_process_is_made(store):
    assert ask(store, "multiply") == ["PermissionError"] * 3
    assert ask(store, "threads") == 5


def test_what_goes_on_after_its_call_ends_with_its_process(store):
    first = ask(store, "linger")
    assert all(ask(store, "pid") != first for _ in range(3))


def test_much_output_is_cut(store, caplog):
    caplog.set_level("INFO", "trivet.operations")
    assert ask(store, "flood", lines=5000) == 5000
    lines = [record.getMessage() for record in caplog.records if record.name == "trivet.operations"]
    assert len(lines) == 200
    assert max(map(len, lines)) <= 4000
    assert lines[-1] == "this call has written enough to the log; nothing more of it is kept"


def test_too_large_a_result_is_refused(store):
    assert refusal(store, "huge").code == "TRV342"
    assert ask(store, "pid")


def test_its_environment_is_clean(store):
    assert set(ask(store, "environment")) <= {"PATH", "LANG", "HOME", "TMPDIR", "LC_CTYPE"}


@closed
def test_it_sees_no_other_process_and_no_file_but_its_own(store, tmp_path, project):
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    ours = os.getpid()
    for path in (
        secret,
        f"/proc/{ours}/environ",
        f"/proc/{ours}/mem",
        f"/proc/{os.getppid()}/environ",
        "/root/.profile",
    ):
        assert ask(store, "peep", path=str(path)) in ("PermissionError", "FileNotFoundError")
    assert ask(store, "peep", path=str(project.terms.folder / "limits.py"))[1:7] == "import"
    for path in (tmp_path / "new", project.terms.folder / "limits.py", "/tmp/trivet-put"):
        assert ask(store, "put", path=str(path)) == "PermissionError"
    assert ask(store, "scratch").startswith("/")


@pytest.mark.skipif(sandbox.landlock_version() < 6, reason="this kernel does not scope signals")
def test_it_can_end_no_other_process(store):
    other = subprocess.Popen(["sleep", "60"])
    try:
        assert ask(store, "strike", pid=other.pid) == "PermissionError"
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_others_are_answered_meanwhile(store):
    with ThreadPoolExecutor() as threads:
        waiting = [threads.submit(ask, store, "wait_for", id=number) for number in (90, 91)]
        assert tags(store) == {1, 2, 3}
        store.run(Create("tags", ("id", "name"), Param(0)), [[{"id": 90, "name": "a"}, {"id": 91, "name": "b"}]])
        assert [one.result(30) for one in waiting] == ["a", "b"]


def test_who_finds_no_process_is_told_so(store):
    with ThreadPoolExecutor() as threads:
        waiting = [threads.submit(ask, store, "wait_for", id=95) for _ in range(SIZE + 2)]
        while sum(one.done() for one in waiting) < 2:
            time.sleep(0.01)
        store.run(Create("tags", ("id", "name"), Param(0)), [[{"id": 95, "name": "a"}]])
        problems = [fault for one in waiting if (fault := one.exception(30)) is not None]
        assert [(problem.code, problem.status) for problem in problems] == [("TRV343", 503)] * 2
        assert [one.result() for one in waiting if one.exception() is None] == ["a"] * SIZE


def test_what_nobody_waits_for_any_more_is_broken_off(store, place):
    if not place.endswith("hub"):
        pytest.skip("only a hub learns that nobody waits")
    hub, lanes, over = store.engine._turning.hub, [], threading.Event()
    operation = Call("hold", (Given("id", Param(0)),))
    who = Caller(principal=Principal(role="admin", subject="s"))

    def work():
        lanes.append(getcurrent())
        try:
            store.engine._engine.execute(operation, [60], who)
        except Abandoned:
            over.set()

    python = store.engine._engine._present.state.python
    hub.call_soon(hub.start, work)
    while python.pool._in_use != 1:
        time.sleep(0.01)
    hub.call_soon(lambda: hub.abandon(lanes[0]))
    assert over.wait(10)
    assert tags(store) == {1, 2, 3}
    assert python.pool._in_use == 0
    store.run(Create("tags", ("id", "name"), Param(0)), [[{"id": 61, "name": "free"}]])


def test_a_nursery_that_is_gone_is_made_again(store):
    engine = store.engine
    nursery = engine._present.state.python.pool._nursery
    assert ask(store, "pid")
    os.kill(nursery._process.pid, signal.SIGKILL)
    nursery._process.wait()
    answers = []
    while not answers:  # a process that is just dying may still be asked
        with contextlib.suppress(Problem):
            answers.append(ask(store, "pid"))
    assert engine._present.state.python.pool._nursery is not nursery
