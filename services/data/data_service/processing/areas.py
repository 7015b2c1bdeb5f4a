"""The areas of rules: under which key each stands below a field."""

from collections.abc import Mapping

from data_service.processing import cleanse, compute, enrich, protect, validate
from data_service.processing.area import Area

AREAS: Mapping[str, Area] = {
    "cleanse": Area(cleanse.parse),
    "validate": Area(validate.parse),
    "protect": Area(protect.parse),
    "enrich": Area(enrich.parse, enrich.make),
    "compute": Area(compute.parse, compute.make),
}
