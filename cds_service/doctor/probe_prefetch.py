"""The prefetch in each of its lawful forms (S12), and none of it (S13)."""

from __future__ import annotations

from typing import Final

from cds_service.doctor.chart import is_search, outcome, outcome_entry, prefetched, searchset
from cds_service.doctor.expectations import missed, taken, taken_or_412
from cds_service.doctor.finding import shall, should
from cds_service.doctor.subject import Body, NotAsked, Subject, variation

_NEXT: Final = "https://fhir.example/doctor-synthetic-page-2"  # a name that nobody has (RFC 2606)


def _nulls(subject: Subject) -> Body:
    return subject.body(prefetch=subject.prefetch(lambda _: None))


def _empty_bundles(subject: Subject) -> Body:
    return subject.body(prefetch=subject.prefetch(lambda _: searchset(())))


def _outcome_entries(subject: Subject) -> Body:
    return subject.body(prefetch=subject.prefetch(lambda _: outcome_entry()))


def _absent(subject: Subject) -> Body:
    return subject.body(prefetch=subject.prefetch(lambda _: ...))


def _failed_searches(subject: Subject) -> Body:
    return subject.body(prefetch=subject.prefetch(lambda _: outcome("exception")))


def _all_failed(subject: Subject) -> Body:
    return subject.body(prefetch=subject.prefetch(lambda _: outcome("exception"), searches_only=False))


def _no_patient(subject: Subject) -> Body:
    """Null for the Patient: the client looked, and there is none."""
    templates = subject.entry.prefetch
    if not any(text.startswith("Patient/") for text in templates.values()):
        raise NotAsked("the service does not ask for the Patient")
    changed = {
        key: None if text.startswith("Patient/") else prefetched(text, subject.chart) for key, text in templates.items()
    }
    return subject.body(prefetch=changed)


def _first_pages(subject: Subject) -> Body:
    """First pages, and no FHIR server to have the others from."""

    def page(template: str) -> object:
        found = prefetched(template, subject.chart) or searchset(())
        return found | {"link": [{"relation": "next", "url": _NEXT}]} if is_search(template) else found

    return subject.body(prefetch=subject.prefetch(page))


def _nothing(subject: Subject) -> Body:
    if not subject.entry.prefetch:
        raise NotAsked("the service lists no prefetch, so it may need nothing")
    return subject.body(prefetch=...)


CHECKS: Final = (
    variation(shall("S12", "null", "null: the client looked and has nothing"), _nulls, taken),
    variation(shall("S12", "empty-bundle", "an empty search as a Bundle of none"), _empty_bundles, taken),
    variation(
        shall("S12", "outcome-entry", "an empty search as a Bundle with an outcome entry (Epic)"),
        _outcome_entries,
        taken,
    ),
    variation(shall("S12", "absent", "absent keys: 200 or 412"), _absent, taken_or_412),
    variation(should("S12", "outcome", "failed searches are told from empty ones"), _failed_searches, missed),
    variation(shall("S12", "all-failed", "nothing but OperationOutcomes: 412, or cards"), _all_failed, missed),
    variation(shall("S12", "first-page", "first pages with a next link: 200 or 412"), _first_pages, taken_or_412),
    variation(shall("S13", "no-patient", "null for the Patient: 412, or cards"), _no_patient, missed),
    variation(shall("S13", "nothing", "no prefetch and no fhirServer: 412, or cards"), _nothing, missed),
)
