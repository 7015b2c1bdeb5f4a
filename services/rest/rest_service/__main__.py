"""``python -m rest_service``: a role's catalog on standard input, its OpenAPI document on standard output."""

import sys

import msgspec
from chassis.settings import load
from contracts import catalog

from rest_service import openapi
from rest_service.settings import Settings

_PATH = "/rest/v1"  # the door's own, which takes long to load


def main() -> None:
    """Write the document; title and address are those of the settings."""
    settings = load(Settings)
    found = catalog.decode(sys.stdin.buffer.read())
    document = openapi.describe(found, settings.rest_title, settings.public_url.rstrip("/") + _PATH)
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")


if __name__ == "__main__":
    main()
