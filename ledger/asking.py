"""Asking for a summary once per content: the job's row is its own outbox, written with the card that wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update

from ledger import chain
from ledger.binding import BOUND, Binding, Verb, bind
from ledger.clock import span_micros, to_micros
from ledger.errors import AlreadyRecorded
from ledger.kinds import LedgerEvent
from ledger.records import Event, Issuance, JobState, NewJob
from ledger.rows import seal_into
from ledger.schema import job, summary
from ledger.sealing import Cipher, key_to_plain
from ledger.store import Transaction

_UNIQUE = ("key_index", "focus", "fingerprint", "recipe")
_SAME = select(job).where(*(job.c[name] == bindparam(f"same_{name}") for name in _UNIQUE))
_SUMMARY = select(summary.c.id).where(summary.c.job_id == bindparam("job_id"), summary.c.content.is_not(None))
_AGAIN = update(job).where(job.c.id == bindparam("job_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """When content may be asked for, and how often it is tried."""

    max_attempts: int
    retry_failed_after_s: float

    def prepare(self, issuance: Issuance, cipher: Cipher) -> Ask:
        """Seal all that the job keeps, before the lock."""
        wanted = issuance.job
        if wanted is None:
            raise ValueError("this issuance asks for no summary")
        row: dict[str, Any] = {
            "id": wanted.id,
            "key_index": cipher.key_index(issuance.key),
            "focus": wanted.focus,
            "fingerprint": wanted.fingerprint,
            "recipe": wanted.recipe,
            "asked_at": to_micros(issuance.at),
            "useful_until": to_micros(wanted.useful_until),
            "state": JobState.QUEUED.value,
            "attempt": 0,
            "attempt_limit": self.max_attempts,
            "worker": "",
            "reason": "",
            "lease_until": None,
        }
        seal_into(row, cipher, table="job", contents=_contents(issuance, wanted))
        return Ask(asking=self, issuance=issuance, wanted=wanted, row=row, cipher=cipher)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request for a summary, ready to be written."""

    asking: Asking
    issuance: Issuance
    wanted: NewJob
    row: dict[str, Any]
    cipher: Cipher

    def ask(self, transaction: Transaction) -> tuple[bool, str]:
        """Queue the job, or revive the ended one of the same content; whether it is queued now, and its id."""
        row = self.row | {"since": transaction.now, "wake_at": transaction.now, "sequence": transaction.next_sequence}
        if transaction.insert_or_ignore(job, row):
            self._record(transaction, row, again=False)
            return True, self.wanted.id
        same = {f"same_{name}": row[name] for name in _UNIQUE}
        standing = transaction.one(_SAME, same)
        if standing is None:  # another content holds this very id: no key of ours is taken, only the name
            raise AlreadyRecorded(f"another job has the id {row['id']}; nothing was written")
        if standing["state"] == JobState.DONE and not transaction.execute(_SUMMARY, {"job_id": standing["id"]}).first():
            self._ask_anew(transaction, standing, row)
            return True, self.wanted.id
        if not self._may_ask_again(standing, transaction.now):
            return False, standing["id"]
        # Attempts go on counting: a worker of the first asking must not pass for one of the second.
        row |= {
            "id": standing["id"],
            "attempt": standing["attempt"],
            "attempt_limit": standing["attempt"] + self.asking.max_attempts,
        }
        seal_into(row, self.cipher, table="job", contents=_contents(self.issuance, self.wanted))
        transaction.execute(_AGAIN.values(**row), {"job_id": standing["id"]})
        self._record(transaction, row, again=True)
        return True, standing["id"]

    def _ask_anew(self, transaction: Transaction, done: Mapping[str, Any], row: Mapping[str, Any]) -> None:
        """Queue another job of this content: the summary of the one that was done is purged.

        That job keeps its row and its summary's; its recipe gives up the place that one content has.
        """
        changes = {"recipe": f"{done['recipe']} | purged {done['id']}", "sequence": row["sequence"]}
        # What a purge emptied stays empty, and no digest of it says what this row, told of anew, should hold.
        changes |= {f"{column}_digest": "" for column in BOUND["job"].sealed if done[column] is None}
        transaction.execute(_AGAIN.values(**changes), {"job_id": done["id"]})
        if not transaction.insert_or_ignore(job, row):
            raise AlreadyRecorded(f"another job has the id {row['id']}; nothing was written")
        self._record(transaction, row, again=True, beside=[bind("job", {**done, **changes}, "moved")])

    def _may_ask_again(self, standing: Mapping[str, Any], now: int) -> bool:
        rested = now - standing["since"] >= span_micros(self.asking.retry_failed_after_s)
        return bool(standing["state"] == JobState.EXPIRED or (standing["state"] == JobState.FAILED and rested))

    def _record(
        self, transaction: Transaction, row: Mapping[str, Any], *, again: bool, beside: Sequence[Binding] = ()
    ) -> None:
        event = Event(
            kind=LedgerEvent.JOB_QUEUED,
            subject=row["id"],
            at=self.issuance.at,
            key=self.issuance.key,
            user=self.issuance.user,
            detail={"focus": row["focus"], "fingerprint": row["fingerprint"], "recipe": row["recipe"], "again": again},
        )
        verb: Verb = "moved" if again and not beside else "made"
        transaction.add(chain.draft(event, self.cipher), [bind("job", row, verb), *beside])


def _contents(issuance: Issuance, wanted: NewJob) -> dict[str, bytes | dict[str, Any]]:
    return {"who": {"key": key_to_plain(issuance.key)}, "payload": wanted.payload}
