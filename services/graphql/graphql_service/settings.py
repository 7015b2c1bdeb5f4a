"""What the GraphQL service can be told by its environment."""

from dataclasses import dataclass

from chassis.settings import ServiceSettings, setting


@dataclass(frozen=True)
class GraphqlSettings(ServiceSettings):
    """The settings of every service, and the limits of a document where the configuration has none for the role."""

    graphql_depth: int = setting(20, "how deep a GraphQL document may select")
    graphql_nodes: int = setting(5000, "how many fields a GraphQL document may select, fragments unfolded")
    graphql_aliases: int = setting(500, "how many fields of a GraphQL document may have an alias, fragments unfolded")
    graphql_cost: int = setting(5_000_000, "how many rows, by estimate, a GraphQL operation may ask for")
    graphql_tokens: int = setting(50_000, "how many tokens a GraphQL document may have")
    graphql_bytes: int = setting(1_000_000, "how many bytes a GraphQL document may have")
    graphql_batch: int = setting(50, "how many GraphQL requests one HTTP request may hold")
    graphql_introspection: bool = setting(
        True, "whether GraphQL's schema may be asked for (the configuration can say otherwise for a role)"
    )
    graphql_documents: str = setting(
        "", "file or folder of trusted GraphQL documents (`.graphql`, or `.json` with texts by id); read at start"
    )
    graphql_only_documents: bool = setting(
        False, "whether the trusted documents are the only ones that may be asked (by anybody but admin)"
    )
    graphql_persisted: bool = setting(
        True, "whether clients may name documents by their hash once they have sent them (automatic persisted queries)"
    )
    graphql_stringify: bool = setting(
        False, "whether numbers that JavaScript can't hold (`bigint`, `numeric`, `float8`) are told as text in GraphQL"
    )
