"""The database to serve, from the forms in which a user may name it."""

from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from trivet_cli.faults import CannotStart

_SQLITE_HEADER = b"SQLite format 3\x00"


def resolve(text: str) -> str:
    """The canonical form of ``text``: ``postgresql://…`` or ``sqlite:////absolute/path``.

    Relative paths count from the current folder. Raises `CannotStart` where there is no such file, or the form is
    none of `UpSettings.database_url`.
    """
    scheme, found, rest = text.partition("://")
    if not found:
        return _sqlite(Path(text.removeprefix("sqlite:")))
    if scheme in ("postgresql", "postgres"):
        return _postgres(f"postgresql://{rest}")
    if scheme == "sqlite":
        return _sqlite(Path(unquote(rest.partition("?")[0].removeprefix("/"))))
    raise CannotStart(
        f"DATABASE_URL begins with {scheme}://, but Trivet serves postgresql:// and sqlite:/// or an SQLite file"
    )


def shown(url: str) -> str:
    """The database without its password."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":…@")).geturl()


def _postgres(url: str) -> str:
    try:
        port = urlsplit(url).port
    except ValueError:
        raise CannotStart(f"DATABASE_URL has a port that is no number: {_without_login(url)}") from None
    if port == 0:
        raise CannotStart("DATABASE_URL has the port 0")
    return url


def _without_login(url: str) -> str:
    return url.partition("://")[2].rpartition("@")[2]


def _sqlite(path: Path) -> str:
    path = path.expanduser().absolute()
    if not path.exists():
        raise CannotStart(f"DATABASE_URL names a file that does not exist: {path}")
    if path.is_dir():
        raise CannotStart(f"DATABASE_URL names a folder, not an SQLite file: {path}")
    try:
        with path.open("rb") as file:
            start = file.read(len(_SQLITE_HEADER))
    except OSError as fault:
        raise CannotStart(f"DATABASE_URL names a file that can't be read: {path} ({fault.strerror})") from None
    if start not in (b"", _SQLITE_HEADER):
        raise CannotStart(f"DATABASE_URL names a file that is not an SQLite database: {path}")
    return f"sqlite:///{quote(str(path))}"
