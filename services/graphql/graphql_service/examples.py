"""The question that shows a resource, as a GraphQL request."""

from typing import Any

import msgspec
from chassis.examples import LIMIT, Example, Question
from contracts.catalog import Catalog
from contracts.fields import Field

from graphql_service.schema.exposed import Exposed
from graphql_service.schema.exposure import Exposure


def write(catalog: Catalog, question: Question) -> Example:
    """The request, its document laid out for people."""
    body: dict[str, Any] = {"query": document(catalog, question)}
    headers = {"Content-Type": "application/json"}
    return Example(method="POST", path="/graphql", headers=headers, body=msgspec.json.encode(body).decode())


def document(catalog: Catalog, question: Question) -> str:
    """The document."""
    exposed = Exposure(catalog).resources[question.resource.name]
    lines = ["{", f"  {exposed.root('select')}({_arguments(exposed, question)}) {{"]
    lines += [f"    {name}" for name in _names(exposed, question.fields)]
    relation = next((each for each in exposed.relations.values() if each.relation == question.relation), None)
    if relation is not None:
        inner = _names(relation.target, relation.target.resource.fields)
        lines.append(f"    {relation.name} {{ {' '.join(inner)} }}")
    return "\n".join([*lines, "  }", "}"])


def _arguments(exposed: Exposed, question: Question) -> str:
    naming = exposed.exposure.naming
    terms = [f"{{ {exposed.field_names[name]}: {naming.value('desc')} }}" for name in question.sort]
    order = terms[0] if len(terms) == 1 else f"[{', '.join(terms)}]"
    return f"{naming.word('order_by')}: {order}, limit: {LIMIT}" if terms else f"limit: {LIMIT}"


def _names(exposed: Exposed, fields: tuple[Field, ...]) -> list[str]:
    return [exposed.field_names[field.name] for field in fields]
