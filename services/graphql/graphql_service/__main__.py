"""``python -m graphql_service``: a role's catalog on standard input, its schema's definition on standard output."""

import sys

from contracts import catalog
from graphql import print_schema

from graphql_service.schema import build


def main() -> None:
    """Write the definition (SDL)."""
    schema = build(catalog.decode(sys.stdin.buffer.read())).schema
    schema.complete()
    sys.stdout.write(print_schema(schema) + "\n")


if __name__ == "__main__":
    main()
