"""Credentials of sources: each a file in a folder, read when it is needed, so that a new one counts at once."""

from pathlib import Path

from data_service.processing.sources import Secret, Text
from data_service.remote.trouble import Trouble


class Secrets:
    """The files of a folder, by name. Nothing of them is ever logged."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def fault(self, secret: Secret) -> str | None:
        """Why a secret can't be read, None where it can."""
        if self._folder is None:
            return f"there is no folder of secrets to find {secret.name} in (TRIVET_SECRETS_DIR)"
        try:
            found = (self._folder / secret.name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return f"the secret {secret.name} can't be read in {self._folder}"
        return None if found else f"the secret {secret.name} in {self._folder} is empty"

    def reveal(self, text: Text) -> str:
        """A text, or the secret that it stands for. Raises `Trouble` where it can't be read."""
        if isinstance(text, str):
            return text
        fault = self.fault(text)
        if fault is not None or self._folder is None:
            raise Trouble("failed", fault or "")
        return (self._folder / text.name).read_text(encoding="utf-8").strip()
