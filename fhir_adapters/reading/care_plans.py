"""CarePlan -> care plan with its activities."""

from __future__ import annotations

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind, Reason, Standing
from fhir_adapters.reading.concepts import codes_of, label_at, label_of, people_at, references_at
from fhir_adapters.reading.draft import IN_ERROR, Draft, LeftOut, in_brackets
from fhir_adapters.reading.elements import Details, Element, add, child, children, is_set, note_of, text_of
from fhir_adapters.reading.statuses import ENTERED_IN_ERROR, REQUEST_STATUSES, status_at
from fhir_adapters.reading.times import date_at, dated, period_at

# https://hl7.org/fhir/R4/valueset-care-plan-intent.html: `plan` is a care plan's ordinary one.
_INTENTS = {
    "proposal": Standing.PLANNED,
    "option": Standing.PLANNED,
    "plan": Standing.CURRENT,
    "order": Standing.CURRENT,
    "directive": Standing.CURRENT,
}
# https://hl7.org/fhir/R4/valueset-care-plan-activity-status.html
_ACTIVITIES = {
    one: one for one in ("not-started", "scheduled", "in-progress", "on-hold", "completed", "cancelled", "stopped")
}
_IN_LINE = 3  # activities named in the line; all stand in the details


def read_care_plan(resource: Element) -> Draft | LeftOut:
    """One CarePlan. https://hl7.org/fhir/R4/careplan.html."""
    status, intent = status_at(resource, REQUEST_STATUSES), status_at(resource, _INTENTS, "intent")
    if status == ENTERED_IN_ERROR:
        return IN_ERROR
    standing = REQUEST_STATUSES.get(status, Standing.UNKNOWN)
    if intent and standing is Standing.CURRENT:
        standing = _INTENTS.get(intent, Standing.UNKNOWN)
    details: Details = []
    period = period_at(resource, "period", details)
    created = date_at(resource, "created", details)
    kinds = [
        name for item in children(resource, "category") if (name := label_of(item)) and not name.startswith("code ")
    ]
    title = text_of(resource, "title") or "; ".join(kinds) or text_of(resource, "description") or "Care plan"
    done = [item for item in children(resource, "activity") if _status(item) != ENTERED_IN_ERROR]
    wrong = len(children(resource, "activity")) - len(done)
    activities = [said for item in done if (said := _activity(item))]
    add(details, Detail.ACTIVITIES, "; ".join(activities))
    add(
        details,
        Detail.ADDRESSES,
        "; ".join(text_of(item, "display") for item in children(resource, "addresses")).strip("; "),
    )
    add(details, Detail.ADDRESSES_REFERENCES, references_at(resource, "addresses"))
    add(details, Detail.GOALS, "; ".join(text_of(item, "display") for item in children(resource, "goal")).strip("; "))
    add(details, Detail.INTENT, intent)
    add(details, Detail.CATEGORY, "; ".join(kinds) if "; ".join(kinds) != title else "")
    add(details, Detail.DESCRIPTION, _other_than(title, text_of(resource, "description")))
    add(details, Detail.NOTE, note_of(resource))
    add(details, Detail.AUTHOR, people_at(resource, "author"))
    head = title if "plan" in title.lower() else f"Care plan: {title}"
    more = len(activities) - _IN_LINE
    named = "; ".join(activities[:_IN_LINE]) + (f"; {more} more" if more > 0 else "")
    return Draft(
        kind=Kind.CARE_PLAN,
        title=title,
        standing=standing,
        status=status,
        when=period.start or created,
        until=period.end,
        details=details,
        not_read=((Reason.ENTERED_IN_ERROR, "activity"),) * wrong,
        codes=tuple(code for item in children(resource, "category") for code in codes_of(item)),
        line=dated(in_brackets(head, status or "status not recorded"), period.start or created, period.end)
        + (f": {named}" if named else ""),
    )


def _activity(item: Element) -> str:
    """`Kidney function every six months (in-progress)`."""
    detail = child(item, "detail")
    what = text_of(detail, "description") or label_at(detail, "code") or text_of(child(item, "reference"), "display")
    if what and is_set(detail, "doNotPerform", "prohibited"):  # the latter of STU3
        what = f"Do not: {what}"
    return in_brackets(what, _status(item)) if what else ""


def _status(item: Element) -> str:
    return status_at(child(item, "detail"), _ACTIVITIES)


def _other_than(title: str, text: str) -> str:
    return text if text != title else ""
