"""AllergyIntolerance -> allergy, an explicit "no known allergies" included; an empty list is never one (C6)."""

from __future__ import annotations

from fhir_adapters.history import Kind, Standing
from fhir_adapters.reading.absences import no_information, none_known, none_known_in_words
from fhir_adapters.reading.concepts import code_of, codes_of, concept, label_at, label_of, people_at
from fhir_adapters.reading.draft import IN_ERROR, Draft, LeftOut
from fhir_adapters.reading.elements import Details, Element, add, children, note_of, text_of, texts_of
from fhir_adapters.reading.problems import HEDGES, REFUTED
from fhir_adapters.reading.times import date_at, span_at

# https://hl7.org/fhir/R4/valueset-allergyintolerance-clinical.html
CLINICAL = {"active": Standing.CURRENT, "inactive": Standing.PAST, "resolved": Standing.PAST}
_PREFIXES = ("allergy to ", "allergic to ", "intolerance to ")
_SUFFIX = " allergy"
_CRITICALITY = {"low": "low criticality", "high": "high criticality", "unable-to-assess": "criticality not assessable"}


def read_allergy(resource: Element) -> Draft | LeftOut:
    """One AllergyIntolerance. https://hl7.org/fhir/R4/allergyintolerance.html."""
    clinical = code_of(concept(resource, "clinicalStatus"))
    verification = code_of(concept(resource, "verificationStatus"))
    if "entered-in-error" in (clinical, verification):
        return IN_ERROR
    named = concept(resource, "code")
    codes = codes_of(named)
    label = label_of(named)
    none, in_words, unasked = none_known(codes), none_known_in_words(label), no_information(codes)
    details: Details = []
    recorded = date_at(resource, "recordedDate", details)
    onset = span_at(resource, "onset", details)
    last = date_at(resource, "lastOccurrence", details)
    reactions = _reactions(resource)
    substance = _substance(label) or _reaction_substance(resource)
    add(details, "No known", "yes" if none else "as text" if in_words else "")
    add(details, "Substance", "" if none or in_words or unasked else substance)
    add(details, "Criticality", text_of(resource, "criticality"))
    add(details, "Reactions", reactions)
    add(details, "Type", text_of(resource, "type"))
    add(details, "Category", "; ".join(texts_of(resource, "category")))
    add(details, "Verification", verification)
    add(details, "Onset", str(onset.start or onset.words or ""))
    add(details, "Last occurrence", str(last or ""))
    add(details, "Recorded", str(recorded or ""))
    add(details, "Note", note_of(resource))
    add(details, "Author", people_at(resource, "recorder", "asserter"))
    absence = none or in_words or unasked
    title = absence or substance or "Allergy without a name"
    when = recorded or onset.start or last
    said = _absence_marks(clinical) if absence else _marks(resource, clinical)
    return Draft(
        kind=Kind.ALLERGY,
        title=title,
        standing=Standing.UNKNOWN if unasked else _standing(clinical, verification, is_absence=bool(absence)),
        status=clinical,
        when=when,
        details=details,
        codes=codes,
        line=", ".join(
            part
            for part in (
                title if absence else _head(resource, title, reactions),
                verification if verification in HEDGES or verification in REFUTED else "",
                *said,
                f"recorded {recorded}" if recorded else str(when or ""),
            )
            if part
        ),
    )


def _standing(clinical: str, verification: str, *, is_absence: bool) -> Standing:
    if verification in REFUTED:
        return Standing.REFUTED
    if is_absence and clinical in {"", "resolved"}:
        # "None known" has no clinical course of its own; some systems call it resolved because there is no allergy.
        return Standing.CURRENT
    return CLINICAL.get(clinical, Standing.UNKNOWN)


def _marks(resource: Element, clinical: str) -> tuple[str, ...]:
    return _CRITICALITY.get(text_of(resource, "criticality"), ""), clinical or "status not recorded"


def _absence_marks(clinical: str) -> tuple[str, ...]:
    return (f"status {clinical}" if clinical not in {"", "active"} else "",)


def _substance(label: str) -> str:
    """`penicillin` of "Allergy to penicillin" and of "Penicillin allergy"."""
    words = label.lower()
    for prefix in _PREFIXES:
        if words.startswith(prefix):
            return label[len(prefix) :]
    return label[: -len(_SUFFIX)] if words.endswith(_SUFFIX) else label


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
    word = "Intolerance" if text_of(resource, "type") == "intolerance" else "Allergy"
    return f"{word}: {title} — {reactions}" if reactions else f"{word}: {title}"
