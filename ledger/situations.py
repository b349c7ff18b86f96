"""All that a hook needs to know, from one SELECT: it is on the hook's hot path.

The SELECT is a UNION ALL of narrow rows (tag, id, five texts, a number, a time, one sealed column), so one round trip
and one consistent view answer it. The summary's content is immutable and fetched apart, once per process and summary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
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
    case,
    cast,
    exists,
    literal_column,
    null,
    select,
    union_all,
)

from ledger import schema
from ledger.answers import read_answer
from ledger.binding import Row
from ledger.card_forms import ShownCards
from ledger.identities import MOST, OF_CARD, identity_of, read_standing_card
from ledger.jobs import read_standing
from ledger.prepared import Prepared
from ledger.records import JobState, PatientKey, Situation
from ledger.store import LedgerStore
from ledger.summaries import read_current
from ledger.switches import switch_name
from ledger.withdrawals import read_withdrawal

_MOST_ANSWERS = 50
_TEXTS = 6  # the most that a branch has
_UNRELEASED = {"released_at": None, "release": None}  # the only withdrawals that a situation knows
_KEY = bindparam("key_index", type_=String)
_FOCUS = bindparam("focus", type_=String)
_FINGERPRINT = bindparam("fingerprint", type_=String)
_RECIPE = bindparam("recipe", type_=String)
_USER = bindparam("user_index", type_=String)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Branch:
    """One kind of row, squeezed into the columns that all kinds share, and what those columns are in it."""

    tag: str
    names: tuple[str, ...]  # by place; empty where this kind has nothing
    rows: Select[Any]

    @classmethod
    def of(
        cls, tag: str, source: FromClause, texts: tuple[str, ...], *, number: str = "", time: str = "", sealed: str = ""
    ) -> _Branch:
        """The branch of these columns of `source`."""
        # Written out, not bound: fifty parameters that never change would be bound again at each hook.
        no_text, zero = literal_column("''", String), literal_column("0", BigInteger)
        places = texts + ("",) * (_TEXTS - len(texts))
        rows = select(
            literal_column(f"'{tag}'", String).label("tag"),
            *((source.c[name] if name else no_text).label(f"text_{place}") for place, name in enumerate(places)),
            (source.c[number] if number else zero).label("number"),
            (source.c[time] if time else zero).label("time"),
            (source.c[sealed] if sealed else cast(null(), LargeBinary)).label("sealed"),
        )
        return cls(tag=tag, names=("tag", *places, number, time, sealed), rows=rows)


def _without(table: Table, *names: str) -> list[ColumnElement[Any]]:
    """The columns but these long ones, which sorting would carry along."""
    return [column for column in table.c if column.name not in names]


def held(key_index: ColumnElement[str], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether an unreleased withdrawal holds this patient key."""
    withdrawal = schema.withdrawal.c
    return exists(
        select(withdrawal.id).where(withdrawal.key_index == key_index, withdrawal.released_at.is_(None), *conditions)
    )


def _nearness(of: Table) -> ColumnElement[int]:
    """How near a summary or job is to what is wanted: of this very content and recipe, of this content, of another."""
    is_mine = of.c.fingerprint == _FINGERPRINT
    return case((and_(is_mine, of.c.recipe == _RECIPE), 2), (is_mine, 1), else_=0)


