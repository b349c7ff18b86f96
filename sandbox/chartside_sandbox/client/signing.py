"""The token of a call: asymmetric, for one address, short-lived and used once (client C7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

import orjson
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from chartside_sandbox.client.quirks import Quirks

SigningKey = ECKey | RSAKey
_NOT_BEFORE_S: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who this client is, and the private key that it proves it with."""

    issuer: str
    key: SigningKey = field(repr=False)
    algorithm: Literal["ES384", "RS384"]
    jku: str = ""
    tenant: str = ""

    def __post_init__(self) -> None:
        if not self.key.kid:
            raise ValueError("the signing key needs a kid")

    def token(self, audience: str, *, now: datetime, jti: str, quirks: Quirks) -> str:
        """A token for exactly this address."""
        header = {"alg": self.algorithm, "typ": "JWT", "kid": self.key.kid, **({"jku": self.jku} if self.jku else {})}
        claims = orjson.dumps(self._claims(audience, int(now.timestamp()), jti, quirks))
        return jws.serialize_compact(header, claims, self.key, algorithms=[self.algorithm])

    def _claims(self, audience: str, now: int, jti: str, quirks: Quirks) -> dict[str, Any]:
        claims: dict[str, Any] = {"iss": self.issuer, "aud": audience, "iat": now, "jti": jti}
        claims["exp"] = now + quirks.token_life_s
        if self.tenant:
            claims["tenant"] = self.tenant
        if quirks.extra_claims:
            claims |= {"nbf": now - _NOT_BEFORE_S, "sub": self.issuer}
        return claims

    def public_keys(self) -> dict[str, Any]:
        """The JWKS that this client publishes."""
        return {"keys": [self.key.as_dict(private=False)]}


def read_signing_key(jwk: bytes) -> SigningKey:
    """A private key from its JWK. Raises ValueError for any other kind of key."""
    plain = orjson.loads(jwk)
    kinds: dict[object, type[ECKey | RSAKey]] = {"EC": ECKey, "RSA": RSAKey}
    kind = kinds.get(plain.get("kty") if isinstance(plain, dict) else None)
    if kind is None or "d" not in plain:
        raise ValueError("a signing key is the JWK of a private EC or RSA key (S34)")
    return kind.import_key(plain)
