"""The demo store that is served when no database was named."""

import importlib
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from contracts.fields import Field, Guard
from contracts.problems import Problem
from data_service.app import open_secrets
from data_service.processing.keyring import KeyringError
from data_service.processing.secrets import keep
from data_service.settings import DataSettings

from trivet_cli.faults import CannotStart

_RATES = "rates"
_ROOT = Path(__file__).resolve().parents[2]  # the folder `demo` lies beside the command line's


def make(folder: Path, data: DataSettings) -> Path:
    """The store's file in ``folder``, made at the first call, with tokens for card numbers. Raises `CannotStart`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "store.db"
    if not path.exists():
        unfinished = folder / "store.db.part"
        unfinished.unlink(missing_ok=True)
        _demo("store").make(unfinished)
        _tokenise(unfinished, data)
        unfinished.rename(path)
    return path


def _tokenise(path: Path, data: DataSettings) -> None:
    """Put tokens in the place of card numbers, as `trivet protect encrypt` would, row by row."""
    store = _demo("store")
    cards = store.cards(path)
    stored = Field(name="card_number", type="text", db_type="TEXT")
    try:
        with closing(open_secrets(data)) as secrets:
            guard = Guard(form="clear", about="main.payments.card_number", stored=stored, store="token", keys=secrets)
            store.replace_cards(path, dict(zip(cards, keep(guard, cards), strict=True)))
    except (Problem, KeyringError) as fault:
        raise CannotStart(f"the demo's card numbers can't be tokenised: {fault}") from None


def accounts() -> Sequence[dict[str, Any]]:
    """The accounts that go with the store: email, password, role, roles, session."""
    found: Sequence[dict[str, Any]] = _demo("accounts").ACCOUNTS
    return found


def rates_service() -> Path:
    """The program of the SOAP service that tells the store's exchange rates."""
    return Path(str(_demo("rates").__file__))


def note_rates(folder: Path, port: int) -> None:
    """Note beside the store at which port its exchange rates are told, for commands that look at the suite."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / _RATES).write_text(f"rates=http://127.0.0.1:{port}/rates?wsdl", encoding="ascii")


def sources(folder: Path) -> str:
    """Where the store's remote sources were last, as ``TRIVET_SOURCES`` says it; empty where they never were."""
    noted = folder / _RATES
    return noted.read_text(encoding="ascii") if noted.exists() else ""


def configuration() -> Path:
    """The demo's `trivet.yaml`."""
    return Path(str(_demo("store").__file__)).parent / "trivet.yaml"


def _demo(module: str) -> Any:
    if str(_ROOT) not in sys.path:
        sys.path.append(str(_ROOT))
    try:
        return importlib.import_module(f"demo.{module}")
    except ModuleNotFoundError as fault:
        raise CannotStart(f"the demo store is not part of this installation ({fault.name}): set DATABASE_URL") from None
