"""The last step of every reflection: relations, and the version word of the whole."""

import hashlib
from collections.abc import Sequence

import msgspec
from contracts.catalog import Catalog, Engine, Function, Resource, encode

from data_service.reflect.inheritance import NOTHING_INHERITED, Inherited
from data_service.reflect.options import Exposure
from data_service.reflect.relations import ForeignKey, UniqueSets, relate, with_inherited


def assemble(
    engine: Engine,
    exposure: Exposure,
    resources: Sequence[Resource],
    foreign_keys: Sequence[ForeignKey],
    uniques: UniqueSets,
    *,
    inherited: Inherited = NOTHING_INHERITED,
    functions: tuple[Function, ...] = (),
) -> Catalog:
    """The catalog of ``resources`` in their order; ``exposure.schemas`` are the schemas really served."""
    resources = [
        msgspec.structs.replace(one, key=inherited.keys[one.name]) if one.name in inherited.keys else one
        for one in resources
    ]
    related = relate(resources, foreign_keys, uniques, exposure.relation_names)
    every = {**uniques, **inherited.uniques}
    related = with_inherited(related, foreign_keys, inherited.foreign_keys, every)
    catalog = Catalog(engine=engine, version="", schemas=exposure.schemas, resources=related, functions=functions)
    return msgspec.structs.replace(catalog, version=version_of(catalog))


def version_of(catalog: Catalog) -> str:
    """A short word that changes with any content of the catalog (its present version left out)."""
    return hashlib.sha256(encode(msgspec.structs.replace(catalog, version=""))).hexdigest()[:16]
