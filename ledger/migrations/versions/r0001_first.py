"""The first tables, and triggers that refuse what the ledger never does.

The triggers stop mistakes. Whoever owns the database can drop them; then the chain tells (threat T21).
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None

_REFUSAL = "the ledger keeps every row as it was written"
# Rows that never change: their columns but the sealed ones, which a purge may set to null and nothing else.
_SEALED = {
    "audit_entry": ("payload",),
    "snapshot": ("content",),
    "card": ("who", "content"),
    "summary": ("who", "content"),
    "image": ("label", "png"),
    "acknowledgment": ("said",),
}
_MOVING = ("job", "withdrawal", "switch")


def upgrade() -> None:
    """Create the tables and their guards."""
    _create_audit_entry()
    _create_card()
    _create_job()
    _create_summary()
    _create_answers()
    _create_switch_and_nonce()
    guards = _guards_on_sqlite() if op.get_context().dialect.name == "sqlite" else _guards_on_postgresql()
    for statement in guards:
        op.execute(statement)


def _text(name: str, *constraints: Any) -> sa.Column[str]:  # noqa: ANN401
    return sa.Column(name, sa.String(), *constraints, nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _sealed(*names: str) -> tuple[sa.Column[Any], ...]:
    digests = tuple(_text(f"{name}_digest") for name in names)
    return digests + tuple(sa.Column(name, sa.LargeBinary(), nullable=True) for name in names)


def _id_key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=f"pk_{table}")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _create_audit_entry() -> None:
    place = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit_entry",
        sa.Column("sequence", place, autoincrement=False, nullable=False),
        *map(_text, ("previous_hash", "entry_hash", "kind", "subject")),
        *map(_number, ("at", "recorded_at")),
        *map(_text, ("key_index", "user_index")),
        sa.Column("bound", sa.Text(), nullable=False),
        *_sealed("payload"),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit_entry"),
    )
    rare = sa.text("kind IN ('ledger.verified', 'payload.purged')")
    op.create_index("ix_audit_entry_kind", "audit_entry", ["kind"], sqlite_where=rare, postgresql_where=rare)
    _index("audit_entry", "subject")


def _create_card() -> None:
    op.create_table(
        "snapshot",
        *map(_text, ("key_index", "fingerprint")),
        *map(_number, ("sequence", "kept_at")),
        *_sealed("content"),
        sa.PrimaryKeyConstraint("key_index", "fingerprint", name="pk_snapshot"),
    )
    op.create_table(
        "card",
        _text("id"),
        _number("sequence"),
        *map(
            _text, ("key_index", "patient_index", "user_index", "client", "service_id", "topic", "kind", "summary_id")
        ),
        *map(_text, ("fingerprint", "focus", "surface_sha256")),
        *map(_number, ("issued_at", "expires_at")),
        *_sealed("who", "content"),
        _id_key("card"),
    )
    _index("card", "issued_at", "id")
    for found_by in ("key_index", "patient_index", "user_index"):
        _index("card", found_by, "issued_at")


def _create_job() -> None:
    unique = ("key_index", "focus", "fingerprint", "recipe")
    op.create_table(
        "job",
        _text("id"),
        _number("sequence"),
        *map(_text, unique),
        *map(_number, ("asked_at", "useful_until")),
        _text("state"),
        *map(_count, ("attempt", "attempt_limit")),
        *map(_text, ("worker", "reason")),
        _number("since"),
        _number("lease_until", nullable=True),
        _number("wake_at", nullable=True),
        *_sealed("who", "payload"),
        _id_key("job"),
        sa.UniqueConstraint(*unique, name=f"uq_job_{'_'.join(unique)}"),
    )
    waiting = sa.text("wake_at IS NOT NULL")
    op.create_index("ix_job_wake_at", "job", ["wake_at"], sqlite_where=waiting, postgresql_where=waiting)


def _create_summary() -> None:
    op.create_table(
        "summary",
        _text("id"),
        _number("sequence"),
        _text("job_id", sa.ForeignKey("job.id", name="fk_summary_job_id")),
        *map(_text, ("key_index", "focus", "fingerprint", "recipe")),
        _number("made_at"),
        *_sealed("who", "content"),
        _id_key("summary"),
        sa.UniqueConstraint("job_id", name="uq_summary_job_id"),
    )
    _index("summary", "key_index", "focus", "made_at")
    op.create_table(
        "image",
        _text("summary_id", sa.ForeignKey("summary.id", name="fk_image_summary_id")),
        _count("ordinal"),
        _number("sequence"),
        *_sealed("label", "png"),
        sa.PrimaryKeyConstraint("summary_id", "ordinal", name="pk_image"),
    )


def _create_answers() -> None:
    op.create_table(
        "acknowledgment",
        _text("id"),
        _number("sequence"),
        _text("card_id", sa.ForeignKey("card.id", name="fk_acknowledgment_card_id")),
        *map(_text, ("summary_id", "fingerprint", "focus", "key_index", "user_index", "client", "channel", "outcome")),
        _number("outcome_at"),
        _text("identity"),
        *_sealed("said"),
        _id_key("acknowledgment"),
        sa.UniqueConstraint("identity", name="uq_acknowledgment_identity"),
    )
    _index("acknowledgment", "card_id", "sequence")
    _index("acknowledgment", "key_index", "focus", "sequence")
    op.create_table(
        "withdrawal",
        _text("id"),
        _number("sequence"),
        *map(_text, ("summary_id", "key_index")),
        _number("at"),
        _number("released_at", nullable=True),
        *_sealed("said", "release"),
        _id_key("withdrawal"),
    )
    _index("withdrawal", "key_index", "released_at")


def _create_switch_and_nonce() -> None:
    op.create_table(
        "switch",
        _text("id"),
        _number("sequence"),
        *map(_text, ("kind", "name")),
        _number("at"),
        _number("cleared_at", nullable=True),
        *_sealed("said", "clearing"),
        _id_key("switch"),
    )
    standing = sa.text("cleared_at IS NULL")
    op.create_index(
        "uq_switch_standing", "switch", ["kind", "name"], unique=True, sqlite_where=standing, postgresql_where=standing
    )
    op.create_table("nonce", _text("token"), _number("expires_at"), sa.PrimaryKeyConstraint("token", name="pk_nonce"))
    _index("nonce", "expires_at")


def _fixed_columns(table: str) -> str:
    columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
    return ", ".join(f'"{name}"' for name in columns if name not in _SEALED[table])


def _guards_on_sqlite() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    keep = [f"CREATE TRIGGER keep_{table} BEFORE DELETE ON {table} {refuse}" for table in (*_SEALED, *_MOVING)]
    fix = [
        f"CREATE TRIGGER fix_{table} BEFORE UPDATE OF {_fixed_columns(table)} ON {table} {refuse}" for table in _SEALED
    ]
    seal = [
        f"CREATE TRIGGER seal_{table}_{name} BEFORE UPDATE OF {name} ON {table} WHEN NEW.{name} IS NOT NULL {refuse}"
        for table, names in _SEALED.items()
        for name in names
    ]
    return keep + fix + seal


def _guards_on_postgresql() -> list[str]:
    function = (
        "CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    refuse = "EXECUTE FUNCTION ledger_refuse()"
    keep = [
        f"CREATE TRIGGER keep_{table} BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT {refuse}"
        for table in (*_SEALED, *_MOVING)
    ]
    fix = [
        f"CREATE TRIGGER fix_{table} BEFORE UPDATE OF {_fixed_columns(table)} ON {table} FOR EACH STATEMENT {refuse}"
        for table in _SEALED
    ]
    seal = [
        f"CREATE TRIGGER seal_{table}_{name} BEFORE UPDATE OF {name} ON {table} FOR EACH ROW "
        f"WHEN (NEW.{name} IS NOT NULL) {refuse}"
        for table, names in _SEALED.items()
        for name in names
    ]
    return [function, *keep, *fix, *seal]
