"""What the kernel keeps a process of operations from: other processes, files that are none of its business, too much.

Landlock (Linux 5.13) bounds files and, from 6.12 on, signals; a process within it can't look into one outside
(/proc, ptrace). Seccomp refuses new processes. Both are asked for by system call: the standard library has no words
for them.
"""

import ctypes
import os
import platform
import resource
import struct
import threading
from collections.abc import Iterable
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SIGKILL = 9
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all architectures
_VERSION = 1
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | (1 << 14) | (1 << 15)  # of all rights, those that a file can have
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_SCOPED = 3  # abstract sockets, signals
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6
_SEEN = (
    "/usr", "/lib", "/lib64", "/bin", "/etc", "/run/systemd/resolve",
    "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random",
)  # fmt: skip
_WRITABLE_DEVICES = ("/dev/null", "/dev/zero")

_M_ARENA_MAX = -8
_STACK = 2_097_152  # bytes of address space for a thread's stack
_MOST_FILES = 256  # open at a time
_MOST_BYTES = 67_108_864  # of a file that is written
_MOST_TASKS = 512  # processes and threads of this user


def landlock_version() -> int:
    """The kernel's version of Landlock, 0 where it has none."""
    return max(int(_libc.syscall(_CREATE_RULESET, None, 0, _VERSION)), 0)


def close_off(readable: Iterable[str], writable: Iterable[str]) -> bool:
    """Leave this process and all that it makes only these folders, and no sight of others; False where it can't be."""
    version = landlock_version()
    if not version:
        return False
    handled = _RIGHTS.get(version, _RIGHTS[5])
    ruleset = _ruleset(version, handled)
    try:
        for path in (*_SEEN, *readable):
            _allow(ruleset, path, _READING)
        for path in (*writable, *_WRITABLE_DEVICES):
            _allow(ruleset, path, handled)
        return _restrict(ruleset)
    finally:
        os.close(ruleset)


def keep_apart() -> None:
    """Let this process send no signal to any other, the one that made it included."""
    version = landlock_version()
    if version >= _SCOPES_SINCE:
        ruleset = _ruleset(version, 0)
        try:
            _restrict(ruleset)
        finally:
            os.close(ruleset)


def die_with_parent() -> None:
    """Have the kernel end this process when the one that made it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def limit(memory: int) -> None:
    """Bound what this process may take: bytes of address space, few files, no dumps."""
    _libc.mallopt(_M_ARENA_MAX, 1)  # else each thread claims address space for an arena of its own
    threading.stack_size(_STACK)
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, _MOST_BYTES),
        (resource.RLIMIT_NOFILE, _MOST_FILES),
        (resource.RLIMIT_NPROC, _MOST_TASKS),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))


def make_no_processes() -> bool:
    """Let this process start threads, but no process; False where that can't be had."""
    program = _FILTERS.get(platform.machine())
    if program is None:
        return False
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(_libc.prctl(_PR_SET_SECCOMP, 2, head, 0, 0) == 0)


# --- Landlock --------------------------------------------------------------------------------------------------------


def _ruleset(version: int, handled: int) -> int:
    words = 1 if version < _NETWORK_SINCE else 2 if version < _SCOPES_SINCE else 3  # as many as this version knows
    attribute = struct.pack("3Q", handled, 0, _SCOPED)[: 8 * words]
    made: int = _libc.syscall(_CREATE_RULESET, attribute, len(attribute), 0)
    if made < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    return made


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Allow what may be done below a path; where there is nothing, nothing is allowed."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = rights if Path(path).is_dir() else rights & _ON_FILES
        _libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


def _restrict(ruleset: int) -> bool:
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(_libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)


# --- seccomp ---------------------------------------------------------------------------------------------------------

_LOAD, _EQUAL, _BITS, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in what a filter sees
_THREAD = 0x00010000  # CLONE_THREAD
_CLONE3 = 435  # its flags are in memory, where no filter sees them: libc falls back on clone
_Step = tuple[int, int, int, int]  # code, jump if true, jump if false, value


def _filter(architecture: int, clone: int, others: tuple[int, ...]) -> list[_Step]:
    """Refuses fork and the like, and clone but for threads."""
    made = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_LOAD, 0, 0, _NUMBER),
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ERRNO | _ENOSYS),
    ]
    made += [(_EQUAL, len(others) - at + 2, 0, number) for at, number in enumerate(others)]
    made += [
        (_EQUAL, 0, 3, clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_BITS, 1, 0, _THREAD),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return made


_FILTERS = {"x86_64": _filter(0xC000003E, 56, (57, 58)), "aarch64": _filter(0xC00000B7, 220, ())}
