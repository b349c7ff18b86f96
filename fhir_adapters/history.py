"""A patient's history as values: entries with their sources, and what was not seen.

Nothing here reads a network or a file. `reading/` makes these from plain FHIR dicts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from fhir_adapters.dates import PartialDate
from fhir_adapters.details import Detail
from fhir_adapters.flags import KINDS, FlagKind


class Kind(StrEnum):
    """What sort of fact an entry is, as a clinician sorts them."""

    PROBLEM = "problem"
    ALLERGY = "allergy"
    MEDICATION = "medication"
    RESULT = "result"  # laboratory and other measured results
    VITAL = "vital"  # vital signs
    SOCIAL = "social"  # social history, surveys
    REPORT = "report"  # DiagnosticReport
    IMAGING = "imaging"  # ImagingStudy
    PROCEDURE = "procedure"
    ORDER = "order"  # ServiceRequest: what was asked for; read for the services that ask for it
    IMMUNIZATION = "immunization"
    ENCOUNTER = "encounter"
    CARE_PLAN = "care-plan"
    NOTE = "note"  # DocumentReference


class Standing(StrEnum):
    """Whether the fact holds at the as-of time, decided from FHIR's status fields and dates (check C5)."""

    CURRENT = "current"  # an active problem, a medicine in use, a final result
    PAST = "past"  # resolved, stopped, completed, inactive
    PLANNED = "planned"  # preparation, draft, proposed, on the way
    ON_HOLD = "on-hold"  # a medicine paused
    REFUTED = "refuted"  # refuted, or a negated statement such as "no known allergy" for another substance
    UNKNOWN = "unknown"  # the record does not say


@dataclass(frozen=True, slots=True)
class Code:
    """One Coding: all three as written, empty where absent."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One measured or stated value of an entry, or of one of its components."""

    label: str  # the component's name; empty for the entry's own value
    text: str  # ready to show: "8.4 %", "<0.01 ng/mL", "positive", "not done"
    number: Decimal | None = None
    comparator: str = ""  # "<", "<=", ">", ">="
    unit: str = ""  # as shown, UCUM code where that is what the record gives
    low: Decimal | None = None  # reference range, in the same unit
    high: Decimal | None = None
    flag: str = ""  # a code of `fhir_adapters.flags`: H, L, HH, A, N, POS …; else the source's own word as written
    is_absent: bool = False  # the text is only the reason why there is no value

    @property
    def is_abnormal(self) -> bool:
        """Flagged by the source, or outside the source's own reference range. Never by a range of ours."""
        kind = KINDS.get(self.flag)  # a laboratory's own word, and one of change, leave it to the range
        if kind is not None and kind is not FlagKind.CHANGE:
            return kind in {FlagKind.ABNORMAL, FlagKind.CRITICAL}
        if self.number is None or self.comparator:
            return False
        return (self.low is not None and self.number < self.low) or (self.high is not None and self.number > self.high)

    @property
    def is_critical(self) -> bool:
        """Flagged critical by the source."""
        return KINDS.get(self.flag) is FlagKind.CRITICAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One fact of the history with the resource it rests on.

    `id` (E1, E2 …) means something inside one history only; whatever is stored or linked cites
    (history fingerprint, reference, content hash).
    """

    id: str
    reference: str  # "Observation/123"
    kind: Kind
    title: str  # what it is: "Hemoglobin A1c", "Metformin 500 mg oral tablet"
    standing: Standing
    status: str  # FHIR's status in FHIR's spelling; as written where not understood; empty where absent
    when: PartialDate | None  # the clinically relevant date
    until: PartialDate | None
    values: tuple[Value, ...]
    details: tuple[tuple[Detail, str], ...]  # kept elements in reading order: (DOSE, "500 mg oral twice daily")
    codes: tuple[Code, ...]
    passage: str  # free text of the source (a note, a report's conclusion); empty where there is none
    line: str  # the fact in one line, without its id: all that a prompt or a chip shows
    content_hash: str  # SHA-256 of the kept content; never of versionId or lastUpdated
    version: str  # meta.versionId, empty where absent
    last_updated: str
    ai_asserted: bool = False  # labelled AIAST by its source: never shown to the model (decision 8)
    restricted: bool = False  # confidentiality R or V, or a sensitivity label: not in shared summaries
    encounter: str = ""  # "Encounter/1", where the source names one; no part of the hash: where it was noted is no fact
    unread_modifier: str = ""  # in words: what may turn the fact into another one and is not understood here

    def __post_init__(self) -> None:
        """An entry without a source cannot exist."""
        if not self.reference or not self.line:
            raise ValueError("an entry needs a reference and a line")

    @property
    def resource_type(self) -> str:
        """The FHIR type of the source."""
        return self.reference.partition("/")[0]

    @property
    def detail(self) -> dict[Detail, str]:
        """`details` by label."""
        return dict(self.details)

    @property
    def sort_key(self) -> str:
        """The entry's place in time; undated entries come first."""
        return self.when.sort_key if self.when else ""


