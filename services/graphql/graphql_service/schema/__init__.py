"""A role's GraphQL schema in Hasura's conventions, made from its catalog (graphql.md §§2–5)."""

from graphql_service.schema.build import RoleSchema, build

__all__ = ["RoleSchema", "build"]
