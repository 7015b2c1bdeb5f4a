"""What protected fields are kept with: the keys, and the vault of tokens; opened when a rule first needs them."""

import threading
from collections.abc import Sequence
from pathlib import Path

from contracts.fields import Guard
from contracts.operations import Value
from contracts.problems import Problem

from data_service.processing.keyring import TOKEN, Keyring, KeyringError, is_sealed, open_keyring
from data_service.processing.vault import Vault, is_file, open_vault
from data_service.sql.values import plain_text


class Secrets:
    """The keys in the file ``keys``, and the vault at ``vault`` (a file, or a ``postgresql://`` address)."""

    def __init__(self, keys: Path, vault: str) -> None:
        self._keys = keys
        self._place = vault
        self._lock = threading.Lock()
        self._ring: Keyring | None = None
        self._vault: Vault | None = None

    @property
    def ring(self) -> Keyring:
        """The keys. Raises `KeyringError`."""
        with self._lock:
            self._ring = self._ring or open_keyring(self._keys)
            return self._ring

    @property
    def vault(self) -> Vault:
        """The vault. Raises `Problem` TRV301."""
        with self._lock:
            self._vault = self._vault or open_vault(self._place)
            return self._vault

    @property
    def path(self) -> Path:
        """The file of the keys, which need not be there."""
        return self._keys

    @property
    def vault_file(self) -> Path | None:
        """The file of the vault, which need not be there; None where it is a database's table."""
        return Path(self._place) if is_file(self._place) else None

    @property
    def has_vault(self) -> bool:
        """True where there is a vault by now."""
        return self._vault is not None or not is_file(self._place) or Path(self._place).exists()

    def close(self) -> None:
        """Close the vault where it is open."""
        if self._vault is not None:
            self._vault.close()


def keep(guard: Guard, values: Sequence[Value]) -> list[Value]:
    """Values as they are kept: tokens, or encrypted. Blocks; raises `Problem` 22P02, TRV301."""
    ring = guard.keys.ring
    texts = [_text(guard, value) for value in values]
    try:
        if guard.store == "sealed":
            return [None if text is None else _packed(guard, ring.seal(guard.about, text)) for text in texts]
        kept = guard.keys.vault.get(sorted({text for text in texts if text is not None and text.startswith(TOKEN)}))
        # a token that comes back as it was given out stays one
        tokens = [text if text is None or text in kept else ring.mark_of("token", guard.about, text) for text in texts]
        new = {token: text for token, text in zip(tokens, texts, strict=True) if text is not None and token != text}
        if new:
            entries = [(token, guard.about, ring.seal(token, text)) for token, text in new.items() if token is not None]
            guard.keys.vault.put(entries)
        return list(tokens)
    except KeyringError as fault:
        raise Problem("TRV301", f"{guard.about} can't be protected") from fault


def index_of(guard: Guard, value: Value) -> str | None:
    """The blind index of a value."""
    text = _text(guard, value)
    return None if text is None else guard.keys.ring.mark_of("sealed", guard.about, text)


def clear(guard: Guard, values: Sequence[Value]) -> list[str | None]:
    """What kept values stand for; one that was never protected is itself. Blocks; raises `Problem` TRV301."""
    texts = [_unpacked(guard, value) for value in values]
    try:
        if guard.store == "sealed":
            ring = guard.keys.ring
            return [text if text is None or not is_sealed(text) else ring.open(guard.about, text) for text in texts]
        return _detokenised(guard, texts)
    except KeyringError as fault:
        raise Problem("TRV301", f"{guard.about} can't be opened") from fault


def _detokenised(guard: Guard, texts: Sequence[str | None]) -> list[str | None]:
    tokens = sorted({text for text in texts if text is not None and text.startswith(TOKEN)})
    if not tokens:
        return list(texts)
    kept, ring = guard.keys.vault.get(tokens), guard.keys.ring
    missing = len(tokens) - len(kept)
    if missing:
        raise Problem("TRV301", f"{guard.about} can't be opened: the vault does not know {missing} of its tokens")
    values = {token: ring.open(token, sealed) for token, sealed in kept.items()}
    return [None if text is None else values.get(text, text) for text in texts]


def kept_text(guard: Guard, value: Value) -> str | None:
    """A kept value as a text, be it in a column of texts or of bytes."""
    return _unpacked(guard, value)


def _text(guard: Guard, value: Value) -> str | None:
    if isinstance(value, dict | list):
        raise Problem("22P02", f"{guard.stored.name} takes a text")
    return plain_text(value)


def _packed(guard: Guard, text: str) -> str:
    return "\\x" + text.encode().hex() if guard.stored.type == "bytes" else text


def _unpacked(guard: Guard, value: Value) -> str | None:
    text = plain_text(value)
    if text is None or guard.stored.type != "bytes" or not text.startswith("\\x"):
        return text
    try:
        return bytes.fromhex(text[2:]).decode()
    except ValueError:
        return text
