"""AllergyIntolerance -> allergy, an explicit "no known allergies" included; an empty list is never one (C6)."""

from __future__ import annotations

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind, Standing
from fhir_adapters.reading.absences import CONTRADICTION, absence_in, no_information, not_documented
from fhir_adapters.reading.concepts import codes_of, concept, label_at, label_of, people_at
from fhir_adapters.reading.draft import IN_ERROR, Draft, LeftOut
from fhir_adapters.reading.elements import Details, Element, add, children, note_of, text_of, texts_of
from fhir_adapters.reading.problems import VERIFICATION
from fhir_adapters.reading.statuses import ENTERED_IN_ERROR, REFUTED, status_at
from fhir_adapters.reading.times import date_at, span_at

# https://hl7.org/fhir/R4/valueset-allergyintolerance-clinical.html
CLINICAL = {"active": Standing.CURRENT, "inactive": Standing.PAST, "resolved": Standing.PAST}
_WORDS = {"allergy": "Allergy", "intolerance": "Intolerance"}
_PREFIXES = ("allergy to ", "allergic to ", "intolerance to ")
_SUFFIX = " allergy"
_UNNAMED = {False: "Allergy without a name", True: "substance not named"}
_CRITICALITY = {"low": "low criticality", "high": "high criticality", "unable-to-assess": "criticality not assessable"}


def read_allergy(resource: Element) -> Draft | LeftOut:
    """One AllergyIntolerance. https://hl7.org/fhir/R4/allergyintolerance.html."""
    clinical = status_at(resource, CLINICAL, "clinicalStatus", "allergyintolerance-clinical")
    verification = status_at(resource, VERIFICATION, "verificationStatus", "allergyintolerance-verification")
    if ENTERED_IN_ERROR in (clinical, verification):
        return IN_ERROR
    named = concept(resource, "code")
    codes = codes_of(named)
    label = label_of(named)
    unasked = no_information(codes)
    empty = not_documented(label) if not (unasked or any(code.code for code in codes)) else ""
    details: Details = []
    recorded = date_at(resource, "recordedDate", details)
    onset = span_at(resource, "onset", details)
    last = date_at(resource, "lastOccurrence", details)
    reactions = _reactions(resource)
    criticality = status_at(resource, _CRITICALITY, "criticality")
    signs = bool(_has_reaction(resource) or last or criticality == "high")
    if empty and not (signs or criticality == "low"):
        unasked = empty
        details.append((Detail.NOT_DOCUMENTED, label))  # words for an empty field
    as_absence = Standing.UNKNOWN if unasked else _standing(clinical, verification, is_absence=True)
    absence = absence_in(resource, named, as_absence, in_words=True, signs=signs)
    contradicted = absence is not None and absence.is_contradicted
    label = absence.title if absence and contradicted else label
    substance = _substance(label) or _reaction_substance(resource)
    is_absence = bool(absence and not contradicted)
    add(details, Detail.NO_KNOWN, absence.proof if absence else "")
    add(details, Detail.CONTRADICTION, CONTRADICTION if contradicted else "")
    add(details, Detail.SUBSTANCE, "" if is_absence or unasked else substance)
    add(details, Detail.CRITICALITY, criticality)
    add(details, Detail.REACTIONS, reactions)
    add(details, Detail.TYPE, status_at(resource, _WORDS, "type"))
    add(details, Detail.CATEGORY, "; ".join(texts_of(resource, "category")))
    add(details, Detail.VERIFICATION, verification)
    add(details, Detail.ONSET, str(onset.start or onset.words or ""))
    add(details, Detail.LAST_OCCURRENCE, str(last or ""))
    add(details, Detail.RECORDED, str(recorded or ""))
    add(details, Detail.NOTE, note_of(resource))
    add(details, Detail.AUTHOR, people_at(resource, "recorder", "asserter"))
    title = (absence.title if absence and not contradicted else unasked) or substance or _UNNAMED[contradicted]
    when = recorded or onset.start or last
    standing = as_absence if is_absence or unasked else _standing(clinical, verification, is_absence=False)
    if contradicted and standing is Standing.CURRENT:
        standing = Standing.UNKNOWN
    said = _absence_marks(clinical) if is_absence or unasked else _marks(criticality, clinical)
    return Draft(
        kind=Kind.ALLERGY,
        title=title,
        standing=standing,
        status=clinical,
        when=when,
        details=details,
        codes=absence.codes_of(named) if absence else codes,
        line=", ".join(
            part
            for part in (
                title if is_absence or unasked else _head(resource, title, reactions),
                CONTRADICTION if contradicted else "",
                "" if VERIFICATION.get(verification) else verification,
                *said,
                f"recorded {recorded}" if recorded else str(when or ""),
            )
            if part
        ),
    )


def _standing(clinical: str, verification: str, *, is_absence: bool) -> Standing:
    if REFUTED in (clinical, verification):
        return Standing.REFUTED
    if verification and verification not in VERIFICATION and CLINICAL.get(clinical) is not Standing.PAST:
        return Standing.UNKNOWN
    if is_absence and clinical in {"", "resolved"}:
        # "None known" has no clinical course of its own; some systems call it resolved because there is no allergy.
        return Standing.CURRENT
    return CLINICAL.get(clinical, Standing.UNKNOWN)


def _marks(criticality: str, clinical: str) -> tuple[str, ...]:
    return _CRITICALITY.get(criticality, criticality), clinical or "status not recorded"


def _absence_marks(clinical: str) -> tuple[str, ...]:
    return (f"status {clinical}" if clinical not in {"", "active"} else "",)


def _substance(label: str) -> str:
    """`penicillin` of "Allergy to penicillin" and of "Penicillin allergy"."""
    words = label.lower()
    for prefix in _PREFIXES:
        if words.startswith(prefix):
            return label[len(prefix) :]
    return label[: -len(_SUFFIX)] if words.endswith(_SUFFIX) else label


def _has_reaction(resource: Element) -> bool:
    return any(any(reaction.values()) for reaction in children(resource, "reaction"))


def _reaction_substance(resource: Element) -> str:
    return next((name for item in children(resource, "reaction") if (name := label_at(item, "substance"))), "")


def _reactions(resource: Element) -> str:
    """`anaphylaxis (severe); hives`."""
    said = []
    for reaction in children(resource, "reaction"):
        what = label_at(reaction, "manifestation") or text_of(reaction, "description")
        severity = text_of(reaction, "severity")
        if what or severity:
            said.append(f"{what or 'reaction'} ({severity})" if severity else what)
    return "; ".join(dict.fromkeys(said))


def _head(resource: Element, title: str, reactions: str) -> str:
    word = _WORDS.get(status_at(resource, _WORDS, "type"), "Allergy")
    return f"{word}: {title} — {reactions}" if reactions else f"{word}: {title}"
