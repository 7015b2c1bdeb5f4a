"""Handlers found: what of the database writes a root's rows in the media type that was asked for."""

from contracts.catalog import Handler, Resource
from contracts.operations import Node, Star
from contracts.problems import Problem

from data_service.plan.filters import Names


def find_handler(names: Names, resource: Resource, node: Node, media: str) -> Handler:
    """What writes the rows of ``node``. Raises `Problem` PGRST107.

    Who takes whole rows of a resource gets them only where all of them was asked for, and seen as it is.
    """
    whole = node.outputs == (Star(),) and names.catalog.by_name.get(resource.name) is resource
    found = names.catalog.handler(media, resource.name if whole else None)
    if found is None or node.shape != "many" or (found.resource is not None and not _is_clear(resource)):
        raise Problem("PGRST107", f"None of these media types are available: {media}")
    return found


def _is_clear(resource: Resource) -> bool:
    return all(field.guard is None and field.cell is None for field in resource.columns)
