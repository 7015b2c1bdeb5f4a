"""The gateway: the front page and the health of all services."""
