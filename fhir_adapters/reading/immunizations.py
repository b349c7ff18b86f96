"""Immunization -> immunization: given, or not given and why."""

from __future__ import annotations

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind, Standing
from fhir_adapters.reading.concepts import codes_of, concept, label_at, label_of, people_at
from fhir_adapters.reading.draft import IN_ERROR, Draft, LeftOut, in_brackets
from fhir_adapters.reading.elements import Details, Element, add, child, is_set, note_of, text_of
from fhir_adapters.reading.quantities import number_of, quantity_text, shown
from fhir_adapters.reading.statuses import ENTERED_IN_ERROR, status_at
from fhir_adapters.reading.times import date_at, dated, span_at

# https://hl7.org/fhir/R4/valueset-immunization-status.html
STATUSES = {"completed": Standing.PAST, "not-done": Standing.REFUTED}
# Of STU3 and DSTU2; the first belongs to orders: https://hl7.org/fhir/STU3/immunization.html
_DENIALS = ("doNotPerform", "notGiven", "wasNotGiven")


def read_immunization(resource: Element) -> Draft | LeftOut:
    """One Immunization. https://hl7.org/fhir/R4/immunization.html."""
    status = status_at(resource, STATUSES)
    if status == ENTERED_IN_ERROR:
        return IN_ERROR
    if is_set(resource, *_DENIALS):
        status = "not-done"
    named = concept(resource, "vaccineCode")
    title = label_of(named) or "Vaccine without a name"
    subpotent = is_set(resource, "isSubpotent")
    if subpotent:
        title += ", subpotent dose"  # it may protect nobody: https://hl7.org/fhir/R4/immunization-definitions.html
    details: Details = []
    occurrence = span_at(resource, "occurrence", details)
    recorded = date_at(resource, "recorded", details)
    why_not = label_at(resource, "statusReason")
    protocol = child(resource, "protocolApplied")
    number = number_of(protocol.get("doseNumberPositiveInt"))
    add(details, Detail.DOSE_NUMBER, shown(number) if number is not None else text_of(protocol, "doseNumberString"))
    add(details, Detail.TARGET_DISEASE, label_at(protocol, "targetDisease"))
    add(details, Detail.SUBPOTENT, "yes" if subpotent else "")
    add(details, Detail.DOSE, quantity_text(child(resource, "doseQuantity")))
    add(details, Detail.SITE, label_at(resource, "site"))
    add(details, Detail.ROUTE, label_at(resource, "route"))
    add(details, Detail.GIVEN, occurrence.words)
    add(details, Detail.RECORDED, str(recorded or ""))
    add(details, Detail.STATUS_REASON, why_not)
    add(details, Detail.NOTE, note_of(resource))
    add(details, Detail.AUTHOR, people_at(resource, "performer"))
    when = occurrence.start or recorded
    head = "Immunization not given" if status == "not-done" else "Immunization"
    return Draft(
        kind=Kind.IMMUNIZATION,
        title=title,
        standing=STATUSES.get(status, Standing.UNKNOWN),
        status=status,
        when=when,
        details=details,
        codes=codes_of(named),
        line=dated(
            in_brackets(
                f"{head}: {title}",
                "" if status in STATUSES else status or "status not recorded",
                why_not,
                occurrence.words,
            ),
            when,
        ),
    )
