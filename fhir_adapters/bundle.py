"""Bundles -> plain resources, with their urn:uuid references resolved, and a whole chart from one Bundle."""

from __future__ import annotations

import re

from fhir_adapters.errors import PatientMissing, UnreadableRecord, WrongPatient
from fhir_adapters.history import Coverage, Gathered, Omission, Reason
from fhir_adapters.reading import read_history
from fhir_adapters.reading.elements import Element, child, children, text_of
from fhir_adapters.reading.readers import READERS

_DEEPEST = 4  # Bundles within Bundles: a batch's answer holds searchsets, nothing holds more
_ISSUE_CODE = re.compile(r"[a-z-]{1,32}")
_TAIL = re.compile(r"(?:urn:uuid:|/)([A-Za-z0-9._-]{1,128})$", re.ASCII)

Resource = dict[str, object]


def unpack_bundle(bundle: object) -> tuple[list[Resource], str | None, list[Omission]]:
    """The resources of a Bundle of any type, the address of its next page, and what of it could not be used.

    Bundles within it are unpacked too. References that name an entry by its `urn:uuid:` become `Type/id`; an entry
    without an id takes it from its fullUrl (https://hl7.org/fhir/R4/bundle.html#references). The input is not changed.
    """
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return [], None, [Omission(what="Bundle", reason=Reason.UNREADABLE, detail="not a Bundle")]
    found: list[tuple[str, Resource]] = []  # with their fullUrl
    omissions: list[Omission] = []
    level: list[Element] = [bundle]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _unpack_one(outer, found, omissions)]
    if level:
        omissions.append(
            Omission(what="Bundle", reason=Reason.UNREADABLE, detail="nested too deeply", count=len(level))
        )
    targets = {
        url: f"{resource.get('resourceType')}/{resource.get('id')}"
        for url, resource in found
        if url.startswith("urn:") and resource.get("id")
    }
    resources = [_resolved(resource, targets) if targets else resource for _, resource in found]
    return resources, _next(bundle), omissions


def history_from_bundle(bundle: object, *, patient_id: str | None = None) -> Gathered:
    """A whole chart from one Bundle: every type that it could hold counts as seen, unless it has a next page.

    Raises UnreadableRecord where it is no Bundle, PatientMissing, and WrongPatient (two Patients, or not `patient_id`).
    """
    resources, next_url, omissions = unpack_bundle(bundle)
    if any(omission.detail == "not a Bundle" and omission.what == "Bundle" for omission in omissions) and not resources:
        raise UnreadableRecord("What was given is not a FHIR Bundle.", outcome="not a Bundle")
    if next_url:
        omissions.append(Omission(what="further pages", reason=Reason.NOT_SUPPLIED))
    seen = Coverage.PART if next_url else Coverage.WHOLE
    return read_history(
        resources,
        patient_id=patient_id if patient_id is not None else _only_patient(resources),
        coverage=dict.fromkeys(READERS, seen),
        omissions=omissions,
    )


def _unpack_one(bundle: Element, found: list[tuple[str, Resource]], omissions: list[Omission]) -> list[Element]:
    """Put a Bundle's resources into `found`; return the Bundles among them."""
    inner: list[Element] = []
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else []:
        resource = entry.get("resource") if isinstance(entry, dict) else entry
        if resource is None:
            continue  # an answer or a deletion: nothing to read
        if not isinstance(resource, dict):
            omissions.append(Omission(what="Bundle entry", reason=Reason.UNREADABLE, detail="no resource"))
        elif resource.get("resourceType") == "Bundle":
            inner.append(resource)
        elif resource.get("resourceType") == "OperationOutcome":
            if not _is_hint(resource):
                # Something of the answer is missing: https://hl7.org/fhir/R4/search.html#outcomes
                code = text_of(child(resource, "issue"), "code")
                detail = code if _ISSUE_CODE.fullmatch(code) else ""  # anything else may hold a name
                omissions.append(Omission(what="OperationOutcome", reason=Reason.FAILED, detail=detail))
        else:
            found.append(_with_id(text_of(entry, "fullUrl"), resource))
    return inner


def _is_hint(outcome: Element) -> bool:
    """Whether an OperationOutcome takes nothing away: Epic says "nothing found" so, others "searched slowly" (S12)."""
    issues = children(outcome, "issue")
    return bool(issues) and all(issue.get("severity") in {"warning", "information"} for issue in issues)


def _with_id(url: str, resource: Resource) -> tuple[str, Resource]:
    if "id" in resource:
        return url, resource
    tail = _TAIL.search(url)
    return url, {**resource, "id": tail[1]} if tail else resource


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


def _next(bundle: Element) -> str | None:
    for link in children(bundle, "link"):
        url = link.get("url")
        if link.get("relation") == "next" and isinstance(url, str) and url:
            return url
    return None


def _only_patient(resources: list[Resource]) -> str:
    ids = {str(resource.get("id", "")) for resource in resources if resource.get("resourceType") == "Patient"}
    if len(ids) > 1:
        raise WrongPatient("The Bundle holds two Patients. Nothing of it is used.")
    if not ids:
        raise PatientMissing("The Bundle holds no Patient.")
    return ids.pop()
