"""Jobs are leased by the database's clock, and the attempt number fences every later write.

queued -> leased -> done | failed | queued again; an expired lease counts as one attempt used. The database is the
truth and the queue only wakes: a message lost or delivered twice costs time, never a job or a second summary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update

from ledger import chain, schema
from ledger.binding import Binding, bind
from ledger.clock import database_now, from_micros, span_micros
from ledger.errors import NotHeld, WrongPatient
from ledger.kinds import LedgerEvent, job_ended
from ledger.records import Event, JobStanding, JobState, StoredImage, StoredSummary, SummaryJob
from ledger.rows import is_id, open_column, open_plain, take
from ledger.schema import job as table
from ledger.sealing import Cipher, key_from_plain
from ledger.snapshots import Snapshot
from ledger.store import LedgerStore, Transaction
from ledger.summaries import image_row, summary_row

EXHAUSTED = "attempts-exhausted"

_FIND = select(table, database_now().label("now")).where(table.c.id == bindparam("job_id"))
_MOVE = update(table).where(
    table.c.id == bindparam("job_id"),
    table.c.state == bindparam("from_state"),
    table.c.attempt == bindparam("from_attempt"),
)
_RENEW = (
    update(table)
    .where(table.c.id == bindparam("job_id"), table.c.state == JobState.LEASED, table.c.attempt == bindparam("held"))
    .values(lease_until=database_now() + bindparam("span"), wake_at=database_now() + bindparam("span"))
)
_HOPELESS = (
    select(table.c.id)
    .where(
        table.c.wake_at <= database_now(),
        or_(table.c.useful_until <= database_now(), table.c.attempt >= table.c.attempt_limit),
    )
    .limit(bindparam("most"))
)
# Two relays never publish the same job at the same moment: SQLite has one writer, PostgreSQL passes over locked rows
# and looks again at those it waited for; either way the second finds the wake-up moved on.
_DUE = (
    update(table)
    .where(
        table.c.id.in_(
            select(table.c.id)
            .where(table.c.wake_at <= database_now())
            .order_by(table.c.wake_at)
            .limit(bindparam("most"))
            .with_for_update(skip_locked=True)
        )
    )
    .values(wake_at=database_now() + bindparam("pause"))
    .returning(table.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """When a job is woken again, in seconds."""

    republish_after_s: float = 30.0  # a message published and not claimed by then counts as lost
    retry_after_s: float = 5.0  # between a failed attempt and the next


class Jobs:
    """The jobs, for workers (claim, renew, finish, fail) and relays (due)."""

    def __init__(self, store: LedgerStore, *, waits: Waits | None = None) -> None:
        self._store = store
        self._waits = waits or Waits()

    def claim(self, job_id: str, *, worker: str, lease_s: float) -> SummaryJob | None:
        """Lease a job that is queued or whose lease has run out; None for any other, or one past time or attempts."""
        seen = self._row(job_id)
        if seen is None or not _is_free(seen, seen["now"]):
            return None  # a second delivery, seen without taking the lock
        # Opened before it is leased: a payload that cannot be read costs no attempt.
        key = key_from_plain(open_plain(seen, self._store.cipher, table="job", column="who").get("key"))
        payload = open_column(seen, self._store.cipher, table="job", column="payload")
        with self._store.write() as transaction:
            row = transaction.one(_FIND, {"job_id": job_id})
            if row is None or not _is_free(row, transaction.now) or row["payload_digest"] != seen["payload_digest"]:
                return None
            if self._close_if_hopeless(transaction, row) or key is None:
                return None
            leased = {
                "state": JobState.LEASED.value,
                "attempt": row["attempt"] + 1,
                "worker": worker,
                "reason": "",
                "since": transaction.now,
                "lease_until": transaction.now + span_micros(lease_s),
                "wake_at": transaction.now + span_micros(lease_s),
            }
            event = _event(LedgerEvent.JOB_CLAIMED, row["id"], transaction, attempt=leased["attempt"], worker=worker)
            self._move(transaction, row, leased, event)
        return SummaryJob(
            id=row["id"],
            attempt=leased["attempt"],
            key=key,
            focus=row["focus"],
            fingerprint=row["fingerprint"],
            recipe=row["recipe"],
            payload=payload,
            lease_until=from_micros(leased["lease_until"]),
            useful_until=from_micros(row["useful_until"]),
        )

    def renew(self, job: SummaryJob, lease_s: float) -> None:
        """Hold the lease for `lease_s` from now. Raises NotHeld if a later attempt has it."""
        with self._store.chore() as chore:
            wanted = {"job_id": job.id, "held": job.attempt, "span": span_micros(lease_s)}
            if chore.execute(_RENEW, wanted).rowcount != 1:
                raise NotHeld(f"job {job.id}: attempt {job.attempt} no longer holds it")

    def finish(
        self,
        job: SummaryJob,
        summary: StoredSummary,
        images: Sequence[StoredImage],
        events: Sequence[Event],
        *,
        history: tuple[str, bytes] | None = None,
    ) -> None:
        """Store the summary and end the job, in one transaction; `history` is what its citations point into.

        (fingerprint, canonical bytes): a worker may read more than the hook saw.

        Raises NotHeld (a later attempt has the job) or WrongPatient (design decision 9), and then writes nothing.
        An event of kind "summary.stored" about this summary lends its detail to the summary's own entry.
        """
        if summary.key != job.key or summary.job_id != job.id:
            raise WrongPatient(f"job {job.id}: the summary offered is of another patient key or job")
        cipher = self._store.cipher
        row = summary_row(summary, cipher)
        pictures = [image_row(summary.id, image, cipher) for image in images]
        mine, rest = take(events, LedgerEvent.SUMMARY_STORED, summary.id)
        stored = mine or Event(kind=LedgerEvent.SUMMARY_STORED, subject=summary.id, at=summary.made_at, key=summary.key)
        entry, drafts = chain.draft(stored, cipher), [chain.draft(one, cipher) for one in rest]
        snapshot = _sealed_snapshot(job, summary, history, cipher) if history else None
        bindings: list[Binding] = [bind("summary", row), *(bind("image", picture) for picture in pictures)]
        with self._store.write() as transaction:
            standing = self._held(transaction, job, key_index=row["key_index"])
            for one in drafts:
                transaction.add(one)
            if snapshot:
                snapshot.keep(transaction, cipher)
            sequence = transaction.add(entry, bindings)
            transaction.execute(insert(schema.summary), row | {"sequence": sequence})
            if pictures:
                transaction.execute(insert(schema.image), [picture | {"sequence": sequence} for picture in pictures])
            event = _event(LedgerEvent.JOB_DONE, job.id, transaction, attempt=job.attempt, summary=summary.id)
            self._move(transaction, standing, _ended(JobState.DONE, "", transaction.now), event)

    def fail(self, job: SummaryJob, reason: str, *, retry: bool, events: Sequence[Event] = ()) -> None:
        """End this attempt for a coded reason: queued again if `retry` and attempts are left, else failed.

        Raises NotHeld, and then writes nothing.
        """
        drafts = [chain.draft(one, self._store.cipher) for one in events]
        with self._store.write() as transaction:
            standing = self._held(transaction, job, key_index=self._store.cipher.key_index(job.key))
            for one in drafts:
                transaction.add(one)
            again = retry and standing["attempt"] < standing["attempt_limit"]
            values = _ended(JobState.FAILED, reason, transaction.now)
            if again:
                wake_at = transaction.now + span_micros(self._waits.retry_after_s)
                values |= {"state": JobState.QUEUED.value, "wake_at": wake_at}
            kind = LedgerEvent.JOB_REQUEUED if again else LedgerEvent.JOB_FAILED
            event = _event(kind, job.id, transaction, attempt=job.attempt, reason=reason)
            self._move(transaction, standing, values, event)

    def due(self, *, limit: int = 100) -> tuple[str, ...]:
        """The jobs to publish now, each given to one relay alone; those past time or attempts are ended on the way.

        Due are jobs never published, those whose message seems lost, those waiting to be retried, and expired leases.
        """
        for found in self._store.rows(_HOPELESS, {"most": limit}):
            with self._store.write() as transaction:
                row = transaction.one(_FIND, {"job_id": found["id"]})
                if row and _is_free(row, transaction.now):
                    self._close_if_hopeless(transaction, row)
        with self._store.chore() as chore:
            wanted = {"most": limit, "pause": span_micros(self._waits.republish_after_s)}
            return tuple(chore.execute(_DUE, wanted).scalars())

    def standing(self, job_id: str) -> JobStanding | None:
        """Where this job is; None if there is no such job."""
        row = self._row(job_id)
        return read_standing(row) if row else None

    def _row(self, job_id: str) -> Mapping[str, Any] | None:
        rows = self._store.rows(_FIND, {"job_id": job_id}) if is_id(job_id) else []
        return rows[0] if rows else None

    def _close_if_hopeless(self, transaction: Transaction, row: Mapping[str, Any]) -> bool:
        """End a free job whose attempts or whose usefulness are used up."""
        if row["attempt"] >= row["attempt_limit"]:
            state, reason = JobState.FAILED, EXHAUSTED
        elif row["useful_until"] <= transaction.now:
            state, reason = JobState.EXPIRED, "no-longer-useful"
        else:
            return False
        event = _event(job_ended(state), row["id"], transaction, attempt=row["attempt"], reason=reason)
        self._move(transaction, row, _ended(state, reason, transaction.now), event)
        return True

    def _held(self, transaction: Transaction, job: SummaryJob, *, key_index: str) -> Mapping[str, Any]:
        row = transaction.one(_FIND, {"job_id": job.id})
        if row is None or row["state"] != JobState.LEASED or row["attempt"] != job.attempt:
            raise NotHeld(f"job {job.id}: attempt {job.attempt} no longer holds it")
        if row["key_index"] != key_index:
            raise WrongPatient(f"job {job.id} was asked for another patient key")
        return row

    def _move(self, transaction: Transaction, row: Mapping[str, Any], values: Mapping[str, Any], event: Event) -> None:
        """Change the job's state, and vouch for it in the same entry that says so."""
        after = {name: row[name] for name in table.c.keys()} | dict(values)  # noqa: SIM118 - not a dict
        sequence = transaction.add(chain.draft(event, self._store.cipher), [bind("job", after, "moved")])
        fence = {"job_id": row["id"], "from_state": row["state"], "from_attempt": row["attempt"]}
        moved = transaction.execute(_MOVE.values(**values, sequence=sequence), fence)
        if moved.rowcount != 1:
            raise NotHeld(f"job {row['id']}: another attempt was faster")


