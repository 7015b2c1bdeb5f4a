"""An LDAP directory: how it is reached, and what its people and groups are here."""
