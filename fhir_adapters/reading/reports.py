"""DiagnosticReport -> report: its conclusion, its text, its impression and what it refers to."""

from __future__ import annotations

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind, Standing
from fhir_adapters.reading.attachments import read_attachment
from fhir_adapters.reading.concepts import codes_of, concept, label_at, label_of, people_at, references_at
from fhir_adapters.reading.draft import CANCELLED, IN_ERROR, Draft, LeftOut, in_brackets
from fhir_adapters.reading.elements import Details, Element, add, children
from fhir_adapters.reading.impressions import impression_of, shortened
from fhir_adapters.reading.plain_text import PASSAGE_LIMIT, passage
from fhir_adapters.reading.statuses import ENTERED_IN_ERROR, status_at
from fhir_adapters.reading.times import date_at, dated, period_at

# https://hl7.org/fhir/R4/valueset-diagnostic-report-status.html
STATUSES = {
    "registered": Standing.PLANNED,
    "partial": Standing.CURRENT,
    "preliminary": Standing.CURRENT,
    "final": Standing.CURRENT,
    "amended": Standing.CURRENT,
    "corrected": Standing.CURRENT,
    "appended": Standing.CURRENT,
    "cancelled": Standing.REFUTED,
}
_SETTLED = frozenset({"final", "amended", "corrected", "appended"})


def read_report(resource: Element) -> Draft | LeftOut:
    """One DiagnosticReport. https://hl7.org/fhir/R4/diagnosticreport.html."""
    status = status_at(resource, STATUSES)
    if status == ENTERED_IN_ERROR:
        return IN_ERROR
    if status == "cancelled":
        return CANCELLED
    named = concept(resource, "code")
    category = label_at(resource, "category")
    title = label_of(named) or category or "Report without a name"
    details: Details = []
    effective = period_at(resource, "effectivePeriod", details)
    when = date_at(resource, "effectiveDateTime", details) or effective.start
    issued = date_at(resource, "issued", details)
    conclusion = _conclusion(resource)
    forms = [read_attachment(form) for form in children(resource, "presentedForm")]
    text = "\n\n".join(form.text for form in forms if form.text)
    impression = impression_of(text) or conclusion
    add(details, Detail.IMPRESSION, impression)
    add(details, Detail.CONCLUSION, conclusion if conclusion != impression else "")
    add(details, Detail.CONCLUSION_CODES, label_at(resource, "conclusionCode"))
    add(details, Detail.CATEGORY, category)
    add(details, Detail.ISSUED, str(issued or ""))
    add(details, Detail.RESULTS, references_at(resource, "result"))
    add(details, Detail.IMAGING_STUDIES, references_at(resource, "imagingStudy"))
    for form in forms:
        add(details, Detail.NOT_READ, form.not_read[1] if form.not_read else "")
    add(details, Detail.AUTHOR, people_at(resource, "resultsInterpreter", "performer"))
    hedge = "" if status in _SETTLED else status or "status not recorded"
    line = dated(in_brackets(title, hedge), when or issued, effective.end)
    return Draft(
        kind=Kind.REPORT,
        title=title,
        standing=STATUSES.get(status, Standing.UNKNOWN),
        status=status,
        when=when or issued,
        until=effective.end,
        details=details,
        codes=codes_of(named),
        passage=_joined(conclusion, text),
        not_read=tuple(form.not_read for form in forms if form.not_read),
        line=f"{line}: {shortened(impression)}" if impression else line,
    )


def _conclusion(resource: Element) -> str:
    value = resource.get("conclusion")
    return passage(value[:PASSAGE_LIMIT]) if isinstance(value, str) else ""


def _joined(conclusion: str, text: str) -> str:
    """Both texts, the conclusion only where the report's text does not hold it already."""
    if not conclusion or " ".join(conclusion.split()) in " ".join(text.split()):
        return text
    return f"{conclusion}\n\n{text}".strip()