class Reason(StrEnum):
    """Why something was not seen or not used. Coded, so that figures can be made of it."""

    NOT_SUPPLIED = "not supplied"  # neither prefetched nor asked for
    FAILED = "could not be read"  # the server failed, refused or timed out
    REFUSED = "access refused"
    UNREADABLE = "unreadable"
    OTHER_PATIENT = "belongs to another patient"
    OVER_LIMIT = "beyond the limit of this read"
    UNSUPPORTED = "type not read"
    ENTERED_IN_ERROR = "entered in error"
    CANCELLED = "cancelled, nothing was done"
    AI_ASSERTED = "made by AI, kept out"
    RESTRICTED = "restricted, kept out of shared summaries"
    DUPLICATE = "duplicate"
    NO_PIXELS = "no image file"
    PATIENT_RECORD = "patient record to be checked"
    PROFILE = "images are not used in this profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """Something of the record that is not among the entries, with its reason. Never silence."""

    what: str  # "Observation", "DocumentReference/n1", "page 3 of Observation": types and ids only
    reason: Reason
    count: int = 1
    detail: str = ""  # technical, without patient data: "HTTP 403", "application/pdf"

    def __str__(self) -> str:
        """Say it for a clinician: `2 × Observation: could not be read (HTTP 503)`."""
        many = f"{self.count} × " if self.count > 1 else ""
        return f"{many}{self.what}: {self.reason}" + (f" ({self.detail})" if self.detail else "")


class Coverage(StrEnum):
    """How much of a resource type was seen."""

    WHOLE = "whole"
    PART = "part"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientFacts:
    """Who the history is about, for the banner. Name and identifiers never reach a model."""

    id: str
    name: str
    birth_date: PartialDate | None
    gender: str
    identifier: str  # the medical record number, empty where there is none
    deceased: PartialDate | bool | None = None  # True where dead at an unknown date
    marks: tuple[str, ...] = ()  # what the record says of itself: "replaced by another record"; never a name or an id


@dataclass(frozen=True, kw_only=True)
class PatientHistory:
    """What was seen of one patient's record at one moment. Frozen; entries in clinical reading order."""

    patient: PatientFacts
    entries: tuple[Entry, ...]
    omissions: tuple[Omission, ...]
    coverage: tuple[tuple[str, Coverage], ...]  # per resource type, sorted by type
    fingerprint: str  # SHA-256 over kept content and coverage

    def __hash__(self) -> int:
        """By the fingerprint, which equal histories share: hashing every value would cost more than reading them."""
        return hash(self.fingerprint)

    @cached_property
    def by_id(self) -> dict[str, Entry]:
        """Entries by their short id."""
        return {entry.id: entry for entry in self.entries}

    @cached_property
    def by_reference(self) -> dict[str, Entry]:
        """Entries by FHIR reference."""
        return {entry.reference: entry for entry in self.entries}

    def of_kind(self, *kinds: Kind) -> tuple[Entry, ...]:
        """Entries of these kinds, in order."""
        return tuple(entry for entry in self.entries if entry.kind in kinds)

    def covers(self, resource_type: str) -> Coverage:
        """How much of a type was seen; a type nobody asked for was not seen."""
        return dict(self.coverage).get(resource_type, Coverage.NONE)


class AlarmKind(StrEnum):
    """Things a person must look at."""

    WRONG_PATIENT_RESOURCE = "wrong-patient-resource"
    WRONG_PATIENT_IMAGE = "wrong-patient-image"
    ADDRESS_REFUSED = "address-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing that must be looked at, as a value: whoever gathers passes it to the ledger."""

    kind: AlarmKind
    what: str  # type or reference of the offender; never its content
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRecord:
    """One read of the record: what was asked of whom, and how it ended. Gathering audits nothing itself."""

    system: str  # "prefetch", "fhir", "dicomweb"
    interaction: str  # "read", "search", "retrieve"
    what: str  # "Observation?patient={id}", "studies/1.2.3": never a token, never a name
    outcome: str  # "ok", "HTTP 403", "timed out"
    count: int = 0  # resources or instances seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A history and how it was come by."""

    history: PatientHistory
    access_records: tuple[AccessRecord, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    resources: tuple[dict[str, object], ...] = field(default=(), repr=False)  # what was read, for the job to keep

    @property
    def stops_summary(self) -> bool:
        """One resource of another patient stops the AI summary; the brief remains, marked (T24)."""
        return any(
            alarm.kind in {AlarmKind.WRONG_PATIENT_RESOURCE, AlarmKind.WRONG_PATIENT_IMAGE} for alarm in self.alarms
        )
