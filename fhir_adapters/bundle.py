"""Bundles -> plain resources, with their references resolved, and a whole chart from one Bundle."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fhir_adapters.entries import Unpacked, next_of, take_entries
from fhir_adapters.errors import PatientMissing, UnreadableRecord, WrongPatient
from fhir_adapters.fhir_server import counted
from fhir_adapters.history import Coverage, Gathered, Omission, Reason
from fhir_adapters.home_base import Found, Resource, at_home, home_of
from fhir_adapters.reading import read_history
from fhir_adapters.reading.concepts import all_codes
from fhir_adapters.reading.elements import Element, children, text_of
from fhir_adapters.reading.readers import READERS

_DEEPEST = 4  # Bundles within Bundles: a batch's answer holds searchsets, nothing holds more
_ISSUE_CODE = re.compile(r"[a-z-]{1,32}")
_GAPS = frozenset({Reason.UNREADABLE, Reason.FAILED, Reason.REFUSED, Reason.NOT_SUPPLIED})
# FHIR issue codes (https://hl7.org/fhir/R4/valueset-issue-type.html) that mean "not for you" rather than "broken".
_REFUSALS = frozenset({"security", "login", "unknown", "expired", "forbidden", "suppressed"})
_REMARKS = frozenset({"", "informational", "processing"})  # of severity "information": no relation to success
# Epic's codes in `details`, by severity "warning": 4101 nothing was found, 4119 it is what the user may see. 59204: the
# client is not authorized for a sub-type, whose results are not returned.
_EPIC_HINTS = frozenset({"4101", "4119"})
_EPIC_REFUSALS = frozenset({"59204"})


@dataclass(frozen=True, slots=True)
class Page:
    """One Bundle unpacked: each resource with its fullUrl, the next page's address, and what could not be used."""

    found: list[Found]
    next_url: str | None
    omissions: list[Omission]


def unpack_bundle(bundle: object, *, base: str | None = None) -> tuple[list[Resource], str | None, list[Omission]]:
    """The resources of a Bundle of any type, the address of its next page, and what of it could not be used.

    As `open_bundle`, with the references of our own server made relative: `base`, or what the Bundle's fullUrls say
    (`fhir_adapters.home_base`). Raises UnreadableRecord for what is no Bundle.
    """
    page = open_bundle(bundle)
    return at_home(page.found, home_of(page.found, base=base)), page.next_url, page.omissions


def open_bundle(bundle: object) -> Page:
    """A Bundle of any type, for a caller that knows of more than one where home is.

    Bundles within it are unpacked too. References that name an entry by its `urn:uuid:` become `Type/id`; an entry
    without an id takes it from its fullUrl (https://hl7.org/fhir/R4/bundle.html#references). The input is not changed.
    Raises UnreadableRecord for what is no Bundle.
    """
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise UnreadableRecord("What was given is not a FHIR Bundle.", outcome="not a Bundle")
    into = Unpacked()
    pages: list[str] = []
    found: list[Found] = []
    level: list[Element] = [bundle]
    for depth in range(_DEEPEST):
        inner: list[Element] = []
        for one in level:
            inner += _open_one(one, into, found, pages, is_inner=depth > 0)
        level = inner
    if level:
        into.omissions.append(
            Omission(what="Bundle", reason=Reason.UNREADABLE, detail="nested too deeply", count=len(level))
        )
    if len(pages) > 1:
        into.miss("further pages of an inner Bundle", Reason.NOT_SUPPLIED, len(pages) - 1)
    targets = _targets(found)
    resolved = [(url, _resolved(resource, targets)) for url, resource in found] if targets else found
    return Page(resolved, pages[0] if pages else None, into.omissions)


def history_from_bundle(bundle: object, *, patient_id: str | None = None) -> Gathered:
    """A whole chart from one Bundle: every type that it could hold counts as seen, unless something of it is missing.

    Raises UnreadableRecord where it is no Bundle, PatientMissing, and WrongPatient (two Patients, or not `patient_id`).
    """
    resources, next_url, omissions = unpack_bundle(bundle)
    if next_url:
        omissions.append(Omission(what="further pages", reason=Reason.NOT_SUPPLIED))
    elif isinstance(bundle, dict):
        omissions += counted("Bundle entry", len(resources), bundle)
    # An entry that could not be read may have been of any type.
    is_whole = not any(omission.reason in _GAPS for omission in omissions)
    return read_history(
        resources,
        patient_id=patient_id if patient_id is not None else _only_patient(resources),
        coverage=dict.fromkeys(READERS, Coverage.WHOLE if is_whole else Coverage.PART),
        omissions=omissions,
    )


