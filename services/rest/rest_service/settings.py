"""What the rest service needs to know, read once from the environment."""

from dataclasses import dataclass

from chassis.settings import ServiceSettings, setting


@dataclass(frozen=True)
class Settings(ServiceSettings):
    """The settings of every service, and rest's own."""

    rest_title: str = setting("Trivet REST API", "title of the OpenAPI document")
    absolute_location: bool = setting(
        False, "whether Location is a whole address below PUBLIC_URL, rather than `/table?key` as PostgREST has it"
    )
