"""The accounts of the demo store: they exist only beside it, and their password is known to everybody."""

from typing import Any

PASSWORD = "trivet-demo"  # noqa: S105  (printed in the README; never made beside a database of one's own)

ACCOUNTS: tuple[dict[str, Any], ...] = (
    {
        "email": "customer@example.com",
        "password": PASSWORD,
        "role": "customer",
        "roles": ("customer",),
        "session": {"x-hasura-customer-id": "1"},
    },
    {
        "email": "clerk@example.com",
        "password": PASSWORD,
        "role": "clerk",
        "roles": ("clerk",),
        "session": {"x-hasura-employee-id": "7"},
    },
    {
        "email": "admin@example.com",
        "password": PASSWORD,
        "role": "admin",
        "roles": ("admin", "clerk", "customer"),
        "session": {"x-hasura-customer-id": "1", "x-hasura-employee-id": "1"},
    },
)
