"""What services are told to serve: the database that was chosen, or the demo and its accounts; and its contracts."""

from dataclasses import replace
from urllib.parse import quote

from chassis.settings import load
from contracts.identity import ADMIN_ROLE
from data_service.settings import DataSettings

from trivet_cli import demo_store
from trivet_cli.choices import Choices
from trivet_cli.layout import Layout
from trivet_cli.settings import inherited

CONTRACTS = "contracts"  # the folder beside the configuration


def served(choices: Choices, places: Layout) -> dict[str, str]:
    """The variables that data alone gets; the demo store is made where it is missing. Raises `CannotStart`."""
    if choices.database is not None:
        return {"DATABASE_URL": choices.database, "TRIVET_CONFIG": str(choices.config or "")}
    store = demo_store.make(places.demo, with_state(load(DataSettings), home(choices, places)))
    sources = demo_store.sources(places.demo)
    return {
        **({"TRIVET_SOURCES": sources} if sources else {}),
        "DATABASE_URL": f"sqlite:///{quote(str(store))}",
        "TRIVET_CONFIG": str(choices.config or demo_store.configuration()),
        "TRIVET_SHOW_STATEMENTS": "1",
    }


def home(choices: Choices, places: Layout) -> Layout:
    """Where the services keep what they know and issue: the demo's in its own folder, for it opens nothing else."""
    return replace(places, state=places.demo) if choices.demo else places


def with_state(data: DataSettings, home: Layout) -> DataSettings:
    """Data's settings with the folder of its suite (`home`), where no other was chosen: its keys are there."""
    return data if data.state_dir != DataSettings().state_dir else replace(data, state_dir=str(home.state))


def offered(choices: Choices) -> dict[str, str]:
    """The variables that the gateway alone gets: the accounts that its page offers, for the demo only.

    The administrator's is not among them: the page shows what rules hide.
    """
    if not choices.demo:
        return {"TRIVET_DEMO_ACCOUNTS": ""}
    rows = [row for row in demo_store.accounts() if row["role"] != ADMIN_ROLE]
    return {"TRIVET_DEMO_ACCOUNTS": ",".join(f"{row['role']}={row['email']}:{row['password']}" for row in rows)}


def promised(choices: Choices) -> dict[str, str]:
    """The variables that soap alone gets: the folder of contracts beside the configuration, if no other was named."""
    if choices.config is None or inherited().get("TRIVET_SOAP_CONTRACTS"):
        return {}
    return {"TRIVET_SOAP_CONTRACTS": str(choices.config.parent / CONTRACTS)}