def _open_one(
    bundle: Element, into: Unpacked, found: list[Found], pages: list[str], *, is_inner: bool
) -> list[Element]:
    """Put a Bundle's resources into `found` and its next page into `pages`; return the Bundles among its entries."""
    before = len(into.omissions)
    into.found = []
    take_entries(bundle, into)
    next_url = next_of(bundle, into)
    if next_url:
        pages.append(next_url)
    elif is_inner and len(into.omissions) == before:
        into.omissions += counted("Bundle entry", len(into.found), bundle)
    inner: list[Element] = []
    for url, resource in into.found:
        if resource["resourceType"] == "Bundle":
            inner.append(resource)
        elif resource["resourceType"] == "OperationOutcome":
            if not _is_hint(resource):
                # Something of the answer is missing: https://hl7.org/fhir/R4/search.html#outcomes
                into.omissions.append(omission_of(resource, "OperationOutcome"))
        else:
            found.append((url, resource))
    return inner


def omission_of(outcome: Element, what: str) -> Omission:
    """What an OperationOutcome in the place of `what`, or of a part of it, says: refused where any issue says so."""
    issues = children(outcome, "issue")
    codes = [_code_of(issue) for issue in issues]
    code = next((code for code in codes if code in _REFUSALS), codes[0] if codes else "")
    is_refused = code in _REFUSALS or any(_EPIC_REFUSALS & set(all_codes(issue, "details")) for issue in issues)
    return Omission(what=what, reason=Reason.REFUSED if is_refused else Reason.FAILED, detail=code)


def _code_of(issue: Element) -> str:
    """An issue's code; empty for anything else that stands there: it may hold a name."""
    code = text_of(issue, "code")
    return code if _ISSUE_CODE.fullmatch(code) else ""


def _is_hint(outcome: Element) -> bool:
    """Whether an OperationOutcome is known to take nothing away (S12)."""
    issues = children(outcome, "issue")
    return bool(issues) and all(map(_is_harmless, issues))


def _is_harmless(issue: Element) -> bool:
    """A word of Epic's that is known, or a remark by severity and code both: anything else may hide a resource."""
    said, code = set(all_codes(issue, "details")), text_of(issue, "code")
    if said & _EPIC_REFUSALS or code in _REFUSALS:
        return False
    if issue.get("severity") == "information":
        return code in _REMARKS
    return issue.get("severity") == "warning" and bool(said) and said <= _EPIC_HINTS


def _targets(found: list[Found]) -> dict[str, str]:
    """What each urn names. One that names two resources names neither."""
    targets: dict[str, set[str]] = {}
    for url, resource in found:
        if url.startswith("urn:") and resource.get("id"):
            targets.setdefault(url, set()).add(f"{resource['resourceType']}/{resource['id']}")
    return {url: next(iter(names)) for url, names in targets.items() if len(names) == 1}


def _resolved(resource: Resource, targets: dict[str, str]) -> Resource:
    """A copy with every reference in `targets` rewritten. Walks with a list: hostile depth must not be recursion."""
    copy: Resource = {}
    pending: list[tuple[object, object]] = [(resource, copy)]
    while pending:
        source, target = pending.pop()
        if isinstance(source, dict) and isinstance(target, dict):
            for name, value in source.items():
                if name == "reference" and isinstance(value, str):
                    target[name] = targets.get(value, value)
                else:
                    target[name] = _shell(value, pending)
        elif isinstance(source, list) and isinstance(target, list):
            target.extend(_shell(value, pending) for value in source)
    return copy


def _shell(value: object, pending: list[tuple[object, object]]) -> object:
    """An empty copy of a container, to be filled later; anything else as it is."""
    if not isinstance(value, (dict, list)):
        return value
    shell: object = {} if isinstance(value, dict) else []
    pending.append((value, shell))
    return shell


def _only_patient(resources: list[Resource]) -> str:
    ids = {str(resource.get("id", "")) for resource in resources if resource.get("resourceType") == "Patient"}
    if len(ids) > 1:
        raise WrongPatient("The Bundle holds two Patients. Nothing of it is used.")
    if not ids:
        raise PatientMissing("The Bundle holds no Patient.")
    return ids.pop()
