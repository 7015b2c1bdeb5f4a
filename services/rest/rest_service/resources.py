"""What the catalog says of a name in an address: the resource, its methods, or that there is none."""

from difflib import get_close_matches

from contracts.catalog import Catalog, Resource
from contracts.problems import Problem

_LIKENESS = 0.75
_DEFAULT = "public"


def negotiate(catalog: Catalog, profile: str | None) -> str | None:
    """The schema that a request is about, by its profile header: None where there is nothing to choose, nor was chosen.

    Raises `Problem` PGRST106 for a schema that is not exposed. Clients send their default, ``public``, to databases
    that have no such schema: where there is no choice that does not count.
    """
    if len(catalog.schemas) < 2 and (profile is None or (profile == _DEFAULT and profile not in catalog.schemas)):
        return None
    return _schema(catalog, profile)


def first_schema(catalog: Catalog) -> str:
    """The schema that counts where none is asked for."""
    return _schema(catalog, None)


def find(catalog: Catalog, name: str, profile: str | None) -> Resource:
    """The resource of a name, in the schema asked for. Raises `Problem` PGRST106, PGRST205."""
    profile = profile if negotiate(catalog, profile) else None
    schema = _schema(catalog, profile)
    found = catalog.by_name.get(name) if profile is None else catalog.by_table.get((schema, name))
    if found is not None:
        return found
    like = get_close_matches(name, [r.table for r in catalog.resources if r.schema == schema], 1, _LIKENESS)
    hint = f"Perhaps you meant the table '{schema}.{like[0]}'" if like else None
    raise Problem("PGRST205", f"Could not find the table '{schema}.{name}' in the schema cache", hint=hint)


def methods(resource: Resource) -> tuple[str, ...]:
    """The methods for ``Allow``: what the caller's role may do with the resource."""
    able = {
        "POST": resource.insertable,
        "PUT": can_put(resource),
        "PATCH": resource.updatable,
        "DELETE": resource.deletable,
    }
    return ("OPTIONS", "GET", "HEAD", *(method for method, holds in able.items() if holds))


def can_put(resource: Resource) -> bool:
    """Whether a row may be put where its key says: created, or changed where it is there."""
    return resource.insertable and resource.updatable and bool(resource.key)


def _schema(catalog: Catalog, profile: str | None) -> str:
    if profile is None:
        return catalog.schemas[0] if catalog.schemas else _DEFAULT
    if profile not in catalog.schemas:
        listed = ", ".join(catalog.schemas)
        raise Problem(
            "PGRST106", f"Invalid schema: {profile}", hint=f"Only the following schemas are exposed: {listed}"
        )
    return profile
