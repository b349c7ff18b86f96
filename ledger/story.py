"""One card's whole story: every entry about it, its job and its summary, in chain order and in the clear."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, or_, select

from ledger import schema
from ledger.answers import answers_to
from ledger.binding import Row
from ledger.cards import read_card
from ledger.chain import read_entry, subject_for
from ledger.identities import shown_at
from ledger.jobs import read_standing
from ledger.kinds import LedgerEvent
from ledger.records import Answer, AuditEntry, IssuedCard, JobStanding, StoredSummary, Withdrawal
from ledger.rows import is_id
from ledger.schema import audit_entry
from ledger.store import LedgerStore
from ledger.summaries import read_summary
from ledger.withdrawals import read_withdrawal

_CARD = select(schema.card).where(schema.card.c.id == bindparam("card_id"))
# Of what this user was shown of the same patient, service and focus, the last: each new card takes the earlier's place.
_PRESENT = (
    select(schema.card.c.id)
    .outerjoin(schema.card_identity, schema.card_identity.c.card_id == schema.card.c.id)
    .where(
        *(
            schema.card.c[name] == bindparam(f"card_{name}")
            for name in ("key_index", "service_id", "focus", "user_index")
        )
    )
    .order_by(shown_at().desc(), schema.card.c.sequence.desc())
    .limit(1)
)
_SUMMARY = select(schema.summary).where(
    or_(schema.summary.c.id == bindparam("summary_id"), schema.summary.c.job_id == bindparam("job_id"))
)
_JOB_COLUMNS = [column for column in schema.job.c if column.name not in {"who", "payload"}]
_JOB = select(*_JOB_COLUMNS).where(schema.job.c.id == bindparam("job_id"))
_JOB_OF_CONTENT = (
    select(*_JOB_COLUMNS)
    .where(*(schema.job.c[name] == bindparam(f"card_{name}") for name in ("key_index", "focus", "fingerprint")))
    .order_by(schema.job.c.asked_at.desc())
    .limit(1)
)
_WITHDRAWALS = (
    select(schema.withdrawal)
    .where(schema.withdrawal.c.key_index == bindparam("card_key_index"))
    .order_by(schema.withdrawal.c.sequence)
)
# A hook instance is the EHR's word: were it used for two patients, the other one's entries are not part of this story.
_ENTRIES = (
    select(audit_entry)
    .where(
        or_(
            audit_entry.c.subject.in_(bindparam("subjects", expanding=True)),
            # A report about another summary of this patient held this one as well: that alone is told of the other.
            and_(
                audit_entry.c.subject.in_(bindparam("reported", expanding=True)),
                audit_entry.c.kind.in_((LedgerEvent.SUMMARY_WITHDRAWN.value, LedgerEvent.WITHDRAWAL_RELEASED.value)),
            ),
        ),
        or_(audit_entry.c.key_index == "", audit_entry.c.key_index == bindparam("card_key_index")),
    )
    .order_by(audit_entry.c.sequence)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A card and all that is recorded about it."""

    card: IssuedCard
    entries: tuple[AuditEntry, ...]  # of the card, its hook call, job, summary and withdrawals
    answers: tuple[Answer, ...]
    job: JobStanding | None
    summary: StoredSummary | None
    withdrawals: tuple[Withdrawal, ...]  # released ones too
    replaced_by: str = ""  # the card that this user has in its place by now; empty where it stands


def read_story(store: LedgerStore, card_id: str) -> Story | None:
    """The story of this card; None if there is no such card."""
    cipher = store.cipher
    rows = store.rows(_CARD, {"card_id": card_id}) if is_id(card_id) else []
    if not rows:
        return None
    row = rows[0]
    card = read_card(row, cipher)
    job, summary = _made_for(store, row)
    summary_id = summary["id"] if summary else row["summary_id"]
    withdrawals = store.rows(_WITHDRAWALS, {"card_key_index": row["key_index"]})
    about = {card_id, card.hook_instance, summary_id, job["id"] if job else "", *(one["id"] for one in withdrawals)}
    subjects = sorted(subject_for(subject, cipher) for subject in about if subject)
    reported = sorted({one["summary_id"] for one in withdrawals if one["summary_id"]})
    entries = store.rows(_ENTRIES, {"subjects": subjects, "reported": reported, "card_key_index": row["key_index"]})
    return Story(
        card=card,
        entries=tuple(read_entry(entry, cipher) for entry in entries),
        answers=answers_to(store, card_id),
        job=read_standing(job) if job else None,
        summary=read_summary(summary, cipher) if summary else None,
        withdrawals=tuple(read_withdrawal(one, cipher) for one in withdrawals),
        replaced_by=_replaced_by(store, row),
    )


def _replaced_by(store: LedgerStore, card: Row) -> str:
    like = {f"card_{name}": card[name] for name in ("key_index", "service_id", "focus", "user_index")}
    present = str(store.rows(_PRESENT, like)[0]["id"])
    return present if present != card["id"] else ""


def _made_for(store: LedgerStore, card: Row) -> tuple[Row | None, Row | None]:
    """The job and the summary of a card: a summary card's own; a brief's, those of the same content."""
    if card["summary_id"]:
        summaries = store.rows(_SUMMARY, {"summary_id": card["summary_id"], "job_id": ""})
        jobs = store.rows(_JOB, {"job_id": summaries[0]["job_id"]}) if summaries else []
    else:
        content = {f"card_{name}": card[name] for name in ("key_index", "focus", "fingerprint")}
        jobs = store.rows(_JOB_OF_CONTENT, content)
        summaries = store.rows(_SUMMARY, {"summary_id": "", "job_id": jobs[0]["id"]}) if jobs else []
    return (jobs[0] if jobs else None), (summaries[0] if summaries else None)
