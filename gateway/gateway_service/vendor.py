"""Swagger UI and GraphiQL: files that come with installed packages, found where these lie."""

import importlib.util
from functools import cache
from pathlib import Path

_SWAGGER_UI = ("flask_swagger_ui", "dist")
_GRAPHIQL = ("graphene_django_graphiql_static", "static/graphene_django_graphiql_static")
FILES: dict[str, tuple[str, str]] = {
    "swagger-ui.css": _SWAGGER_UI,
    "swagger-ui-bundle.js": _SWAGGER_UI,
    "graphiql.min.css": _GRAPHIQL,
    "graphiql.min.js": _GRAPHIQL,
    "react.production.min.js": _GRAPHIQL,
    "react-dom.production.min.js": _GRAPHIQL,
}


@cache
def folder_of(name: str) -> Path | None:
    """The folder that holds a file of `FILES`; None for any other name. Its package is found, never run."""
    if name not in FILES:
        return None
    package, inner = FILES[name]
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0], inner)
