"""What the rest service needs to know, read once from the environment."""

from dataclasses import dataclass
from typing import Literal

from chassis.settings import ServiceSettings, setting


@dataclass(frozen=True)
class Settings(ServiceSettings):
    """The settings of every service, and rest's own."""

    rest_title: str = setting("Trivet REST API", "title of the OpenAPI document")
    absolute_location: bool = setting(
        False, "whether Location is a whole address below PUBLIC_URL, rather than `/table?key` as PostgREST has it"
    )
    openapi_mode: Literal["follow-privileges", "disabled"] = setting(
        "follow-privileges", "whether there are OpenAPI documents, as each role may see them; `disabled`: PGRST126"
    )
