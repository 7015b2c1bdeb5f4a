"""What the GraphQL service can be told by its environment."""

from dataclasses import dataclass

from chassis.settings import ServiceSettings, setting


@dataclass(frozen=True)
class GraphqlSettings(ServiceSettings):
    """The settings of every service, and the limits of a document."""

    graphql_depth: int = setting(20, "how deep a GraphQL document may select")
    graphql_nodes: int = setting(5000, "how many fields a GraphQL document may select, fragments unfolded")
    graphql_batch: int = setting(50, "how many GraphQL requests one HTTP request may hold")
