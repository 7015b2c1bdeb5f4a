"""The history of the accounts store's tables."""
