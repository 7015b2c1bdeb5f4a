"""GraphQL in the dialect of Hasura: documents in, operations to data, answers out."""
