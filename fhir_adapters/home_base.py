"""Which server a reference means: only our own server's base is home; the same id on another base is another patient.

A resource of a Bundle is named by its fullUrl, and a relative reference in it means "on the same server"
(https://hl7.org/fhir/R4/bundle.html#references). The rule, where resources arrive:

- The base is known (we asked that server, or the hook names it): home is that base, exactly. Where all fullUrls agree
  on one other base, the server calls itself otherwise (a proxy): relative references in it stay ours, absolute ones
  do not.
- It is not known: home is the base of the Patient's own fullUrl; else the one base on which the fullUrls of all
  clinical resources agree; else none, and then no absolute reference is ours.
- fullUrls that are no REST addresses (`urn:uuid:…`, `Patient/1`, none) say nothing about a base.

Home references become relative, so that everything behind reads `Type/id`. References that mean another base become
(or stay) absolute, and a resource of another base gets its whole address for an id: the readers take neither for ours.
Only references at the top of a resource matter for this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from fhir_adapters.addresses import read_base
from fhir_adapters.errors import AddressRefused
from fhir_adapters.reading.readers import READERS

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
    roots: set[str] = set()
    of_patient: set[str] = set()
    for url, resource in found:
        kind = resource.get("resourceType")
        if url and isinstance(kind, str) and (kind in READERS or kind == "Patient"):
            root = root_of(url)
            if root:
                (of_patient if kind == "Patient" else roots).add(root)
    everywhere = roots | of_patient
    if base is not None:
        own = _plain(base)
        alias = everywhere if len(everywhere) == 1 else set()  # a proxy's name for itself, or `own`
        return Home(frozenset({own}), frozenset({own} | alias))
    agreed = of_patient if len(of_patient) == 1 else everywhere
    home = frozenset(agreed) if len(agreed) == 1 else frozenset()
    return Home(home, home)


def at_home(found: Iterable[Found], home: Home) -> list[Resource]:
    """The resources, their references as `home` makes them; those that need no change are the very ones given."""
    return [_settled(url, resource, home) for url, resource in found]


def root_of(url: str) -> str:
    """The base of a REST address of a resource; empty for anything else."""
    rest = _REST.fullmatch(url)
    return _plain(rest["root"]) if rest else ""


def _settled(url: str, resource: Resource, home: Home) -> Resource:
    root = root_of(url) if url else ""
    if not root or root in home.lived_on:
        return _rewritten(resource, lambda target: _homeward(target, home))
    foreign = _rewritten(resource, lambda target: _outward(target, home, root))
    return {**foreign, "id": url}


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
    """One spelling of a base: the host's case, the default port and the last slash make no difference."""
    try:
        return str(read_base(root))
    except AddressRefused:
        return root
