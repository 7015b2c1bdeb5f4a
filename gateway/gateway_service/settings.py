"""The settings of the gateway."""

import dataclasses

from chassis.settings import ServiceSettings, setting


@dataclasses.dataclass(frozen=True)
class GatewaySettings(ServiceSettings):
    """What the gateway needs to know besides what every service does."""

    rest_url: str = setting("http://127.0.0.1:8003", "address of rest: `http://host:port` or `unix:/path`")
    graphql_url: str = setting("http://127.0.0.1:8004", "address of graphql: `http://host:port` or `unix:/path`")
    soap_url: str = setting("http://127.0.0.1:8005", "address of soap: `http://host:port` or `unix:/path`")
    demo_accounts: tuple[str, ...] = setting(
        (),
        "accounts that the page offers to everybody at a click, as `role=email:password,…`: only for a demo, whose "
        "passwords are known anyway",
    )
