"""The last step of every reflection: relations, and the version word of the whole."""

import hashlib
from collections.abc import Sequence

import msgspec
from contracts.catalog import Catalog, Engine, Function, Handler, Resource, encode

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
    handlers: tuple[Handler, ...] = (),
) -> Catalog:
    """The catalog of ``resources`` in their order; ``exposure.schemas`` are the schemas really served."""
    resources = [
        msgspec.structs.replace(one, key=inherited.keys[one.name]) if one.name in inherited.keys else one
        for one in resources
    ]
    related = relate(resources, foreign_keys, uniques, exposure.relation_names)
    every = {**uniques, **inherited.uniques}
    related = with_inherited(related, foreign_keys, inherited.foreign_keys, every)
    catalog = Catalog(
        engine=engine,
        version="",
        schemas=exposure.schemas,
        resources=related,
        functions=functions,
        handlers=handlers,
    )
    return msgspec.structs.replace(catalog, version=version_of(catalog))


def version_of(catalog: Catalog) -> str:
    """A short word that changes with any content of the catalog (its present version and numbers of rows left out)."""
    resources = tuple(
        resource if resource.rows is None else msgspec.structs.replace(resource, rows=None)
        for resource in catalog.resources
    )
    lasting = msgspec.structs.replace(catalog, version="", resources=resources)
    return hashlib.sha256(encode(lasting)).hexdigest()[:16]


def magnitude(rows: int | None) -> int | None:
    """A number of rows as the power of ten that it does not exceed; None where there is no number."""
    return None if rows is None or rows < 0 else 10 ** len(str(max(rows - 1, 0))) if rows > 1 else 1
