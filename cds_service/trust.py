"""Which client is calling: its JWT against its configured keys; anything else is a bare 401.

The order is that of S37: issuer, header, audience and times, tenant, signature, and the jti last of all, so that an
unsigned token can never burn one. Burning is `cds_service.admission`'s.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import orjson
from joserfc import jws
from joserfc.errors import JoseError

from cds_service.clients import Caller, CdsClient
from cds_service.errors import Unauthenticated
from cds_service.jwks import PublicKey
from ledger.records import Nonce

_LONGEST_TOKEN: Final = 8_192
_LONGEST_JTI: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token whose signature and claims hold; its jti is not burnt yet."""

    caller: Caller
    nonce: Nonce


class Trust:
    """Judges Authorization headers. Thread-safe; holds public keys only."""

    def __init__(
        self,
        clients: Iterable[CdsClient],
        *,
        public_base_url: str,
        leeway_s: int = 30,
        lifetime_s: int = 900,
        demo: CdsClient | None = None,
    ) -> None:
        """`demo` is the client that a call without a token is; only the loopback demo has one (decision 6)."""
        self._clients = {client.issuer: client for client in clients}
        self._base = public_base_url.rstrip("/")
        self._leeway_s, self._lifetime_s = leeway_s, lifetime_s
        self._demo = demo

    @property
    def can_judge(self) -> bool:
        """Whether there is anybody whose call could be let in: a client whose keys are known, or the demo's."""
        return self._demo is not None or any(client.keys for client in self._clients.values())

    def judge(self, headers: list[str], *, path: str, now: datetime) -> Token | Caller:
        """The token that the one Authorization header in `headers` carries, for a call of `path` under the public base.

        A Caller is the demo's anonymous client, which has no token. Raises Unauthenticated, with a code for the log.
        """
        if not headers and self._demo is not None:
            return Caller(client=self._demo)
        if len(headers) != 1:
            raise Unauthenticated("no-token" if not headers else "several-tokens")
        scheme, _, token = headers[0].partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN:
            raise Unauthenticated("no-bearer-token")
        header, claims = _unverified(token)
        client = self._client_of(claims)
        _check_header(header, client)
        key = _key_of(header, client)
        expires_at = self._check_claims(claims, path=path, now=now)
        tenant = _tenant_of(claims, client)
        _check_signature(token, header, key)
        nonce = Nonce(issuer=client.issuer, jti=_jti_of(claims), expires_at=expires_at)
        return Token(caller=Caller(client=client, tenant=tenant), nonce=nonce)

    def _client_of(self, claims: Mapping[str, Any]) -> CdsClient:
        issuer = claims.get("iss")
        client = self._clients.get(issuer) if isinstance(issuer, str) else None
        if client is None:
            raise Unauthenticated("issuer-not-listed")
        return client

    def _check_claims(self, claims: Mapping[str, Any], *, path: str, now: datetime) -> datetime:
        """The end of the token's life, with the leeway. `nbf` and `sub` may be there (S39)."""
        audience = claims.get("aud")
        if self._base + path not in (audience if isinstance(audience, list) else [audience]):
            raise Unauthenticated("another-audience")
        issued, expires = _seconds(claims, "iat"), _seconds(claims, "exp")
        begins = _seconds(claims, "nbf") if "nbf" in claims else issued
        moment, leeway = now.timestamp(), self._leeway_s
        if expires + leeway <= moment:
            raise Unauthenticated("expired")
        if max(issued, begins) - leeway > moment:
            raise Unauthenticated("not-yet-valid")
        if not 0 < expires - issued <= self._lifetime_s:
            raise Unauthenticated("lives-too-long")
        return datetime.fromtimestamp(expires + leeway, UTC)


def _unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims as written: enough to find the client, and nothing more."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - a compact JWS
        raise Unauthenticated("not-a-jwt")
    try:
        header, claims = (orjson.loads(_decoded(part)) for part in parts[:2])
    except (binascii.Error, ValueError):
        raise Unauthenticated("not-a-jwt") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise Unauthenticated("not-a-jwt")
    return header, claims


def _decoded(part: str) -> bytes:
    return base64.b64decode(part.encode("ascii") + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _check_header(header: Mapping[str, Any], client: CdsClient) -> None:
    if header.get("alg") not in client.algorithms:
        raise Unauthenticated("algorithm-not-allowed")
    if str(header.get("typ", "")).upper() != "JWT":
        raise Unauthenticated("not-a-jwt")
    if "crit" in header:
        raise Unauthenticated("critical-header")
    # Never fetched: a key comes from the client's own set, and a jku that is another address is a lie (T2).
    if "jku" in header and header["jku"] != client.jku:
        raise Unauthenticated("another-jku")


def _key_of(header: Mapping[str, Any], client: CdsClient) -> PublicKey:
    kid = header.get("kid")
    key = client.keys.get(kid) if isinstance(kid, str) else None
    if key is None:
        client.look_again()  # in the background: perhaps the client has a new key (T3)
        raise Unauthenticated("unknown-key")
    return key


def _check_signature(token: str, header: dict[str, Any], key: PublicKey) -> None:
    signed, _, signature = token.rpartition(".")
    registry = _lenient(header["alg"])
    try:
        registry.check_header(header)  # those that joserfc does not know, it ignores
        algorithm = registry.get_alg(header["alg"])
        algorithm.check_key(key)  # its type and curve must be the algorithm's
        holds = algorithm.verify(signed.encode("ascii"), _decoded(signature), key)
    except (JoseError, ValueError, TypeError):
        holds = False
    if not holds:
        raise Unauthenticated("bad-signature")


@cache  # a registry is read only, and making one costs a tenth of judging a token
def _lenient(algorithm: str) -> jws.JWSRegistry:
    return jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)


def _tenant_of(claims: Mapping[str, Any], client: CdsClient) -> str:
    """The tenant, which must be listed; a client with one tenant may leave it out, null or empty (section 9.3)."""
    tenant = claims.get("tenant")
    if tenant in (None, "") and len(client.tenants) <= 1:
        return client.tenants[0] if client.tenants else ""
    if not isinstance(tenant, str) or tenant not in client.tenants:
        raise Unauthenticated("tenant-not-listed")
    return tenant


def _jti_of(claims: Mapping[str, Any]) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI:
        raise Unauthenticated("no-jti")
    return jti


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1e11:  # noqa: PLR2004
        raise Unauthenticated(f"bad-{name}")
    return float(value)
