"""Reading the shape of a database into a catalog, one module per kind of database."""
