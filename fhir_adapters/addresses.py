"""Whether a URL lies inside a configured base: exact origin and base path, decided on the text as it came (T5).

The rule is a list of what is allowed, not of what is dangerous: hospital servers are private addresses, so
"no private addresses" would be the wrong rule. Nothing is resolved, decoded or repaired; two spellings of one host
are two hosts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fhir_adapters.errors import AddressRefused

_MOST_CHARACTERS = 8_192  # paging links of real servers hold their state and run to some thousand characters
_DEFAULT_PORTS = {"http": 80, "https": 443}

# Visible ASCII without the characters that browsers and servers repair in different ways. A host with a letter of
# another alphabet ends here.
_PLAIN = re.compile(r"[!$-;=?-\[\]_a-z|~]+")
_ABSOLUTE = re.compile(
    r"(?P<scheme>[A-Za-z]+)://"
    r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^?]*)?(?P<query>\?.*)?"
)
_HAS_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# Dots, slashes, backslashes, nulls and percent signs in disguise: no FHIR or DICOMweb path has them, and the far side
# may decode them after we looked.
_DISGUISED = re.compile(r"%(?:2e|2f|5c|25|00)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Base:
    """A configured base URL, taken apart: `https://ehr.example/fhir/r4` without a slash at its end."""

    scheme: str
    host: str  # lower case, as written; IPv6 in brackets
    port: int
    path: str  # "" or "/fhir/r4"

    @property
    def origin(self) -> str:
        """Scheme, host and, where it is not the scheme's own, port."""
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    def __str__(self) -> str:
        return self.origin + self.path


def read_base(url: object) -> Base:
    """The base that `url` names. Two spellings of one base (default port, case of the host, last slash) are equal.

    Raises AddressRefused, with the reason and without the URL, for anything but a plain http or https base.
    """
    parts = _take_apart(url)
    if parts["query"]:
        raise _refused("a base has no query")
    return _base_of(parts, (parts["path"] or "").rstrip("/"))


def address_within(base: Base, address: object) -> str:
    """`address` as an absolute URL, if it lies inside `base`; otherwise AddressRefused with the reason alone.

    The address may be absolute or relative to the base (`Observation?page=2`, `?page=2`, `/fhir/Observation?page=2`).
    """
    absolute = _absolute(base, address)
    parts = _take_apart(absolute)
    path = parts["path"] or ""
    if _base_of(parts, base.path) != base:
        raise _refused("another origin")
    if path != base.path and not path.startswith(base.path + "/"):
        raise _refused("outside the base path")
    return absolute


def _absolute(base: Base, address: object) -> str:
    if not isinstance(address, str) or address.startswith("//") or not address:
        raise _refused("no address of its own")
    if _HAS_SCHEME.match(address):
        return address
    if address.startswith("/"):
        return base.origin + address
    return f"{base}{'' if address.startswith('?') else '/'}{address}"


def _take_apart(url: object) -> dict[str, str | None]:
    if not isinstance(url, str) or len(url) > _MOST_CHARACTERS:
        raise _refused("no text, or too long")
    if _PLAIN.fullmatch(url) is None:
        raise _refused("characters that a plain URL does not have")
    found = _ABSOLUTE.fullmatch(url)
    if found is None:  # user information, an empty host or port, percent signs in the host
        raise _refused("not scheme, host, port and path")
    path = found["path"] or ""
    if _DISGUISED.search(path) or any(part.partition(";")[0] in {".", ".."} for part in path.split("/")):
        raise _refused("a path that climbs or hides what it is")
    return found.groupdict()


def _base_of(parts: dict[str, str | None], path: str) -> Base:
    scheme = (parts["scheme"] or "").lower()
    if scheme not in _DEFAULT_PORTS:
        raise _refused("neither http nor https")
    port = int(parts["port"] or _DEFAULT_PORTS[scheme])
    if not 0 < port < 65_536:  # noqa: PLR2004 - TCP's own limit
        raise _refused("no port")
    return Base(scheme, (parts["host"] or "").lower(), port, path)


def _refused(why: str) -> AddressRefused:
    return AddressRefused(f"The address is refused: {why}.", outcome="address refused")
