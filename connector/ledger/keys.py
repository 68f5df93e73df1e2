"""The vault: seals secrets with the first key, opens them with any, so that keys can be rotated."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from connector.errors import ConfigurationError

WRONG_KEY = (
    "The database was written with another key: set HANDRAIL_SECRET_KEY to the key it was written with "
    "(a list of keys is accepted, the first one writes)."
)


class Vault:
    """Seals JSON values. Each is bound to its owner, so that a sealed value moved to another row does not open."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ConfigurationError("HANDRAIL_SECRET_KEY is not set: the database cannot keep secrets without it.")
        fernets = [_fernet(key) for key in keys]
        self._first = fernets[0]
        self._fernet = MultiFernet(fernets)

    def seal(self, owner: str, value: Sequence[str] | Mapping[str, str] | str) -> str:
        """The value as a token that only the keys open."""
        text = json.dumps([owner, value if isinstance(value, str | Mapping) else list(value)])
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, owner: str, token: str) -> object:
        """The sealed value. ConfigurationError when no key fits or it was sealed for another owner."""
        try:
            found, value = json.loads(self._fernet.decrypt(token.encode()))
        except InvalidToken as error:
            raise ConfigurationError(WRONG_KEY) from error
        if found != owner:
            raise ConfigurationError(f"A secret stored for {owner!r} belongs to another row: restore the database.")
        return value

    def is_newest(self, token: str) -> bool:
        """Whether the first key sealed this, so that no other is needed for it."""
        try:
            self._first.decrypt(token.encode())
        except InvalidToken:
            return False
        return True


def _fernet(key: str) -> Fernet:
    try:
        return Fernet(key)
    except (ValueError, binascii.Error):
        stretched = HKDF(algorithm=hashes.SHA256(), length=32, salt=b"handrail", info=b"ledger secrets")
        return Fernet(base64.urlsafe_b64encode(stretched.derive(key.encode())))
