"""Condition -> problem."""

from __future__ import annotations

from fhir_adapters.history import Kind, Standing
from fhir_adapters.reading.absences import no_information, none_known
from fhir_adapters.reading.concepts import (
    all_codes,
    code_of,
    codes_of,
    concept,
    label_at,
    label_of,
    people_at,
    with_side,
)
from fhir_adapters.reading.draft import IN_ERROR, Draft, LeftOut, in_brackets
from fhir_adapters.reading.elements import Details, Element, add, note_of
from fhir_adapters.reading.times import Span, date_at, span_at

# https://hl7.org/fhir/R4/valueset-condition-clinical.html
CLINICAL = {
    "active": Standing.CURRENT,
    "recurrence": Standing.CURRENT,
    "relapse": Standing.CURRENT,
    "inactive": Standing.PAST,
    "remission": Standing.PAST,
    "resolved": Standing.PAST,
}
REFUTED = frozenset({"refuted", "ruled-out", "ruled out"})
HEDGES = frozenset({"unconfirmed", "provisional", "differential"})  # uncertain text keeps its hedge
_CATEGORIES = {
    "problem-list-item": "problem list",
    "encounter-diagnosis": "encounter diagnosis",
    "health-concern": "health concern",
}


def read_condition(resource: Element) -> Draft | LeftOut:
    """One Condition. https://hl7.org/fhir/R4/condition.html."""
    clinical = code_of(concept(resource, "clinicalStatus"))
    verification = code_of(concept(resource, "verificationStatus"))
    if "entered-in-error" in (clinical, verification):
        return IN_ERROR
    named = concept(resource, "code")
    codes = codes_of(named)
    details: Details = []
    onset, abatement = span_at(resource, "onset", details), span_at(resource, "abatement", details)
    recorded = date_at(resource, "recordedDate", details)
    title = none_known(codes) or no_information(codes) or label_of(named) or "Problem without a name"
    standing = _standing(clinical, verification, has_ended=_has_ended(resource))
    site = label_at(resource, "bodySite")
    add(details, "No known", "yes" if none_known(codes) else "")
    add(details, "Verification", verification)
    add(details, "Severity", label_at(resource, "severity"))
    add(details, "Stage", label_at({"stage": _stages(resource)}, "stage"))
    add(details, "Body site", site)
    add(details, "Category", _category(resource))
    add(details, "Onset", str(onset.start or onset.words or ""))
    add(details, "Ended", str(abatement.start or abatement.words or ""))
    add(details, "Recorded", str(recorded or ""))
    add(details, "Note", note_of(resource))
    add(details, "Author", people_at(resource, "recorder", "asserter"))
    return Draft(
        kind=Kind.PROBLEM,
        title=title,
        standing=Standing.UNKNOWN if no_information(codes) else standing,
        status=clinical,
        when=onset.start or recorded,
        until=abatement.end or abatement.start,
        details=details,
        codes=codes,
        line=in_brackets(
            with_side(title, site),
            verification if verification in HEDGES else "",
            "refuted" if standing is Standing.REFUTED else _state(clinical, abatement),
            _since(onset) or (f"recorded {recorded}" if recorded else ""),
        ),
    )


def _standing(clinical: str, verification: str, *, has_ended: bool) -> Standing:
    if verification in REFUTED:
        return Standing.REFUTED
    if clinical:
        return CLINICAL.get(clinical, Standing.UNKNOWN)
    return Standing.PAST if has_ended else Standing.UNKNOWN


def _has_ended(resource: Element) -> bool:
    """Whether any abatement[x] stands there; `abatementBoolean: false` says that it has not."""
    return any(resource[name] not in (None, False) for name in resource if name.startswith("abatement"))


def _state(clinical: str, abatement: Span) -> str:
    ended = str(abatement.start or abatement.words or "")
    if not clinical and not ended:
        return "status not recorded"
    return " ".join(word for word in (clinical or "ended", ended) if word)


def _since(onset: Span) -> str:
    if onset.start is None:
        return f"onset {onset.words}" if onset.words else ""
    return f"since {onset.start}"


def _category(resource: Element) -> str:
    known = [_CATEGORIES[code] for code in all_codes(resource, "category") if code in _CATEGORIES]
    return "; ".join(known) or label_at(resource, "category")


def _stages(resource: Element) -> list[object]:
    stages = resource.get("stage")
    stages = stages if isinstance(stages, list) else [stages]
    return [stage.get("summary") for stage in stages if isinstance(stage, dict) and stage.get("summary")]
