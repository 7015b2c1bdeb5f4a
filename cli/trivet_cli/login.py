"""A login as `trivet up` tells its user of it."""

from dataclasses import dataclass
from pathlib import Path

PASSWORD_FILE = "admin-password"  # noqa: S105  (a file's name, in the state folder)


@dataclass(frozen=True)
class Login:
    """A login to show in examples. ``password`` is None where only its owner knows it; ``file`` holds it unshown."""

    email: str
    password: str | None
    file: Path | None = None
