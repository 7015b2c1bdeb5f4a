"""The only service that opens the users' database, and the only place where permissions are applied."""
