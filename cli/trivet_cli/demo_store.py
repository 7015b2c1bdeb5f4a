"""The demo store that is served when no database was named."""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trivet_cli.faults import CannotStart

_ROOT = Path(__file__).resolve().parents[2]  # the folder `demo` lies beside the command line's


def make(folder: Path) -> Path:
    """The store's file in ``folder``, made at the first call. Raises `CannotStart`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "store.db"
    if not path.exists():
        unfinished = folder / "store.db.part"
        unfinished.unlink(missing_ok=True)
        _demo("store").make(unfinished)
        unfinished.rename(path)
    return path


def accounts() -> Sequence[dict[str, Any]]:
    """The accounts that go with the store: email, password, role, roles, session."""
    found: Sequence[dict[str, Any]] = _demo("accounts").ACCOUNTS
    return found


def rates_service() -> Path:
    """The program of the SOAP service that tells the store's exchange rates."""
    return Path(str(_demo("rates").__file__))


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
