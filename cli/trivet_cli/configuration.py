"""Which configuration file a command is about."""

from pathlib import Path

from chassis.settings import load
from data_service.settings import DataSettings

from trivet_cli.settings import load_up


def chosen(option: str | None) -> Path | None:
    """The file of an option, else of CONFIG, else of TRIVET_CONFIG; None for none. Raises `SettingsError`."""
    name = option or load_up().config or load(DataSettings).config
    return Path(name).expanduser().absolute() if name else None
