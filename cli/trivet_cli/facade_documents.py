"""The documents that facades write for a role, made by the facades' own programs: they are no part of ours."""

import subprocess
import sys

from contracts import catalog as catalogs
from contracts.catalog import Catalog

from trivet_cli.faults import CannotStart
from trivet_cli.settings import inherited


def wsdl(catalog: Catalog, url: str, *words: str) -> bytes:
    """The WSDL under an address of the gateway; ``words`` are further ones for the program. Raises `CannotStart`."""
    return _written("soap", "WSDL", catalog, url, words)


def openapi(catalog: Catalog, url: str) -> bytes:
    """The OpenAPI document under an address of the gateway. Raises `CannotStart`."""
    return _written("rest", "OpenAPI document", catalog, url)


def sdl(catalog: Catalog) -> bytes:
    """The GraphQL schema's definition. Raises `CannotStart`."""
    return _written("graphql", "GraphQL schema", catalog)


def _written(facade: str, what: str, catalog: Catalog, url: str = "", words: tuple[str, ...] = ()) -> bytes:
    environment = {**inherited(), **({"TRIVET_PUBLIC_URL": url} if url else {})}
    command = [sys.executable, "-m", f"{facade}_service", *words]
    done = subprocess.run(  # noqa: S603  (our own program, no shell)
        command, input=catalogs.encode(catalog), env=environment, capture_output=True, check=False
    )
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()
        raise CannotStart(f"the {what} can't be written: {last[-1] if last else f'the {facade} service ended'}")
    return done.stdout
