"""The labels of `Entry.details`, once: readers add by member, whoever reads an entry asks by member.

A value is stored in histories, hashed into fingerprints and shown to clinicians, so it never changes: another word for
a detail is another member. No label is composed at run time. One that holds FHIR references in place of the words of
another is a member of its own, named in `LINKED`; a component's name stands in the text ("Systolic: 90 to 120").
What each detail holds, kind by kind, is said in `fhir_adapters.reading`.
"""

from collections.abc import Mapping
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final


@unique
class Detail(StrEnum):
    """What a detail of an entry says, as its label; a string, so that it is shown and stored as it is."""

    # of any kind of entry
    ANOTHER_COPY = "Another copy"
    AUTHOR = "Author"
    CATEGORY = "Category"
    CONTRADICTION = "Contradiction"
    DATE_AS_WRITTEN = "Date as written"
    DESCRIPTION = "Description"
    ENDED = "Ended"
    INTENT = "Intent"
    MODIFIER = "Modifier"
    NO_KNOWN = "No known"
    NOT_READ = "Not read"
    NOTE = "Note"
    ONSET = "Onset"
    REASON = "Reason"
    REASON_REFERENCES = "Reason references"
    RECORDED = "Recorded"
    STATUS_REASON = "Status reason"
    TYPE = "Type"
    VERIFICATION = "Verification"

    # where in the body, and how it was measured
    BODY_SITE = "Body site"
    LATERALITY = "Laterality"
    METHOD = "Method"
    SITE = "Site"
    SPECIMEN = "Specimen"

    # problems and allergies
    CRITICALITY = "Criticality"
    LAST_OCCURRENCE = "Last occurrence"
    NOT_DOCUMENTED = "Not documented"
    REACTIONS = "Reactions"
    SEVERITY = "Severity"
    STAGE = "Stage"
    SUBSTANCE = "Substance"

    # medicines and immunizations
    AS_NEEDED = "As needed"
    AUTHORED = "Authored"
    COURSE = "Course"
    DO_NOT_GIVE = "Do not give"
    DOSE = "Dose"
    DOSE_AS_WRITTEN = "Dose as written"
    DOSE_NUMBER = "Dose number"
    GIVEN = "Given"
    INSTRUCTIONS = "Instructions"
    REPORTED = "Reported"
    ROUTE = "Route"
    SETTING = "Setting"
    SINCE = "Since"
    STATED = "Stated"
    SUBPOTENT = "Subpotent"
    TARGET_DISEASE = "Target disease"

    # results, reports and notes
    CONCLUSION = "Conclusion"
    CONCLUSION_CODES = "Conclusion codes"
    DERIVED_FROM = "Derived from"
    DOCUMENT_STATUS = "Document status"
    ENCOUNTER = "Encounter"
    IMAGING_STUDIES = "Imaging studies"
    IMPRESSION = "Impression"
    ISSUED = "Issued"
    MEMBERS = "Members"
    PRACTICE_SETTING = "Practice setting"
    REFERENCE_RANGE = "Reference range"
    RESULTS = "Results"

    # imaging studies
    MODALITY = "Modality"
    NUMBER_OF_INSTANCES = "Number of instances"
    NUMBER_OF_SERIES = "Number of series"
    SERIES = "Series"
    SERIES_INSTANCE_UIDS = "Series instance UIDs"
    STUDY_INSTANCE_UID = "Study instance UID"

    # procedures, encounters and care plans
    ACTIVITIES = "Activities"
    ADDRESSES = "Addresses"
    ADDRESSES_REFERENCES = "Addresses references"
    ADMITTED_FROM = "Admitted from"
    CLASS = "Class"
    COMPLICATIONS = "Complications"
    DISCHARGED_TO = "Discharged to"
    FOLLOW_UP = "Follow-up"
    GOALS = "Goals"
    OUTCOME = "Outcome"
    PERFORMED = "Performed"
    SERVICE = "Service"


# Detail with FHIR references, separated by spaces -> the detail that says the same in words.
LINKED: Final[Mapping[Detail, Detail]] = MappingProxyType(
    {Detail.REASON_REFERENCES: Detail.REASON, Detail.ADDRESSES_REFERENCES: Detail.ADDRESSES}
)
# Each holds FHIR references and nothing else.
POINTERS: Final = frozenset(
    {*LINKED, Detail.DERIVED_FROM, Detail.ENCOUNTER, Detail.IMAGING_STUDIES, Detail.MEMBERS, Detail.RESULTS}
)
# What is no fact about the patient's health: addresses of other things, and names of people.
NO_FACTS: Final = POINTERS | {Detail.AUTHOR, Detail.SERIES_INSTANCE_UIDS, Detail.STUDY_INSTANCE_UID}
# Worded by a person, where the others are coded or measured.
FREE_TEXT: Final = frozenset({Detail.CONCLUSION, Detail.FOLLOW_UP, Detail.IMPRESSION, Detail.NOTE, Detail.OUTCOME})
# Structured, but each part of it, between semicolons, says something else.
LISTED: Final = (Detail.ACTIVITIES,)
# Where in the body.
SITES: Final = frozenset({Detail.BODY_SITE, Detail.LATERALITY, Detail.SITE})
# What a result was measured in and how.
MEASURED_IN: Final = frozenset({Detail.BODY_SITE, Detail.METHOD, Detail.SPECIMEN})
