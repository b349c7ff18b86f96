"""All that a hook needs to know, from one SELECT: it is on the hook's hot path.

The SELECT is a UNION ALL of narrow rows (tag, id, five texts, a number, a time, one sealed column), so one round trip
and one consistent view answer it. The summary's content is immutable and fetched apart, once per process and summary.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    LargeBinary,
    Select,
    String,
    Table,
    and_,
    bindparam,
    cast,
    exists,
    literal_column,
    null,
    select,
    union_all,
)

from ledger import schema, summaries
from ledger.clock import from_micros
from ledger.prepared import Prepared
from ledger.records import Answer, Channel, JobStanding, JobState, Outcome, PatientKey, Situation, Withdrawal
from ledger.rows import open_plain
from ledger.sealing import Cipher
from ledger.store import LedgerStore

_MOST_ANSWERS = 50
_KEY = bindparam("key_index", type_=String)
_FOCUS = bindparam("focus", type_=String)
_FINGERPRINT = bindparam("fingerprint", type_=String)


def _branch(
    tag: str, source: FromClause, texts: tuple[str, ...], *, number: str = "", time: str = "", sealed: str = ""
) -> Select[Any]:
    # Written out, not bound: fifty parameters that never change would be bound again at each hook.
    no_text, zero = literal_column("''", String), literal_column("0", BigInteger)
    named: list[ColumnElement[Any]] = [source.c[name].label(f"text_{place}") for place, name in enumerate(texts)]
    empty: list[ColumnElement[Any]] = [no_text.label(f"text_{place}") for place in range(len(texts), 6)]
    return select(
        literal_column(f"'{tag}'", String).label("tag"),
        *named,
        *empty,
        (source.c[number] if number else zero).label("number"),
        (source.c[time] if time else zero).label("time"),
        (source.c[sealed] if sealed else cast(null(), LargeBinary)).label("sealed"),
    )


def _without(table: Table, *names: str) -> list[ColumnElement[Any]]:
    """The columns but these long ones, which sorting would carry along."""
    return [column for column in table.c if column.name not in names]


def held(key_index: ColumnElement[str], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether an unreleased withdrawal holds this patient key."""
    withdrawal = schema.withdrawal.c
    return exists(
        select(withdrawal.id).where(withdrawal.key_index == key_index, withdrawal.released_at.is_(None), *conditions)
    )


def _situation() -> Any:  # noqa: ANN401 - a compound SELECT
    summary, job, withdrawal = schema.summary, schema.job, schema.withdrawal
    acknowledgment, switch, snapshot = schema.acknowledgment, schema.switch, schema.snapshot
    newest = (
        select(*_without(summary, "who", "content"))
        .where(
            summary.c.key_index == _KEY,
            summary.c.focus == _FOCUS,
            summary.c.content.is_not(None),
            ~held(summary.c.key_index),
        )
        .order_by(summary.c.made_at.desc(), summary.c.sequence.desc())
        .limit(1)
    ).subquery()
    # The job of this very content says more than a later one of another; without one, the newest.
    standing = (
        select(*_without(job, "who", "payload"))
        .where(job.c.key_index == _KEY, job.c.focus == _FOCUS)
        .order_by((job.c.fingerprint == _FINGERPRINT).desc(), job.c.asked_at.desc(), job.c.sequence.desc())
        .limit(1)
    ).subquery()
    taken_back = (
        select(withdrawal)
        .where(withdrawal.c.key_index == _KEY, withdrawal.c.released_at.is_(None))
        .order_by(withdrawal.c.sequence.desc())
        .limit(1)
    ).subquery()
    said = (
        select(acknowledgment)
        .where(acknowledgment.c.key_index == _KEY, acknowledgment.c.focus == _FOCUS)
        .order_by(acknowledgment.c.sequence.desc())
        .limit(_MOST_ANSWERS)
    ).subquery()
    off = select(switch).where(switch.c.cleared_at.is_(None)).subquery()
    kept = (
        select(snapshot.c.fingerprint).where(
            and_(
                snapshot.c.key_index == _KEY,
                snapshot.c.fingerprint == _FINGERPRINT,
                snapshot.c.content.is_not(None),  # purged, it is to be kept anew
            )
        )
    ).subquery()
    return union_all(
        _branch("summary", newest, ("id", "job_id", "fingerprint", "recipe"), time="made_at"),
        _branch("job", standing, ("id", "state", "fingerprint", "recipe", "reason"), number="attempt", time="since"),
        _branch("withdrawal", taken_back, ("id", "summary_id"), time="at", sealed="said"),
        _branch(
            "answer",
            said,
            ("id", "card_id", "summary_id", "fingerprint", "channel", "outcome"),
            number="sequence",
            time="outcome_at",
            sealed="said",
        ),
        _branch("switch", off, ("kind", "name")),
        _branch("snapshot", kept, ("fingerprint",)),
    )


_SITUATION = Prepared(_situation())


def read_situation(store: LedgerStore, key: PatientKey, *, focus: str, fingerprint: str) -> Situation:
    """The situation of this key and focus, seen from a history of this fingerprint."""
    cipher = store.cipher
    wanted = {"key_index": cipher.key_index(key), "focus": focus, "fingerprint": fingerprint}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in store.prepared_rows(_SITUATION, wanted):
        found.setdefault(row["tag"], []).append(row)
    answers = sorted(found.get("answer", ()), key=lambda row: -row["number"])
    return Situation(
        summary=next((summaries.from_branch(store, row, key, focus) for row in found.get("summary", ())), None),
        job=next((_standing(row) for row in found.get("job", ())), None),
        withdrawal=next((_withdrawal(row, cipher) for row in found.get("withdrawal", ())), None),
        answers=tuple(_answer(row, cipher) for row in answers),
        has_snapshot="snapshot" in found,
        switched_off=tuple(sorted(f"{row['text_0']}:{row['text_1']}" for row in found.get("switch", ()))),
    )


def _standing(row: Mapping[str, Any]) -> JobStanding:
    return JobStanding(
        id=row["text_0"],
        state=JobState(row["text_1"]),
        fingerprint=row["text_2"],
        recipe=row["text_3"],
        attempt=row["number"],
        since=from_micros(row["time"]),
        reason=row["text_4"],
    )


def _withdrawal(row: Mapping[str, Any], cipher: Cipher) -> Withdrawal:
    said = open_plain({"id": row["text_0"], "said": row["sealed"]}, cipher, table="withdrawal", column="said")
    return Withdrawal(
        id=row["text_0"],
        summary_id=row["text_1"],
        reason=said.get("reason", ""),
        at=from_micros(row["time"]),
        by=said.get("by", ""),
    )


def _answer(row: Mapping[str, Any], cipher: Cipher) -> Answer:
    said = open_plain({"id": row["text_0"], "said": row["sealed"]}, cipher, table="acknowledgment", column="said")
    return Answer(
        card_id=row["text_1"],
        summary_id=row["text_2"],
        fingerprint=row["text_3"],
        user=said.get("user", ""),
        channel=Channel(row["text_4"]),
        outcome=Outcome(row["text_5"]),
        reason=said.get("reason", ""),
        at=from_micros(row["time"]),
        sequence=row["number"],
    )
