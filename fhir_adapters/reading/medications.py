"""MedicationRequest and MedicationStatement -> medication: what is ordered, what is taken, what must not be given."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fhir_adapters.dates import PartialDate
from fhir_adapters.details import Detail
from fhir_adapters.history import Code, Kind, Standing
from fhir_adapters.reading.absences import CONTRADICTION, absence_in, no_information
from fhir_adapters.reading.concepts import (
    codes_of,
    concept,
    label_at,
    label_of,
    people_at,
    reasons_at,
    references_at,
    relative,
)
from fhir_adapters.reading.doses import dose_text
from fhir_adapters.reading.draft import IN_ERROR, Draft, LeftOut, in_brackets
from fhir_adapters.reading.elements import Details, Element, add, child, children, flag_at, is_set, note_of, text_of
from fhir_adapters.reading.plain_text import one_line
from fhir_adapters.reading.statuses import ENTERED_IN_ERROR, status_at
from fhir_adapters.reading.times import Span, date_at, period_at, span_at

# https://hl7.org/fhir/R4/valueset-medicationrequest-status.html
REQUEST = {
    "active": Standing.CURRENT,
    "on-hold": Standing.ON_HOLD,
    "cancelled": Standing.PAST,
    "completed": Standing.PAST,
    "stopped": Standing.PAST,
    "draft": Standing.PLANNED,
}
# https://hl7.org/fhir/R4/valueset-medication-statement-status.html
STATEMENT = {
    "active": Standing.CURRENT,
    "on-hold": Standing.ON_HOLD,
    "completed": Standing.PAST,
    "stopped": Standing.PAST,
    "not-taken": Standing.PAST,
    "intended": Standing.PLANNED,
}
_NO_NAME = "Medicine without a name"
_REASON_LIMIT = 80  # characters in the line; all of it stands in the details
# https://hl7.org/fhir/R4/valueset-medicationrequest-intent.html
_INTENTS: dict[str, Standing | None] = {
    **dict.fromkeys(("proposal", "plan", "option"), Standing.PLANNED),  # nothing is in force yet
    **dict.fromkeys(("order", "original-order", "reflex-order", "filler-order", "instance-order", "directive"), None),
}
_LIFTED = frozenset({"cancelled", "stopped"})  # what was ordered, or forbidden, is so no longer
# https://hl7.org/fhir/STU3/valueset-medication-statement-taken.html: an active statement may be denied there.
_TAKEN = {"y": True, "n": False}


def read_medication_request(resource: Element) -> Draft | LeftOut:
    """One MedicationRequest. https://hl7.org/fhir/R4/medicationrequest.html.

    Standing follows the status alone: no as-of time is known here, so dates that have passed stay in the details.
    """
    status, intent = status_at(resource, REQUEST), status_at(resource, _INTENTS, "intent")
    if status == ENTERED_IN_ERROR:
        return IN_ERROR
    standing = REQUEST.get(status, Standing.UNKNOWN)
    reported = _reported(resource)
    if intent and standing in {Standing.CURRENT, Standing.ON_HOLD} and not (reported and intent == "plan"):
        standing = _INTENTS.get(intent, Standing.UNKNOWN) or standing
    is_denial = is_set(resource, "doNotPerform")
    is_lifted = is_denial and status in _LIFTED
    forbidden = is_denial and not is_lifted
    details: Details = []
    dose = _dose(resource, "dosageInstruction", details)
    authored = date_at(resource, "authoredOn", details)
    ended = _last_day(resource, status, details)
    add(details, Detail.DO_NOT_GIVE, "lifted" if is_lifted else "")
    add(details, Detail.REPORTED, reported)
    add(details, Detail.INTENT, "" if intent == "order" else intent)
    add(details, Detail.AUTHORED, str(authored or ""))
    add(details, Detail.ENDED, str(ended or ""))
    add(details, Detail.SETTING, label_at(resource, "category"))
    add(details, Detail.COURSE, label_at(resource, "courseOfTherapyType"))
    _why(resource, details)
    add(details, Detail.AUTHOR, people_at(resource, "requester"))
    medicine = _medicine(resource, standing, details, has_dose=bool(dose))
    title, standing = medicine.title, medicine.standing
    head = f"{title}: {dose}" if dose else title
    if is_denial:
        head = f"Do not give (no longer in force): {title}" if is_lifted else f"Do not give: {title}"
    return _draft(
        status,
        replace(medicine, standing=Standing.REFUTED) if forbidden else medicine,
        span=Span(authored, ended),
        details=details,
        line=in_brackets(
            head,
            status or "status not recorded",
            intent if standing in {Standing.PLANNED, Standing.UNKNOWN} and _INTENTS.get(intent, standing) else "",
            reported,
            f"ordered {authored}" if authored else "",
            f"until {ended}" if ended else "",
            _why_not(resource, standing),
        ),
    )


def read_medication_statement(resource: Element) -> Draft | LeftOut:
    """One MedicationStatement. https://hl7.org/fhir/R4/medicationstatement.html."""
    status = _statement_status(resource)
    if status == ENTERED_IN_ERROR:
        return IN_ERROR
    details: Details = []
    dose = _dose(resource, "dosage", details)
    effective = span_at(resource, "effective", details)
    asserted = date_at(resource, "dateAsserted", details)
    add(details, Detail.SINCE, str(effective.start or ""))
    add(details, Detail.ENDED, str(effective.end or ""))
    add(details, Detail.STATED, str(asserted or ""))
    add(details, Detail.SETTING, label_at(resource, "category"))
    _why(resource, details)
    medicine = _medicine(resource, STATEMENT.get(status, Standing.UNKNOWN), details, has_dose=bool(dose))
    title, standing = medicine.title, medicine.standing
    return _draft(
        status,
        medicine,
        span=Span(effective.start or asserted, effective.end),
        details=details,
        line=in_brackets(
            f"{title}: {dose}" if dose else title,
            {"": "status not recorded", "not-taken": "not taken"}.get(status, status),
            f"since {effective.start}" if effective.start else f"stated {asserted}" if asserted else "",
            f"until {effective.end}" if effective.end else "",
            _why_not(resource, standing),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Medicine:
    """What is given, and whether it is in use as far as its name allows to say."""

    title: str
    standing: Standing
    codes: tuple[Code, ...]
    mark: str = ""


def _draft(status: str, medicine: _Medicine, *, span: Span, details: Details, line: str) -> Draft:
    return Draft(
        kind=Kind.MEDICATION,
        title=medicine.title,
        standing=medicine.standing,
        status=status,
        when=span.start,
        until=span.end,
        details=details,
        codes=medicine.codes,
        line=in_brackets(line, medicine.mark),
    )


def _statement_status(resource: Element) -> str:
    """The status, with what older releases say beside it: that the medicine was not taken, or that nobody knows."""
    status = status_at(resource, STATEMENT)
    taken = status_at(resource, _TAKEN, "taken")
    if status == ENTERED_IN_ERROR or not (taken or is_set(resource, "wasNotTaken")):
        return status
    if taken == "n" or flag_at(resource, "wasNotTaken"):
        return "not-taken"
    return status if taken == "y" else f"{status or 'status not recorded'}, whether taken: {taken or 'not understood'}"


def _medicine(resource: Element, standing: Standing, details: Details, *, has_dose: bool) -> _Medicine:
    """The medicine by its name, or the statement that none is taken, or that nobody asked."""
    named = concept(resource, "medicationCodeableConcept")
    codes = codes_of(named)
    unasked = no_information(codes)
    standing = Standing.UNKNOWN if unasked else standing
    absence = absence_in(resource, named, standing, signs=has_dose)
    if absence is None:
        display = text_of(child(resource, "medicationReference"), "display")
        return _Medicine(unasked or label_of(named) or display or _NO_NAME, standing, codes)
    add(details, Detail.NO_KNOWN, absence.proof)
    if not absence.is_contradicted:
        return _Medicine(absence.title, standing, absence.codes_of(named))
    add(details, Detail.CONTRADICTION, CONTRADICTION)
    standing = Standing.UNKNOWN if standing is Standing.CURRENT else standing
    return _Medicine(absence.title or _NO_NAME, standing, absence.codes_of(named), CONTRADICTION)


def _dose(resource: Element, name: str, details: Details) -> str:
    """The dose phrase, put among the details with what else the dosages say."""
    dosages = children(resource, name)
    dose, written = dose_text(dosages)
    add(details, Detail.DOSE, dose)
    add(details, Detail.DOSE_AS_WRITTEN, written)
    needed = any(flag_at(item, "asNeededBoolean") or "asNeededCodeableConcept" in item for item in dosages)
    add(details, Detail.AS_NEEDED, "yes" if needed else "")
    instructions = [text_of(item, "patientInstruction") or label_at(item, "additionalInstruction") for item in dosages]
    add(details, Detail.INSTRUCTIONS, "; ".join(dict.fromkeys(text for text in instructions if text)))
    return dose


def _reported(resource: Element) -> str:
    """Whether it is no order of its own but what somebody says is taken; US Core writes that with the intent `plan`.

    https://hl7.org/fhir/us/core/StructureDefinition-us-core-medicationrequest.html,
    https://hl7.org/fhir/R4/medicationrequest-definitions.html#MedicationRequest.reported_x_
    """
    if flag_at(resource, "reportedBoolean"):
        return "patient-reported"
    by = child(resource, "reportedReference")
    if not by:
        return ""
    kind = text_of(by, "type") or relative(text_of(by, "reference")).rpartition("/")[0].rpartition("/")[2]
    return "patient-reported" if kind in {"Patient", ""} else "reported"


def _last_day(resource: Element, status: str, details: Details) -> PartialDate | None:
    """The end that the order itself gives: of its dosage, else of the time in which it may be dispensed.

    An order that was stopped ended when that was done, which R4 has no element for, and not when dispensing would end.
    """
    for dosage in children(resource, "dosageInstruction"):
        bounds = period_at(child(child(dosage, "timing"), "repeat"), "boundsPeriod", details)
        if bounds.end:
            return bounds.end
    dispensed = period_at(child(resource, "dispenseRequest"), "validityPeriod", details).end
    return None if status in _LIFTED else dispensed


def _why_not(resource: Element, standing: Standing) -> str:
    """Why a medicine is not in use: the words that a reader of the list looks for next."""
    return "" if standing is Standing.CURRENT else one_line(label_at(resource, "statusReason"), _REASON_LIMIT)


def _why(resource: Element, details: Details) -> None:
    add(details, Detail.REASON, reasons_at(resource))
    add(details, Detail.REASON_REFERENCES, references_at(resource, "reasonReference"))
    add(details, Detail.STATUS_REASON, label_at(resource, "statusReason"))
    add(details, Detail.NOTE, note_of(resource))
