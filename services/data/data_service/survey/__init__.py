"""What an operator should know of a database before it is served, beside its catalog."""
