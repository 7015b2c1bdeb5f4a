"""The question that shows a resource, as a request in PostgREST's grammar."""

from urllib.parse import quote

from chassis.examples import LIMIT, Example, Question
from contracts.catalog import Catalog

from rest_service.grammar import names

_READABLE = "(),.*:$!@'"  # what a query may hold as it is (RFC 3986 §3.4)


def write(catalog: Catalog, question: Question) -> Example:
    """The request; with several schemas the resource's own is named in a header."""
    resource = question.resource
    several = len(catalog.schemas) > 1
    path = f"/rest/v1/{quote(resource.table if several else resource.name, safe='')}"
    query = f"select={quote(_select(question), safe=_READABLE)}"
    if question.sort:
        order = ",".join(f"{names.quote(name)}.desc" for name in question.sort)
        query += f"&order={quote(order, safe=_READABLE)}"
    headers = {"Accept-Profile": resource.schema} if several else {}
    return Example(method="GET", path=f"{path}?{query}&limit={LIMIT}", headers=headers)


def _select(question: Question) -> str:
    parts = [names.quote(field.name) for field in question.fields]
    if question.relation is not None and question.target is not None:
        inner = ",".join(names.quote(field.name) for field in question.target.fields)
        parts.append(f"{names.quote(question.relation.name)}({inner})")
    return ",".join(parts)
