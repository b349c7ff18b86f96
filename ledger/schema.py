"""The tables, on SQLite and on PostgreSQL alike.

Ids and codes are clear text; whatever says something about a person is sealed (sealing.py) or a blind index.
Beside each sealed column stands `<column>_digest`, the salted digest that the chain covers; the sealed bytes
may be purged later, the digest stays. `sequence` is the audit entry that last vouched for the row.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ledger.kinds import LedgerEvent

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str) -> Column[str]:
    return Column(name, String, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _digests(*names: str) -> tuple[Column[str], ...]:
    return tuple(_text(f"{name}_digest") for name in names)


def _sealed(*names: str) -> tuple[Column[bytes], ...]:
    # Last in their table: SQLite walks through a long value to reach a column behind it.
    return tuple(Column(name, LargeBinary, nullable=True) for name in names)


# The only kinds that are looked for by kind. An index of all would grow by three leaves at each hook, for nobody; a
# query must repeat the condition, or neither database sees that the index will do.
RARE_KINDS = text(f"kind IN ('{LedgerEvent.LEDGER_VERIFIED}', '{LedgerEvent.PAYLOAD_PURGED}')")

audit_entry = Table(
    "audit_entry",
    metadata,
    # INTEGER PRIMARY KEY is SQLite's own row number: the head is one step from the root of the tree.
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    _text("previous_hash"),
    _text("entry_hash"),
    _text("kind"),
    _text("subject"),
    _number("at"),
    _number("recorded_at"),
    _text("key_index"),
    _text("user_index"),
    Column("bound", Text, nullable=False),
    *_digests("payload"),
    *_sealed("payload"),
    Index(None, "subject"),
    Index("ix_audit_entry_kind", "kind", sqlite_where=RARE_KINDS, postgresql_where=RARE_KINDS),
)

snapshot = Table(
    "snapshot",
    metadata,
    _text("key_index"),
    _text("fingerprint"),
    _number("sequence"),
    _number("kept_at"),
    *_digests("content"),
    *_sealed("content"),
    PrimaryKeyConstraint("key_index", "fingerprint"),
)

card = Table(
    "card",
    metadata,
    Column("id", String, primary_key=True),
    _number("sequence"),
    _text("key_index"),
    _text("patient_index"),
    _text("user_index"),
    _text("client"),
    _text("service_id"),
    _text("topic"),
    _text("kind"),
    _text("summary_id"),
    _text("fingerprint"),
    _text("focus"),
    _text("surface_sha256"),
    _number("issued_at"),
    _number("expires_at"),
    *_digests("who", "content"),
    *_sealed("who", "content"),
    Index(None, "issued_at", "id"),
    Index(None, "key_index", "issued_at"),
    Index(None, "patient_index", "issued_at"),
    Index(None, "user_index", "issued_at"),
)

# What was said to whom, by blind index: the same words are the same card. It claims nothing by itself (identities.py)
# and could be rebuilt, so outside the chain. `ids` are those of the card, parted by blanks.
card_identity = Table(
    "card_identity",
    metadata,
    Column("identity", String, primary_key=True),
    Column("card_id", String, ForeignKey("card.id"), nullable=False),
    _text("key_index"),
    _text("user_index"),
    _text("focus"),
    _text("ids"),
    _number("shown_at"),
    _number("expires_at"),
    Index(None, "key_index", "focus", "user_index"),
)

job = Table(
    "job",
    metadata,
    Column("id", String, primary_key=True),
    _number("sequence"),
    _text("key_index"),
    _text("focus"),
    _text("fingerprint"),
    _text("recipe"),
    _number("asked_at"),
    _number("useful_until"),
    _text("state"),
    Column("attempt", Integer, nullable=False),
    Column("attempt_limit", Integer, nullable=False),
    _text("worker"),
    _text("reason"),
    _number("since"),
    Column("lease_until", BigInteger, nullable=True),
    # The outbox: when a wake-up for this job is next to be published; null once it has ended.
    Column("wake_at", BigInteger, nullable=True),
    *_digests("who", "payload"),
    *_sealed("who", "payload"),
    UniqueConstraint("key_index", "focus", "fingerprint", "recipe"),
    Index(
        "ix_job_wake_at",
        "wake_at",
        sqlite_where=text("wake_at IS NOT NULL"),
        postgresql_where=text("wake_at IS NOT NULL"),
    ),
)

summary = Table(
    "summary",
    metadata,
    Column("id", String, primary_key=True),
    _number("sequence"),
    # One stored summary per job, whatever two workers believe.
    Column("job_id", String, ForeignKey("job.id"), nullable=False, unique=True),
    _text("key_index"),
    _text("focus"),
    _text("fingerprint"),
    _text("recipe"),
    _number("made_at"),
    *_digests("who", "content"),
    *_sealed("who", "content"),
    Index(None, "key_index", "focus", "made_at"),
)

image = Table(
    "image",
    metadata,
    Column("summary_id", String, ForeignKey("summary.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    _number("sequence"),
    *_digests("label", "png"),
    *_sealed("label", "png"),
    PrimaryKeyConstraint("summary_id", "ordinal"),
)

acknowledgment = Table(
    "acknowledgment",
    metadata,
    Column("id", String, primary_key=True),
    _number("sequence"),
    Column("card_id", String, ForeignKey("card.id"), nullable=False),
    _text("summary_id"),
    _text("fingerprint"),
    _text("focus"),
    _text("key_index"),
    _text("user_index"),
    _text("client"),
    _text("channel"),
    _text("outcome"),
    _number("outcome_at"),
    Column("identity", String, nullable=False, unique=True),
    *_digests("said"),
    *_sealed("said"),
    Index(None, "card_id", "sequence"),
    Index(None, "key_index", "focus", "sequence"),
)

withdrawal = Table(
    "withdrawal",
    metadata,
    Column("id", String, primary_key=True),
    _number("sequence"),
    _text("summary_id"),
    _text("key_index"),
    _number("at"),
    Column("released_at", BigInteger, nullable=True),
    *_digests("said", "release"),
    *_sealed("said", "release"),
    Index(None, "key_index", "released_at"),
)

switch = Table(
    "switch",
    metadata,
    Column("id", String, primary_key=True),
    _number("sequence"),
    _text("kind"),
    _text("name"),
    _number("at"),
    Column("cleared_at", BigInteger, nullable=True),
    *_digests("said", "clearing"),
    *_sealed("said", "clearing"),
    Index(
        "uq_switch_standing",
        "kind",
        "name",
        unique=True,
        sqlite_where=text("cleared_at IS NULL"),
        postgresql_where=text("cleared_at IS NULL"),
    ),
)

# Tokens already seen (threat T4). Short-lived and without content, so outside the chain.
nonce = Table(
    "nonce",
    metadata,
    Column("token", String, primary_key=True),
    _number("expires_at"),
    Index(None, "expires_at"),
)