def read_standing(row: Mapping[str, Any]) -> JobStanding:
    """A job's row as its standing."""
    return JobStanding(
        id=row["id"],
        state=JobState(row["state"]),
        fingerprint=row["fingerprint"],
        recipe=row["recipe"],
        attempt=row["attempt"],
        since=from_micros(row["since"]),
        reason=row["reason"],
        is_purged=bool(row.get("purged")),
    )


def _is_free(row: Mapping[str, Any], now: int) -> bool:
    """Whether nobody holds this job: queued, or leased by someone whose time has run out."""
    leased = row["state"] == JobState.LEASED
    return bool(row["state"] == JobState.QUEUED or (leased and row["lease_until"] <= now))


def _sealed_snapshot(job: SummaryJob, summary: StoredSummary, history: tuple[str, bytes], cipher: Cipher) -> Snapshot:
    fingerprint, content = history
    return Snapshot.seal(
        cipher, key=job.key, fingerprint=fingerprint, content=content, at=summary.made_at, subject=job.id
    )


def _ended(state: JobState, reason: str, now: int) -> dict[str, Any]:
    return {"state": state.value, "reason": reason, "worker": "", "since": now, "lease_until": None, "wake_at": None}


def _event(kind: LedgerEvent, job_id: str, transaction: Transaction, **detail: object) -> Event:
    return Event(kind=kind, subject=job_id, at=from_micros(transaction.now), detail=detail)
