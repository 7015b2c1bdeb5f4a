"""The project's own Python: operations, hooks and computed fields, run in processes of their own."""
