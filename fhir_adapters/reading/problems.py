"""Condition -> problem."""

from __future__ import annotations

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind, Standing
from fhir_adapters.reading.absences import CONTRADICTION, absence_in, no_information
from fhir_adapters.reading.concepts import (
    all_codes,
    codes_of,
    concept,
    label_at,
    label_of,
    people_at,
    with_side,
)
from fhir_adapters.reading.draft import IN_ERROR, Draft, LeftOut, in_brackets
from fhir_adapters.reading.elements import Details, Element, add, is_set, note_of
from fhir_adapters.reading.statuses import ENTERED_IN_ERROR, REFUTED, status_at
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
# https://hl7.org/fhir/R4/valueset-condition-ver-status.html; `presumed` is of R5's allergies. True where it is settled:
# uncertain text keeps its hedge.
VERIFICATION = {
    "unconfirmed": False,
    "provisional": False,
    "differential": False,
    "presumed": False,
    "confirmed": True,
}
_CATEGORIES = {
    "problem-list-item": "problem list",
    "encounter-diagnosis": "encounter diagnosis",
    "health-concern": "health concern",
}


def read_condition(resource: Element) -> Draft | LeftOut:
    """One Condition. https://hl7.org/fhir/R4/condition.html."""
    clinical = status_at(resource, CLINICAL, "clinicalStatus", "condition-clinical")
    verification = status_at(resource, VERIFICATION, "verificationStatus", "condition-ver-status")
    if ENTERED_IN_ERROR in (clinical, verification):
        return IN_ERROR
    named = concept(resource, "code")
    codes = codes_of(named)
    details: Details = []
    onset, abatement = span_at(resource, "onset", details), span_at(resource, "abatement", details)
    recorded = date_at(resource, "recordedDate", details)
    standing = _standing(clinical, verification, has_ended=_has_ended(resource))
    absence = absence_in(resource, named, standing)
    title = absence.title if absence else no_information(codes) or label_of(named)
    title = title or "Problem without a name"
    if absence and absence.is_contradicted and standing is Standing.CURRENT:
        standing = Standing.UNKNOWN
    site = label_at(resource, "bodySite")
    add(details, Detail.NO_KNOWN, absence.proof if absence else "")
    add(details, Detail.CONTRADICTION, CONTRADICTION if absence and absence.is_contradicted else "")
    add(details, Detail.VERIFICATION, verification)
    add(details, Detail.SEVERITY, label_at(resource, "severity"))
    add(details, Detail.STAGE, label_at({"stage": _stages(resource)}, "stage"))
    add(details, Detail.BODY_SITE, site)
    add(details, Detail.CATEGORY, _category(resource))
    add(details, Detail.ONSET, str(onset.start or onset.words or ""))
    add(details, Detail.ENDED, str(abatement.start or abatement.words or ""))
    add(details, Detail.RECORDED, str(recorded or ""))
    add(details, Detail.NOTE, note_of(resource))
    add(details, Detail.AUTHOR, people_at(resource, "recorder", "asserter"))
    return Draft(
        kind=Kind.PROBLEM,
        title=title,
        standing=Standing.UNKNOWN if no_information(codes) else standing,
        status=clinical,
        when=onset.start or recorded,
        until=abatement.end or abatement.start,
        details=details,
        codes=absence.codes_of(named) if absence else codes,
        line=in_brackets(
            with_side(title, site),
            verification if verification != REFUTED and not VERIFICATION.get(verification) else "",
            CONTRADICTION if absence and absence.is_contradicted else "",
            "refuted" if standing is Standing.REFUTED else _state(clinical, abatement),
            _since(onset) or (f"recorded {recorded}" if recorded else ""),
        ),
    )


def _standing(clinical: str, verification: str, *, has_ended: bool) -> Standing:
    if REFUTED in (clinical, verification):
        return Standing.REFUTED
    if verification and verification not in VERIFICATION and CLINICAL.get(clinical) is not Standing.PAST:
        return Standing.UNKNOWN
    if clinical:
        return CLINICAL.get(clinical, Standing.UNKNOWN)
    return Standing.PAST if has_ended else Standing.UNKNOWN


def _has_ended(resource: Element) -> bool:
    """Whether any abatement[x] stands there; `abatementBoolean: false` says that it has not."""
    return any(is_set(resource, name) for name in resource if name.startswith("abatement"))


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
