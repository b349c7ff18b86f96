"""What the audit desk is asked for, sealed: an address can be kept, sent on and gone back to, and says nothing."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from collections.abc import Mapping
from typing import Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VIEW: Final = "view"  # the only query of an address of ours that leads a person somewhere
_LONGEST: Final = 8_000
_NONCE_BYTES: Final = 12
_PURPOSE: Final = b"audit view"


class ViewSeal:
    """Makes addresses of the audit desk and reads them again. Every process of a service needs the same secret."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(hmac.digest(secret, _PURPOSE, "sha256"))

    def address(self, asked: Mapping[str, str]) -> str:
        """The address of the desk with these fields; the bare one where all are empty."""
        whole = {name: value for name, value in asked.items() if value}
        if not whole:
            return "/audit"
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, orjson.dumps(whole), _PURPOSE)
        return f"/audit?{VIEW}={base64.urlsafe_b64encode(sealed).decode().rstrip('=')}"

    def read(self, token: str) -> Mapping[str, str] | None:
        """The fields behind the token of an address; None for one that is not ours."""
        if len(token) > _LONGEST:
            return None
        try:
            sealed = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _PURPOSE)
        except (binascii.Error, ValueError, InvalidTag):
            return None
        fields: Mapping[str, str] = orjson.loads(plain)
        return fields
