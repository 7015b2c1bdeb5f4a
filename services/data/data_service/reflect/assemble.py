"""The last step of every reflection: relations, and the version word of the whole."""

import hashlib
from collections.abc import Sequence

import msgspec
from contracts.catalog import Catalog, Engine, Function, Resource, encode

from data_service.reflect.options import Exposure
from data_service.reflect.relations import ForeignKey, UniqueSets, relate


def assemble(
    engine: Engine,
    exposure: Exposure,
    resources: Sequence[Resource],
    foreign_keys: Sequence[ForeignKey],
    uniques: UniqueSets,
    *,
    functions: tuple[Function, ...] = (),
) -> Catalog:
    """The catalog of ``resources`` in their order; ``exposure.schemas`` are the schemas really served."""
    related = relate(resources, foreign_keys, uniques, exposure.relation_names)
    catalog = Catalog(engine=engine, version="", schemas=exposure.schemas, resources=related, functions=functions)
    return msgspec.structs.replace(catalog, version=version_of(catalog))


def version_of(catalog: Catalog) -> str:
    """A short word that changes with any content of the catalog (its present version left out)."""
    return hashlib.sha256(encode(msgspec.structs.replace(catalog, version=""))).hexdigest()[:16]
