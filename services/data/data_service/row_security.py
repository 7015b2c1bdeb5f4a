"""Tables whose row-level security our login would bypass: the catalog without them, and without ways to them."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

import msgspec
from contracts.catalog import Catalog, Relation


def without_tables(catalog: Catalog, refused: set[str]) -> Catalog:
    """The catalog, under a version of its own, without these tables (``schema.table``)."""
    gone = {r.name for r in catalog.resources if f"{r.schema}.{r.table}" in refused}
    kept = tuple(
        msgspec.structs.replace(
            resource,
            relations=tuple(_leading_elsewhere(resource.relations, gone)),
            inherited=tuple(_leading_elsewhere(resource.inherited, gone)),
            row_functions=tuple(
                one for one in resource.row_functions if one.relation is None or one.relation.target not in gone
            ),
        )
        for resource in catalog.resources
        if resource.name not in gone
    )
    version = f"{catalog.version}-{sha256(' '.join(sorted(gone)).encode()).hexdigest()[:8]}"
    return msgspec.structs.replace(catalog, resources=kept, version=version)


def _leading_elsewhere(relations: Iterable[Relation], gone: set[str]) -> Iterator[Relation]:
    """The relations that neither lead to resources that are gone nor pass them."""
    for relation in relations:
        if relation.target not in gone and (relation.junction is None or relation.junction.resource not in gone):
            yield relation
