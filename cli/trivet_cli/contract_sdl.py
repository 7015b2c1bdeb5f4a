"""What of a GraphQL schema its clients would miss in another."""

from graphql import GraphQLError, GraphQLSchema, build_schema, find_breaking_changes


def breaks(old: bytes, new: bytes) -> list[str]:
    """What breaks clients of the old definition, each in a line. Raises `ValueError` where either is none."""
    return [change.description.rstrip(".") for change in find_breaking_changes(_schema(old), _schema(new))]


def _schema(text: bytes) -> GraphQLSchema:
    try:
        return build_schema(text.decode(), assume_valid=True)
    except (GraphQLError, TypeError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None
