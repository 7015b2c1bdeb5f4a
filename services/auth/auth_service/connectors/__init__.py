"""The ways to verify a login, one module each."""
