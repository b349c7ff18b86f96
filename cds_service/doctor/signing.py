"""The tokens of the doctor's client: good ones (S33), and the bad ones that a service must refuse (T1)."""

from __future__ import annotations

import base64
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from joserfc.errors import InvalidKeyTypeError, JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from cds_service.errors import NotConfigured

PrivateKey = ECKey | RSAKey
LIFETIME_S: Final = 300
_KINDS: Final[Mapping[str, type[ECKey | RSAKey]]] = {"ES384": ECKey, "RS384": RSAKey}
_BITS: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One client: its issuer and its private key."""

    key: PrivateKey = field(repr=False)
    issuer: str
    kid: str
    algorithm: str

    def token(self, audience: str, **changes: Any) -> str:  # noqa: ANN401 - JSON
        """A token of ours for this URL, used once. `header` and `claims` change members; None leaves one out."""
        key = changes.pop("key", self.key)
        signed = self.signing_input(audience, **changes)
        algorithm = JWSRegistry(algorithms=[self.algorithm]).get_alg(self.algorithm)
        return f"{signed}.{_encoded(algorithm.sign(signed.encode(), key))}"

    def signing_input(
        self,
        audience: str,
        *,
        header: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """Header and claims of a token, before the signature."""
        now = int(time.time())
        head = {"alg": self.algorithm, "typ": "JWT", "kid": self.kid} | dict(header or {})
        body = {
            "iss": self.issuer, "aud": audience, "iat": now, "exp": now + LIFETIME_S, "jti": str(uuid.uuid4()),
        } | dict(claims or {})  # fmt: skip
        return ".".join(_encoded(json.dumps(_present(part)).encode()) for part in (head, body))

    def unsigned_token(self, audience: str) -> str:
        """`alg` none, and no signature (S34)."""
        return f"{self.signing_input(audience, header={'alg': 'none'})}."

    def shared_secret_token(self, audience: str) -> str:
        """HS256 with the public key for a secret, which anybody knows (S34)."""
        signed = self.signing_input(audience, header={"alg": "HS256"})
        return f"{signed}.{_encoded(hmac.digest(self.key.as_pem(private=False), signed.encode(), 'sha256'))}"

    def strangers_key(self) -> PrivateKey:
        """A key of the same kind that nobody registered."""
        return ECKey.generate_key("P-384") if self.algorithm == "ES384" else RSAKey.generate_key(_BITS)


def read_signer(file: Path, *, issuer: str, kid: str = "", algorithm: str = "") -> Signer:
    """The client whose private key is in `file`: PEM, a JWK, or a JWKS with one private key.

    Raises NotConfigured, which names the file and never what is in it.
    """
    try:
        key = _read_key(file.read_bytes())
    except OSError:
        raise NotConfigured(f"--jwt-key {file}: cannot be read") from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotConfigured(f"--jwt-key {file}: no EC or RSA key as PEM or JWK ({type(error).__name__})") from None
    if not key.is_private:
        raise NotConfigured(f"--jwt-key {file}: is a public key; the doctor signs as the client, with its private key")
    algorithm = algorithm or ("ES384" if isinstance(key, ECKey) else "RS384")
    if algorithm not in _KINDS or not isinstance(key, _KINDS[algorithm]):
        raise NotConfigured(f"--alg: {' or '.join(_KINDS)}, as the key is; this one is {key.key_type}")
    if isinstance(key, ECKey) and key.curve_name != "P-384":
        raise NotConfigured(f"--jwt-key {file}: ES384 needs a key on P-384")
    name = kid or key.kid
    if not name:
        raise NotConfigured("--kid: the key file names none; give the kid under which the service knows this key")
    return Signer(key=key, issuer=issuer, kid=name, algorithm=algorithm)


def _read_key(content: bytes) -> PrivateKey:
    if not content.lstrip().startswith(b"{"):
        return _from_pem(content)
    plain = json.loads(content)
    entries = plain.get("keys", [plain])
    private = [one for one in entries if "d" in one]
    if len(private or entries) != 1:
        raise ValueError("needs exactly one private key")
    chosen = (private or entries)[0]
    return _KTY[chosen["kty"]].import_key(chosen)


_KTY: Final[Mapping[str, type[ECKey | RSAKey]]] = {"EC": ECKey, "RSA": RSAKey}


def _from_pem(content: bytes) -> PrivateKey:
    """PKCS #8 does not say in its first line which kind of key it holds."""
    try:
        return RSAKey.import_key(content)
    except InvalidKeyTypeError:
        return ECKey.import_key(content)


def _present(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if value is not None}


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode("ascii")
