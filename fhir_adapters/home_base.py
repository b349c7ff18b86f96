"""Which server a reference means: only our own server's base is home; the same id on another base is another patient.

A resource of a Bundle is named by its fullUrl, and a relative reference in it means "on the same server"
(https://hl7.org/fhir/R4/bundle.html#references). The rule, where resources arrive:

- The base is known (we asked that server, or the hook names it): home is that base. Where all fullUrls agree on one
  other base, the server calls itself otherwise (a proxy): relative references in it stay ours. Absolute ones under that
  name are ours too where the Patient itself is under it, by its fullUrl or by every absolute reference that it makes,
  and no resource names its subject on a third base: without that, the same id there may be another patient.
- It is not known: home is the base of the Patient's own fullUrl; else the one base on which the fullUrls of all
  clinical resources agree; else none, and then no absolute reference is ours.
- http and https of one host, and a default port, make no second base: the way to a server is not the server.
- fullUrls that are no REST addresses (`urn:uuid:…`, `Patient/1`, none) say nothing about a base.
- A resource that lives elsewhere and names its subject on our base is ours, under an id that no resource of ours has.

Home references become relative, so that everything behind reads `Type/id`. References that mean another base become
(or stay) absolute, and a resource of another base about nobody here gets its whole address for an id: the readers take
neither for ours.
Only references at the top of a resource matter for this.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from fhir_adapters.addresses import read_base
from fhir_adapters.errors import AddressRefused
from fhir_adapters.reading.readers import READERS

_DEFAULT_PORTS = frozenset({80, 443})
_LONGEST_ID = 128  # characters that a reader takes for an id

Resource = dict[str, object]
Found = tuple[str, Resource]  # a resource with its fullUrl, empty where it has none

_REST = re.compile(
    r"(?P<root>[Hh][Tt][Tt][Pp][Ss]?://[^?#\s]+)/(?P<path>[A-Z][A-Za-z]{1,63}/[A-Za-z0-9._-]{1,128}"
    r"(?:/_history/[A-Za-z0-9._-]{1,128})?)",
    re.ASCII,
)
_RELATIVE = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9._-]{1,128}(?:/_history/[A-Za-z0-9._-]{1,128})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Home:
    """The bases that are ours: for references that name them, and for resources that live on them."""

    named: frozenset[str]
    lived_on: frozenset[str]


def home_of(found: Iterable[Found], *, base: str | None = None) -> Home:
    """The home of everything that arrived together; `base` where the server's own is known."""
    arrived = list(found)
    roots: set[str] = set()
    of_patient: set[str] = set()
    for url, resource in arrived:
        kind = resource.get("resourceType")
        if url and isinstance(kind, str) and (kind in READERS or kind == "Patient"):
            root = root_of(url)
            if root:
                (of_patient if kind == "Patient" else roots).add(root)
    everywhere = roots | of_patient
    if base is not None:
        own = _plain(base)
        alias = everywhere if len(everywhere) == 1 else set()  # a proxy's name for itself, or `own`
        named = alias if alias and _is_own_name(arrived, next(iter(alias)), own) else set()
        return Home(frozenset({own} | named), frozenset({own} | alias))
    agreed = of_patient if len(of_patient) == 1 else everywhere
    home = frozenset(agreed) if len(agreed) == 1 else frozenset()
    return Home(home, home)


def at_home(found: Iterable[Found], home: Home) -> list[Resource]:
    """The resources, their references as `home` makes them; those that need no change are the very ones given."""
    arrived = [(url, resource, root_of(url) if url else "") for url, resource in found]
    ours = [not root or root in home.lived_on for _, _, root in arrived]
    taken = set() if all(ours) else {_name(one) for (_, one, _), is_ours in zip(arrived, ours, strict=True) if is_ours}
    return [
        _rewritten(one, lambda target: _homeward(target, home)) if is_ours else _settled(url, one, home, taken)
        for (url, one, _), is_ours in zip(arrived, ours, strict=True)
    ]


def _is_own_name(arrived: Iterable[Found], alias: str, own: str) -> bool:
    """Whether `alias` is surely what the server at `own` calls itself: our Patient is under it, nobody elsewhere."""
    patient_roots: set[str] = set()
    for url, resource in arrived:
        kind = resource.get("resourceType")
        if kind == "Patient":
            lives = {root_of(url)} - {""}
            patient_roots |= lives or _roots_named(resource)
        elif not _roots_named({name: resource.get(name) for name in ("subject", "patient")}) <= {alias, own}:
            return False
    return patient_roots == {alias}


def _roots_named(resource: Resource) -> set[str]:
    """The bases of the absolute references at the top of a resource."""
    items = [item for value in resource.values() for item in (value if isinstance(value, list) else [value])]
    targets = [item.get("reference") for item in items if isinstance(item, dict)]
    return {root_of(target.strip()) for target in targets if isinstance(target, str)} - {""}


def root_of(url: str) -> str:
    """The base of a REST address of a resource; empty for anything else."""
    rest = _REST.fullmatch(url)
    return _plain(rest["root"]) if rest else ""


def _name(resource: Resource) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def _settled(url: str, resource: Resource, home: Home, taken: set[str]) -> Resource:
    """A resource that lives on another base."""
    root = root_of(url)
    foreign = _rewritten(resource, lambda target: _outward(target, home, root))
    if _is_about_ours(resource, home):
        own_id = f"{resource['id']}.{_digest(url)}"[-_LONGEST_ID:]
        return {**foreign, "id": own_id} if _name(resource) in taken else foreign
    return {**foreign, "id": url}


def _is_about_ours(resource: Resource, home: Home) -> bool:
    """Whether a clinical resource names its subject on our base, and on no other."""
    if resource.get("resourceType") not in READERS or not isinstance(resource.get("id"), str):
        return False
    roots = _roots_named({name: resource.get(name) for name in ("subject", "patient")})
    return bool(roots) and roots <= home.named


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode(errors="replace")).hexdigest()[:12]


def _homeward(target: str, home: Home) -> str:
    """`Patient/1` for the same on our base; every other reference as it is."""
    if "://" not in target:
        return target
    rest = _REST.fullmatch(target.strip())
    return rest["path"] if rest and _plain(rest["root"]) in home.named else target


def _outward(target: str, home: Home, root: str) -> str:
    """A relative reference of another server's resource, as the absolute one that it means."""
    return f"{root}/{target.strip()}" if _RELATIVE.fullmatch(target.strip()) else _homeward(target, home)


def _rewritten(resource: Resource, rewrite: Callable[[str], str]) -> Resource:
    """The resource, or a copy where `rewrite` changes a reference at its top."""
    changed: Resource = {}
    for name, value in resource.items():
        if isinstance(value, dict):
            new: object = _pointed(value, rewrite)
            if new is not value:
                changed[name] = new
        elif isinstance(value, list):
            items = [_pointed(item, rewrite) if isinstance(item, dict) else item for item in value]
            if any(item is not old for item, old in zip(items, value, strict=True)):
                changed[name] = items
    return {**resource, **changed} if changed else resource


def _pointed(element: dict[str, object], rewrite: Callable[[str], str]) -> dict[str, object]:
    target = element.get("reference")
    if not isinstance(target, str) or (new := rewrite(target)) == target:
        return element
    return {**element, "reference": new}


@lru_cache(maxsize=256)
def _plain(root: str) -> str:
    """One spelling of a base: http or https, the host's case, a default port and the last slash make no difference."""
    try:
        base = read_base(root)
    except AddressRefused:
        return root
    return str(replace(base, scheme="https", port=443 if base.port in _DEFAULT_PORTS else base.port))
