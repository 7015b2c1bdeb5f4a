"""Where runs of `trivet cleanse` were stopped: a small file beside the suite's other things."""

from pathlib import Path
from typing import Any

import msgspec
from data_service.stored_rows import Key


class Places:
    """The last key that was done, by resource, for one database under one configuration (``digest``)."""

    def __init__(self, path: Path, digest: str) -> None:
        self._path = path
        self._digest = digest

    def get(self, name: str) -> Key | None:
        """The key to go on after, None where there is none."""
        found = self._read().get(self._digest, {}).get(name)
        return None if found is None else tuple(found)

    def put(self, name: str, key: Key) -> None:
        """All rows up to this key are done."""
        known = self._read()
        known.setdefault(self._digest, {})[name] = list(key)
        self._write(known)

    def drop(self, name: str) -> None:
        """All rows are done."""
        known = self._read()
        known.get(self._digest, {}).pop(name, None)
        self._write({digest: names for digest, names in known.items() if names})

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, dict[str, Any]])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}

    def _write(self, known: dict[str, dict[str, Any]]) -> None:
        if not known:
            self._path.unlink(missing_ok=True)
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_bytes(_encode(known))
        new.replace(self._path)


_encode = msgspec.json.Encoder(decimal_format="number").encode
