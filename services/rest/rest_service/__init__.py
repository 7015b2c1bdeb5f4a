"""REST in the dialect of PostgREST: requests in, operations to data, answers out."""
