"""The resources of one Bundle, read leniently: a shape that nobody planned for is read where its meaning is plain.

Where it is not, it is an omission; a caller that sees one cannot call the type seen whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fhir_adapters.history import Omission, Reason
from fhir_adapters.home_base import Found, Resource
from fhir_adapters.reading.elements import Element, children, text_of
from fhir_adapters.reading.readers import READERS

# https://hl7.org/fhir/R4/bundle.html: what a Bundle may hold beside its entries. Anything else that holds objects could
# be the entries under another name.
_PARTS = frozenset(
    [
        *("resourcetype", "id", "meta", "implicitrules", "language", "text", "extension", "identifier", "type"),
        *("timestamp", "total", "link", "entry", "signature"),
    ]
)
_SPELT = frozenset({"resource", "fullUrl", "search", "request", "response", "link", "id"})
_ENTRY_PARTS = frozenset(name.lower() for name in _SPELT - {"id"})
_TYPES = {name.lower(): name for name in (*READERS, "Patient", "Medication", "Bundle", "OperationOutcome", "List")}
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}", re.ASCII)
_NEXT = re.compile(r"(?:^|[/#:])next$")  # the word, or an address that ends so
_STATUS = re.compile(r"\s*([1-5][0-9]{2})\b", re.ASCII)
_NOTHING_TO_READ = frozenset(
    {"201", "204"}
)  # a write's answers: https://hl7.org/fhir/R4/http.html#transaction-response


@dataclass(slots=True)
class Unpacked:
    """What was found in a Bundle."""

    found: list[Found] = field(default_factory=list)
    omissions: list[Omission] = field(default_factory=list)

    def miss(self, detail: str, reason: Reason = Reason.UNREADABLE, count: int = 1) -> None:
        """Count something that could not be used."""
        self.omissions.append(Omission(what="Bundle entry", reason=reason, detail=detail, count=count))


def named(element: Mapping[str, object], name: str) -> list[object]:
    """What stands at `name`, however it is capitalised; more than one where two spellings are there."""
    wanted = name.lower()
    return [value for key, value in element.items() if key == name or key.strip().lower() == wanted]


def take_entries(bundle: Element, into: Unpacked) -> None:
    """Put every resource of a Bundle, inner Bundles and OperationOutcomes included, into `into`."""
    for name, value in bundle.items():
        plain = name.strip().lower()
        if plain == "entry":
            for entry in _listed(value, into):
                _take_entry(entry, into)
        elif plain == "issues" and isinstance(value, dict):  # R5: an OperationOutcome about the search
            _take_entry({"resource": value}, into)
        elif plain not in _PARTS and not plain.startswith("_") and _holds_objects(value):
            into.miss("a part that no Bundle has")


def next_of(bundle: Element, into: Unpacked) -> str | None:
    """The address of the next page. A `next` without a readable address is counted."""
    for links in named(bundle, "link"):
        if links is not None and not isinstance(links, (list, dict)):
            into.miss("links that cannot be read")
        for link in children({"link": links}, "link"):
            if not any(_NEXT.search(word) for key in ("relation", "rel") for word in _words(named(link, key))):
                continue
            urls = [url for key in ("url", "href") for url in named(link, key) if isinstance(url, str) and url]
            if urls:
                return urls[0]
            into.miss("a next page without an address")
    return None


def _words(values: Iterable[object]) -> list[str]:
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [one.strip().lower() for one in flat if isinstance(one, str)]


def _listed(value: object, into: Unpacked) -> Iterable[object]:
    """The entries of a list; of one entry in its place; of a mapping of entries by number."""
    if value is None:
        return ()
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        names = {key.strip().lower() for key in value}
        if names & _ENTRY_PARTS or "resourcetype" in names:
            return (value,)
        if all(isinstance(item, (dict, list)) for item in value.values()):
            return [one for item in value.values() for one in (item if isinstance(item, list) else [item])]
    into.miss("no list of entries")
    return ()


def _take_entry(entry: object, into: Unpacked) -> None:
    if not isinstance(entry, dict):
        into.miss("no entry")
        return
    if _take_plain(entry, into):
        return
    url = next((url for url in named(entry, "fullUrl") if isinstance(url, str)), "").strip()
    values = [entry] if "resourceType" in entry else named(entry, "resource")
    resources = [one for value in values for one in (value if isinstance(value, list) else [value]) if one is not None]
    if not resources:
        _take_answer(entry, into)
    for resource in resources:
        typed = _typed(resource)
        if typed is None:
            into.miss("no resource" if not isinstance(resource, dict) else "no resource type")
        else:
            into.found.append((url, with_id(url, typed)))


def _take_plain(entry: dict[str, object], into: Unpacked) -> bool:
    """Whether an entry was as FHIR writes it: a thousand of them come with one hook, so no key is looked at twice."""
    resource, url = entry.get("resource"), entry.get("fullUrl", "")
    if not (entry.keys() <= _SPELT and isinstance(resource, dict) and isinstance(url, str)):
        return False
    kind = resource.get("resourceType")
    if not (isinstance(kind, str) and kind in READERS and resource.get("id")):
        return False
    into.found.append((url, resource))
    return True


def _take_answer(entry: Element, into: Unpacked) -> None:
    """An entry without a resource: nothing to read after a write or a deletion; else something did not come."""
    statuses = [text_of(answer, "status") for answer in named(entry, "response") if isinstance(answer, dict)]
    methods = [text_of(request, "method") for request in named(entry, "request") if isinstance(request, dict)]
    code = next((found[1] for status in statuses if (found := _STATUS.match(status))), "")
    if code in _NOTHING_TO_READ or "DELETE" in [method.upper() for method in methods]:
        return
    if code and code >= "400":
        into.miss(f"HTTP {code}", Reason.FAILED)
    else:
        into.miss("no resource")


def _typed(resource: object) -> Resource | None:
    """The resource with its type spelt as FHIR spells it; None where it has none."""
    if not isinstance(resource, dict):
        return None
    kind = resource.get("resourceType")
    if isinstance(kind, str) and kind in READERS:
        return resource
    said = next((one for one in named(resource, "resourceType") if isinstance(one, str)), "")
    spelt = _TYPES.get(said.strip().lower(), said)
    if not _TYPE.fullmatch(spelt):
        return None
    return resource if spelt == kind else {**resource, "resourceType": spelt}


def with_id(url: str, resource: Resource) -> Resource:
    """A resource without an id takes it from its fullUrl, if that names one of its type or is a urn."""
    if not url or resource.get("id"):
        return resource
    kind = re.escape(str(resource["resourceType"]))
    tail = re.search(rf"(?:urn:uuid:|(?:^|/){kind}/)([A-Za-z0-9._-]{{1,128}})$", url, re.ASCII)
    return {**resource, "id": tail[1]} if tail else resource


def _holds_objects(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))
