"""DocumentReference -> note: the text of what it points to where it is text, else the reason why not."""

from __future__ import annotations

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind, Standing
from fhir_adapters.reading.attachments import read_attachment
from fhir_adapters.reading.concepts import codes_of, concept, label_at, label_of, people_at, references_at
from fhir_adapters.reading.draft import IN_ERROR, Draft, LeftOut, in_brackets
from fhir_adapters.reading.elements import Details, Element, add, child, children, text_of
from fhir_adapters.reading.impressions import impression_of
from fhir_adapters.reading.statuses import ENTERED_IN_ERROR, status_at
from fhir_adapters.reading.times import date_at, dated, period_at

# https://hl7.org/fhir/R4/valueset-document-reference-status.html
STATUSES = {"current": Standing.CURRENT, "superseded": Standing.PAST}
# https://hl7.org/fhir/R4/valueset-composition-status.html, and R5's: https://hl7.org/fhir/R5/valueset-composition-status.html
_TEXT_STATUSES = {
    **dict.fromkeys(("final", "amended", "corrected", "appended"), "settled"),
    **dict.fromkeys(("registered", "partial", "preliminary"), "not settled"),
}


def read_document(resource: Element) -> Draft | LeftOut:
    """One DocumentReference. https://hl7.org/fhir/R4/documentreference.html."""
    status, document_status = status_at(resource, STATUSES), status_at(resource, _TEXT_STATUSES, "docStatus")
    if ENTERED_IN_ERROR in (status, document_status):
        return IN_ERROR
    named = concept(resource, "type")
    files = [child(content, "attachment") for content in children(resource, "content")]
    title = (
        label_of(named)
        or text_of(resource, "description")
        or next((name for file in files if (name := text_of(file, "title"))), "")
        or label_at(resource, "category")
        or "Document without a name"
    )
    details: Details = []
    written = date_at(resource, "date", details)
    context = child(resource, "context")
    about = period_at(context, "period", details)
    read = [read_attachment(file) for file in files]
    text = "\n\n".join(file.text for file in read if file.text)
    description = text_of(resource, "description")
    add(details, Detail.IMPRESSION, impression_of(text))
    add(details, Detail.DESCRIPTION, description if description != title else "")
    add(details, Detail.DOCUMENT_STATUS, document_status)
    add(details, Detail.CATEGORY, label_at(resource, "category"))
    add(details, Detail.PRACTICE_SETTING, label_at(context, "practiceSetting"))
    add(details, Detail.ENCOUNTER, references_at(context, "encounter"))
    for file in read:
        add(details, Detail.NOT_READ, file.not_read[1] if file.not_read else "")
    add(details, Detail.AUTHOR, people_at(resource, "author"))
    when = written or about.start
    return Draft(
        kind=Kind.NOTE,
        title=title,
        standing=_standing(status, document_status),
        status=status,
        when=when,
        details=details,
        codes=codes_of(named),
        passage=text,
        not_read=tuple(file.not_read for file in read if file.not_read),
        line=dated(
            in_brackets(
                title,
                "" if status == "current" else status or "status not recorded",
                "" if _TEXT_STATUSES.get(document_status) == "settled" else document_status,
                "" if text else "text not read",
            ),
            when,
        ),
    )


def _standing(status: str, document_status: str) -> Standing:
    """The reference's standing; of a text whose own status is withdrawn or not understood nobody can say."""
    standing = STATUSES.get(status, Standing.UNKNOWN)
    if document_status and document_status not in _TEXT_STATUSES and standing is Standing.CURRENT:
        return Standing.UNKNOWN
    return standing