def _branches() -> tuple[_Branch, ...]:
    summary, job, withdrawal = schema.summary, schema.job, schema.withdrawal
    acknowledgment, switch, snapshot = schema.acknowledgment, schema.switch, schema.snapshot
    # One of this very content shows the present chart, whenever it was made: two workers end out of order, and a chart
    # may come back to what it was. Without one, the newest.
    newest = (
        select(*_without(summary, "who", "content"))
        .where(
            summary.c.key_index == _KEY,
            summary.c.focus == _FOCUS,
            summary.c.content.is_not(None),
            ~held(summary.c.key_index),
        )
        .order_by(_nearness(summary).desc(), summary.c.made_at.desc(), summary.c.sequence.desc())
        .limit(1)
    ).subquery()
    # And the job of this very content says more than a later one of another.
    latest = (
        select(*_without(job, "who", "payload"))
        .where(job.c.key_index == _KEY, job.c.focus == _FOCUS)
        .order_by(_nearness(job).desc(), job.c.asked_at.desc(), job.c.sequence.desc())
        .limit(1)
    ).subquery()
    kept_summary = select(summary.c.id).where(summary.c.job_id == latest.c.id, summary.c.content.is_not(None))
    is_purged = and_(latest.c.state == JobState.DONE.value, ~exists(kept_summary))
    standing = select(latest, case((is_purged, "purged"), else_="").label("purged")).subquery()
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
    identity = schema.card_identity.c
    shown = (
        select(
            identity.identity,
            identity.card_id,
            identity.ids,
            schema.card.c.surface_sha256,
            schema.card.c.summary_id,
            schema.card.c.expires_at,
            identity.shown_at,
        )
        .select_from(OF_CARD)
        .where(identity.key_index == _KEY, identity.focus == _FOCUS, identity.user_index == _USER)
        .order_by(identity.shown_at.desc())
        .limit(MOST)
    ).subquery()
    return (
        _Branch.of("summary", newest, ("id", "job_id", "focus", "fingerprint", "recipe"), time="made_at"),
        _Branch.of(
            "job",
            standing,
            ("id", "state", "fingerprint", "recipe", "reason", "purged"),
            number="attempt",
            time="since",
        ),
        _Branch.of("withdrawal", taken_back, ("id", "summary_id"), time="at", sealed="said"),
        _Branch.of(
            "answer",
            said,
            ("id", "card_id", "summary_id", "fingerprint", "channel", "outcome"),
            number="sequence",
            time="outcome_at",
            sealed="said",
        ),
        _Branch.of("switch", off, ("kind", "name")),
        _Branch.of("snapshot", kept, ("fingerprint",)),
        _Branch.of(
            "shown",
            shown,
            ("identity", "card_id", "ids", "surface_sha256", "summary_id"),
            number="expires_at",
            time="shown_at",
        ),
    )


def _prepared(branches: Sequence[_Branch]) -> Prepared:
    by_tag = {branch.tag: branch.names for branch in branches}
    return Prepared(union_all(*(branch.rows for branch in branches)), by_tag=by_tag)


_SITUATION = _prepared(_branches())


def read_situation(
    store: LedgerStore, key: PatientKey, *, focus: str, fingerprint: str, recipe: str = "", user: str = ""
) -> Situation:
    """The situation of this key, focus and user, seen from a history of this fingerprint with this recipe in use."""
    cipher = store.cipher
    wanted = {
        "key_index": cipher.key_index(key),
        "focus": focus,
        "fingerprint": fingerprint,
        "recipe": recipe,
        "user_index": cipher.user_index(user),
    }
    found: dict[str, list[Row]] = {}
    for row in store.prepared_rows(_SITUATION, wanted):
        found.setdefault(row["tag"], []).append(row)
    answers = sorted(found.get("answer", ()), key=lambda row: -row["sequence"])
    return Situation(
        summary=next((read_current(store, row, key) for row in found.get("summary", ())), None),
        job=next((read_standing(row) for row in found.get("job", ())), None),
        withdrawal=next((read_withdrawal({**row, **_UNRELEASED}, cipher) for row in found.get("withdrawal", ())), None),
        answers=tuple(read_answer(row, cipher) for row in answers),
        has_snapshot="snapshot" in found,
        switched_off=tuple(sorted(switch_name(row["kind"], row["name"]) for row in found.get("switch", ()))),
        shown=ShownCards(
            tuple(read_standing_card(row) for row in sorted(found.get("shown", ()), key=lambda row: -row["shown_at"])),
            identify=partial(identity_of, cipher, key=key, user=user, focus=focus),
        ),
    )
