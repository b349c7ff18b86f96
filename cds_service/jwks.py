"""A client's public keys as they are written: one JSON Web Key Set (RFC 7517), read strictly."""

from __future__ import annotations

from typing import Any, Final

import orjson
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, RSAKey

from cds_service.errors import BadKeys

PublicKey = ECKey | RSAKey

_KINDS: Final[dict[object, type[ECKey | RSAKey]]] = {"EC": ECKey, "RSA": RSAKey}
_MEMBERS: Final = frozenset({"kty", "kid", "crv", "x", "y", "n", "e"})
_SECRETS: Final = frozenset({"d", "p", "q", "k"})
_LEAST_RSA_BITS: Final = 2_048  # RFC 7518 section 3.3
_CURVES: Final = {"ES256": "P-256", "ES384": "P-384"}
_READ_CURVES: Final = (*_CURVES.values(), "P-521")  # the last signs nothing that we take; a report of the keys names it


def read_key_set(content: bytes, *, place: str) -> dict[str, PublicKey]:
    """The public keys by kid. Raises BadKeys, which names `place` and the key by its number, and repeats nothing.

    A private or a symmetric key has no business in such a set and spoils it; a key of a kind that we do not know, or
    for encryption, is left out, as RFC 7517 section 5 asks.
    """
    try:
        entries = orjson.loads(content)["keys"]
    except (orjson.JSONDecodeError, TypeError, KeyError):
        raise BadKeys(f"{place} is not a JSON Web Key Set") from None
    keys: dict[str, PublicKey] = {}
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        key = _read_key(entry, f"{place}, key {number}", taken=keys)
        if key is not None:
            keys[entry["kid"]] = key
    if not keys:
        raise BadKeys(f"{place} holds no key, so no call could ever be accepted")
    return keys


def signs_with(key: PublicKey) -> frozenset[str]:
    """The algorithms that a signature of this key can have."""
    if isinstance(key, RSAKey):
        return frozenset({"RS256", "RS384"})
    return frozenset(name for name, curve in _CURVES.items() if curve == key.curve_name)


def _read_key(entry: Any, place: str, *, taken: dict[str, PublicKey]) -> PublicKey | None:  # noqa: ANN401 - JSON
    kid = entry.get("kid") if isinstance(entry, dict) else None
    if not isinstance(kid, str) or not kid or kid in taken:
        raise BadKeys(f"{place}: needs a kid of its own")
    if entry.get("kty") == "oct":
        raise BadKeys(f"{place}: is a shared secret; only EC and RSA keys can be used (S34)")
    if not _SECRETS.isdisjoint(entry):
        raise BadKeys(f"{place}: is a private key; give the client's public keys only")
    kind = _kind_of(entry)
    if kind is None or entry.get("use", "sig") != "sig":
        return None
    try:
        # An unknown or private-use member of a key is of no concern to us.
        key = kind.import_key({name: value for name, value in entry.items() if name in _MEMBERS})
        if isinstance(key, RSAKey) and key.public_key.key_size < _LEAST_RSA_BITS:
            raise SecurityWarning  # noqa: TRY301 - as joserfc's own becomes, where warnings are errors
    except SecurityWarning:
        raise BadKeys(f"{place}: an RSA key needs {_LEAST_RSA_BITS} bits or more (RFC 7518 section 3.3)") from None
    except (JoseError, ValueError, TypeError) as error:
        raise BadKeys(f"{place}: cannot be read ({type(error).__name__})") from None
    return key


def _kind_of(entry: dict[str, Any]) -> type[ECKey | RSAKey] | None:
    """Which kind of key this is; None for one that we do not know, or on a curve that we do not know."""
    kind, curve = entry.get("kty"), entry.get("crv")
    if not isinstance(kind, str) or (kind == "EC" and isinstance(curve, str) and curve not in _READ_CURVES):
        return None
    return _KINDS.get(kind)
