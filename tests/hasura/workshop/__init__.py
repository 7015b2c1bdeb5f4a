"""A potters' workshop: tables, roles and the mutations that are asked of it."""
