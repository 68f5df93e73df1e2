"""The app's key, and the tokens by which a page of it knows that Zendesk loaded it (zendesk.md 6.2)."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

LIFE = timedelta(minutes=5)


class AppKey:
    """An RSA key pair, made when it is constructed and kept nowhere else."""

    def __init__(self) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def public_pem(self) -> str:
        """The public half, as the vendor's API shows it."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()

    def sign(self, claims: dict[str, Any]) -> str:
        """A JWT with these claims, RS256."""
        head = _part({"typ": "JWT", "alg": "RS256"})
        content = f"{head}.{_part(claims)}"
        return f"{content}.{_text(self._private.sign(content.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def page_claims(
    *, url: str, installation_id: int, user_id: int, location: str, page: str, now: datetime
) -> dict[str, Any]:
    """What Zendesk says about one load of an app's page: `url` is the account's address, `page` the app's."""
    return {
        "iss": url.partition("://")[2],
        "aud": f"{url}/api/v2/apps/installations/{installation_id}.json",
        "sub": f"{url}/api/v2/users/{user_id}.json",
        "iat": int(now.timestamp()),
        "nbf": int(now.timestamp()),
        "exp": int((now + LIFE).timestamp()),
        "jti": secrets.token_hex(16),
        "context": {"product": "support", "location": location, "url": page},
    }


def _part(value: Any) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
