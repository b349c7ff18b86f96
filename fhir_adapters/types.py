"""The FHIR types that a history is read from, one row each: how it is asked for, and who it says it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """One type of R4; `name` is FHIR's."""

    name: str
    key: str  # of the prefetch
    subject: str = "subject"  # the element that names the patient
    count: int = 100  # resources in a page; it sets no limit, and some servers' own is 10
    by_date: bool = False  # the newest come first, should time or pages run out
    dated: str = "date"  # the search parameter that sorts by it
    include: str = ""  # what comes along: a medicine is often a resource of its own, without which it has no name
    rank: int = 3  # which are kept where not all fit: a summary without the first is dangerous (C6, C12)

    @property
    def search(self) -> dict[str, str]:
        """The parameters of a search beside the patient's."""
        include = {"_include": f"{self.name}:{self.include}"} if self.include else {}
        order = {"_sort": f"-{self.dated}"} if self.by_date else {}
        return {**include, **order, "_count": str(self.count)}

    @property
    def template(self) -> str:
        """The prefetch template.

        Only what S9 allows: a search by a reference parameter, `_sort`, `_count`. Templates are typed in by hand at
        some sites (Epic), so they stay short: no `_count` where no order makes a page worth more than another.
        """
        asked = f"{self.name}?patient={{{{context.patientId}}}}"
        return f"{asked}&_sort=-{self.dated}&_count={self.count}" if self.by_date else asked


_ROWS: Final = (
    ResourceType(name="Condition", key="conditions", rank=1),
    ResourceType(name="AllergyIntolerance", key="allergies", subject="patient", rank=0),
    ResourceType(name="MedicationRequest", key="medicationRequests", include="medication", rank=2),
    ResourceType(name="MedicationStatement", key="medicationStatements", include="medication", rank=2),
    ResourceType(name="Observation", key="observations", by_date=True, count=200),
    ResourceType(name="DiagnosticReport", key="diagnosticReports", by_date=True),
    ResourceType(name="Procedure", key="procedures"),
    ResourceType(name="Immunization", key="immunizations", subject="patient"),
    ResourceType(name="Encounter", key="encounters", by_date=True),
    ResourceType(name="CarePlan", key="carePlans"),
    ResourceType(name="DocumentReference", key="documents", by_date=True, count=50),
    ResourceType(name="ImagingStudy", key="imagingStudies"),
)

TYPES: Final = {row.name: row for row in _ROWS}
# What was ordered, for the services that look at orders: it is no part of a chart's summary.
_ORDERS: Final = (ResourceType(name="ServiceRequest", key="serviceRequests", by_date=True, dated="authored"),)
ORDER_TYPES: Final = {row.name: row for row in _ORDERS}
