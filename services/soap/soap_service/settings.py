"""What soap needs to know beside what every service does."""

import dataclasses

from chassis.settings import ServiceSettings, setting


@dataclasses.dataclass(frozen=True)
class SoapSettings(ServiceSettings):
    """The settings of soap."""

    rest_url: str = setting("http://127.0.0.1:8003", "address of rest: `http://host:port` or `unix:/path`")
    soap_namespace: str = setting("urn:trivet:v1", "the target namespace of the WSDL; compiled clients depend on it")
    soap_clock_skew: float = setting(300.0, "seconds by which a client's wsu:Timestamp may differ from our clock")
    soap_max_depth: int = setting(100, "levels of elements in a message at most")
    soap_max_elements: int = setting(200_000, "elements in a message at most")
    soap_contracts: str = setting(
        "", "folder of saved contracts (`trivet contract save`); each is served at `/soap/v1/NAME`, empty: none"
    )

    @property
    def address(self) -> str:
        """Where clients reach the service."""
        return self.public_url.rstrip("/") + "/soap/v1"
