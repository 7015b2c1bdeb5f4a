"""`trivet compare`: the reads of an access log, asked of two servers, and where their answers differ."""

import gzip
import io
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, cast

import click

from trivet_cli import access_log, replay
from trivet_cli.access_log import Read
from trivet_cli.faults import CannotStart
from trivet_cli.replay import Server

_ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class _Role:
    """A name for reports, and the headers that its requests carry to either server."""

    name: str
    old: Mapping[str, str]
    new: Mapping[str, str]


@dataclass
class _Count:
    asked: int = 0
    differing: int = 0


@click.command()
@click.argument("log", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@click.option("--old", required=True, metavar="URL", help="The server that the log is of, with the path of its API.")
@click.option("--new", required=True, metavar="URL", help="The server to hold against it, with the path of its API.")
@click.option("--token", "tokens", multiple=True, metavar="NAME=TOKEN", help="Ask as this role too (@FILE: in a file).")
@click.option("--token-old", "old_tokens", multiple=True, metavar="NAME=TOKEN", help="Its token for the old one alone.")
@click.option("--token-new", "new_tokens", multiple=True, metavar="NAME=TOKEN", help="Its token for the new one alone.")
@click.option("--header", "headers", multiple=True, metavar="NAME: VALUE", help="A header of every request.")
@click.option("--ignore", multiple=True, metavar="HEADER", help="A header of answers that may differ.")
@click.option(
    "--rate",
    type=click.FloatRange(min=0.01, max=1000),
    default=20.0,
    show_default=True,
    help="Requests a second to each server at most.",
)
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True,
              help="Different reads at most, the first of the log.")  # fmt: skip
def compare(  # noqa: PLR0917  (click passes every option by its name)
    log: Path, old: str, new: str, tokens: Sequence[str], old_tokens: Sequence[str], new_tokens: Sequence[str],
    headers: Sequence[str], ignore: Sequence[str], rate: float, limit: int,
) -> None:  # fmt: skip
    """Replay the reads of LOG against two servers, and tell where status, headers or the body's shape differ.

    LOG is in the common or combined format, or in JSON lines with a method and a path; `.gz` is read too, `-` is
    standard input. Only GET and HEAD are sent, each different one once for each role, and only to the two hosts.
    Without tokens they are asked without a login; `--token anonymous=` asks so beside others. Exits with 1 where
    something differs.
    """
    try:
        roles = _roles(tokens, old_tokens, new_tokens, _headers(headers))
        servers = Server(old, 1 / rate), Server(new, 1 / rate)
        with _lines(log) as lines:
            found = access_log.tally(lines)
        reads = list(access_log.below(found.reads, servers[0].base))
        if not reads:
            raise CannotStart(f"{log} holds no read of {old}")
        count = _compare(islice(reads, limit), servers, roles, frozenset(name.lower() for name in ignore))
    except CannotStart as fault:
        raise click.UsageError(str(fault)) from None
    except (OSError, EOFError) as fault:
        raise click.UsageError(f"{log} can't be read: {fault}") from None
    elsewhere = len(found.reads) - len(reads)
    click.echo(
        f"{min(len(reads), limit)} of {len(reads)} different reads asked as {', '.join(role.name for role in roles)}: "
        f"{count.asked - count.differing} alike, {count.differing} differ "
        f"(left out: {found.writes} writes, {found.odd} lines not understood, {elsewhere} reads of other addresses)"
    )
    sys.exit(1 if count.differing else 0)


def _compare(
    reads: Iterable[Read], servers: tuple[Server, Server], roles: Sequence[_Role], ignored: frozenset[str]
) -> _Count:
    old, new = servers
    count = _Count()
    for read in reads:
        for role in roles:
            answers = old.ask(read, role.old), new.ask(read, role.new)
            if count.asked == 0 and answers[0].fault and answers[1].fault:
                raise CannotStart(f"neither server answers: {answers[0].fault}; {answers[1].fault}")
            found = replay.differences(*answers, (old.base, new.base), ignored)
            count.asked += 1
            count.differing += bool(found)
            if found:
                click.echo(f"{read.method} {read.target} as {role.name}")
                for text in found:
                    click.echo(f"  {text}")
    old.close()
    new.close()
    return count


def _roles(both: Sequence[str], old: Sequence[str], new: Sequence[str], headers: Mapping[str, str]) -> list[_Role]:
    shared, of_old, of_new = (dict(map(_token, texts)) for texts in (both, old, new))
    names = dict.fromkeys([*shared, *of_old, *of_new]) or {_ANONYMOUS: None}
    return [
        _Role(name, *({**headers, **_bearer({**shared, **own}.get(name, ""))} for own in (of_old, of_new)))
        for name in names
    ]


def _token(text: str) -> tuple[str, str]:
    name, found, token = text.partition("=")
    if not found or not name:
        raise CannotStart(f"{text.partition('=')[0]!r} is not NAME=TOKEN")
    if token.startswith("@"):
        try:
            token = Path(token[1:]).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise CannotStart(f"the token of {name} can't be read: {fault}") from None
    if not token.isascii() or not token.isprintable():
        raise CannotStart(f"the token of {name} can't be sent")
    return name, token


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _headers(texts: Sequence[str]) -> dict[str, str]:
    found = {"Accept": "*/*", "User-Agent": "trivet-compare"}
    for text in texts:
        name, colon, value = text.partition(":")
        if not colon or not name.strip() or not text.isprintable():
            raise CannotStart(f"{text!r} is not NAME: VALUE")
        found[name.strip()] = value.strip()
    return found


@contextmanager
def _lines(log: Path) -> Iterator[Iterable[str]]:
    if str(log) == "-":
        yield io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
        return
    with log.open("rb") as raw, gzip.open(raw) if log.suffix == ".gz" else nullcontext(raw) as lines:
        yield io.TextIOWrapper(cast(IO[bytes], lines), encoding="utf-8", errors="replace")
