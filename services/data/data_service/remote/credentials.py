"""What a source wants to see of us in the head of a request."""

import base64

from data_service.processing.sources import SourceRule
from data_service.remote.secrets import Secrets
from data_service.remote.trouble import Trouble


def headers_of(rule: SourceRule, secrets: Secrets) -> dict[str, str]:
    """The headers of a source, credentials included. Raises `Trouble` where a secret can't be read."""
    found = {name: secrets.reveal(value) for name, value in rule.headers}
    if rule.bearer is not None:
        found["Authorization"] = f"Bearer {secrets.reveal(rule.bearer)}"
    if rule.login is not None and rule.scheme == "basic":
        user, password = rule.login
        found["Authorization"] = "Basic " + base64.b64encode(f"{user}:{secrets.reveal(password)}".encode()).decode()
    if any("\r" in value or "\n" in value for value in found.values()):
        raise Trouble("failed", "a header's value has more than one line")
    return found
