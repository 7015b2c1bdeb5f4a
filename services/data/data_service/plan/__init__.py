"""From operation to plan: names held against the catalog, or refused."""
