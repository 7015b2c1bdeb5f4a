"""Remote sources: other databases, REST and GraphQL endpoints, SOAP services, called in batches and within limits."""
