"""What the ledger keeps, as values. Contents are opaque bytes here: their meaning is their maker's.

Times are timezone-aware UTC. Ids are random UUID strings made by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from ledger.card_forms import CardForm, ShownCards, StandingCard

Detail = Mapping[str, Any]  # a JSON object


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientKey:
    """The key of everything about a patient. The same id on another base is nobody here.

    Only the tenant may be empty: a client without tenants has none. Raises ValueError for a key that names nobody.
    """

    client: str
    tenant: str
    fhir_base: str
    patient_id: str = field(repr=False)

    def __post_init__(self) -> None:
        if not (self.client and self.fhir_base and self.patient_id):
            raise ValueError("a patient key names its client, fhir_base and patient_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, to become an audit entry in the transaction of the change it records."""

    kind: str  # "hook.received", "fhir.read", "card.issued", "job.claimed" …
    subject: str  # id of the card, job or summary it is about; the hook instance before there is one
    at: datetime
    key: PatientKey | None = None
    user: str = ""  # "Practitioner/1", a login name, or empty for a machine
    detail: Detail = field(default_factory=dict, repr=False)  # JSON; encrypted at rest

    def __post_init__(self) -> None:
        _check_zone(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a page was drawn under, as a Situation told: recorded with it, it is asked again."""

    key: PatientKey
    withdrawal_id: str = ""  # the newest unreleased one; empty where none held
    switched_off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One link of the chain, as read back."""

    sequence: int
    kind: str
    subject: str
    at: datetime
    recorded_at: datetime
    key: PatientKey | None
    user: str
    detail: Detail = field(repr=False)
    entry_hash: str
    previous_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRecord:
    """One card exactly as it left."""

    id: str
    service_id: str
    topic: str  # source.topic.code
    kind: str  # "brief" | "summary" | "notice"
    summary_id: str  # empty for a brief
    fingerprint: str  # of the history it was made from
    content: bytes = field(repr=False)  # canonical JSON: the card as sent and what its page shows
    surface_sha256: str  # of the card JSON as sent
    expires_at: datetime
    form: CardForm | None = field(default=None, compare=False)  # to be found by, if its words come again; not read back


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A summary wanted. Ignored where the same content is already asked for or made (unique key)."""

    id: str
    focus: str  # service id + hash of the canonical order contents
    fingerprint: str
    recipe: str  # prompt version + model digest + profile: another recipe is another job
    payload: bytes = field(repr=False)  # what the worker needs; encrypted
    useful_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Nonce:
    """The id of a client's token, which may be used once (threat T4)."""

    issuer: str
    jti: str = field(repr=False)
    expires_at: datetime  # until when the token could be used again

    def __post_init__(self) -> None:
        _check_zone(self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuance:
    """All that one hook call writes, in one transaction."""

    key: PatientKey
    user: str
    service_id: str
    hook_instance: str
    at: datetime
    cards: tuple[CardRecord, ...]
    events: tuple[Event, ...]
    repeats: tuple[StandingCard, ...] = ()  # cards issued earlier that leave once more; the events tell of them
    snapshot: bytes | None = field(default=None, repr=False)  # canonical history, None where the ledger holds it
    fingerprint: str = ""
    focus: str = ""  # of the cards; the job's own where there is one
    job: NewJob | None = None
    switched_off: tuple[str, ...] = ()  # as its hook saw it: no card leaves after another switch
    nonce: Nonce | None = None  # of the call's token, where it is not burnt yet


class JobState(StrEnum):
    """Where a job is. Terminal: done; failed and expired too, until the same content is asked for again."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"  # past useful_until before anyone began


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStanding:
    """The job of a key, focus and content; where there is none, the newest of another content."""

    id: str
    state: JobState
    fingerprint: str
    recipe: str
    attempt: int
    since: datetime
    reason: str  # coded, for failed
    is_purged: bool = False  # done, and its summary purged since; told in a Situation alone


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryJob:
    """A job as claimed: `attempt` is the fencing token of every later write."""

    id: str
    attempt: int
    key: PatientKey
    focus: str
    fingerprint: str
    recipe: str
    payload: bytes = field(repr=False)
    lease_until: datetime
    useful_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """A picture kept with a summary."""

    ordinal: int
    label: str
    png: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSummary:
    """A summary as kept: opaque canonical bytes and the keys it is found by."""

    id: str
    job_id: str
    key: PatientKey
    focus: str
    fingerprint: str
    recipe: str
    made_at: datetime
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A report that holds every AI summary of its patient key, until it is released on the audit desk."""

    id: str
    summary_id: str  # the one reported; empty where the report was about none in particular
    reason: str
    at: datetime  # as read back, the database's time of recording; what a caller gives is not kept
    by: str
    released_at: datetime | None = None
    released_by: str = ""

    def __post_init__(self) -> None:
        _check_zone(self.at)
        if self.released_at is not None:
            _check_zone(self.released_at)


class Channel(StrEnum):
    """How an answer came: the two prove different things."""

    PAGE = "page"  # a logged-in person, and a render of the hash
    FEEDBACK = "feedback"  # asserted by the client


class Outcome(StrEnum):
    """What was answered."""

    REVIEWED = "reviewed"
    DISAGREED = "disagreed"
    SAFETY_REPORT = "safety-report"
    ACCEPTED = "accepted"
    OVERRIDDEN = "overridden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgment:
    """One person's answer to one card, append-only."""

    id: str
    card_id: str
    client: str
    user: str
    channel: Channel
    outcome: Outcome
    reason: str = ""  # coded
    comment: str = field(default="", repr=False)
    surface_sha256: str = ""  # of the page as rendered; of the card as sent for feedback
    outcome_at: datetime  # when we received it: what counts
    claimed_at: str = ""  # the time that the client gives for it, verbatim; evidence, never a time to reckon with
    reasons: tuple[str, ...] = ()  # every code that was given; `reason` is the one that acts
    suggestions: tuple[str, ...] = ()
    withdraws: bool = False  # wrong patient, or a safety report
    summary_id: str = ""  # the one in sight, where it is not the card's own: a brief's page may show one
    looked: Looked | None = None  # of a page: an answer to what it no longer shows is not kept, unless it withdraws


class Filed(StrEnum):
    """What became of an acknowledgment."""

    RECORDED = "recorded"
    REPEATED = "repeated"  # the same answer again: kept once
    UNKNOWN_CARD = "unknown card"  # no such card of this client; recorded as such
    MOVED_ON = "moved on"  # the page would now be another: not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A recorded acknowledgment in short."""

    card_id: str
    summary_id: str
    fingerprint: str
    user: str
    channel: Channel
    outcome: Outcome
    reason: str
    at: datetime
    sequence: int  # its place in the chain


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a hook needs to know of a key and focus, from one read."""

    summary: StoredSummary | None  # of this content, else the newest; None while a withdrawal holds this key
    job: JobStanding | None  # the same
    withdrawal: Withdrawal | None  # newest unreleased one of this key
    answers: tuple[Answer, ...]  # newest first, every user's, at most 50
    has_snapshot: bool  # the ledger holds the history of this fingerprint
    switched_off: tuple[str, ...] = ()  # services, models or clients switched off on the audit desk
    shown: ShownCards = field(default_factory=ShownCards)  # to the user who was asked for, of this key and focus


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCard:
    """A card as read back, with the chain position of its issue."""

    record: CardRecord
    client: str  # that it was issued to; known of a purged card as well
    key: PatientKey | None  # None once purged: whose it was is gone
    user: str
    hook_instance: str
    focus: str
    issued_at: datetime
    sequence: int


def _check_zone(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise ValueError("a time of the ledger has a zone")
