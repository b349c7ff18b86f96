"""A history whose content was purged may be kept anew in its place; any other change of it is refused as before."""

from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None

_REFUSAL = "the ledger keeps every row as it was written"
_RENEWED = "OLD.content IS NULL AND NEW.content IS NOT NULL"
_SAME_PLACE = "OLD.key_index = NEW.key_index AND OLD.fingerprint = NEW.fingerprint"


def upgrade() -> None:
    """Let the guards of `snapshot` pass a new content where there is none."""
    statements = _on_sqlite() if op.get_context().dialect.name == "sqlite" else _on_postgresql()
    for statement in statements:
        op.execute(statement)


def _on_sqlite() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    return [
        "DROP TRIGGER fix_snapshot",
        "DROP TRIGGER seal_snapshot_content",
        (
            "CREATE TRIGGER fix_snapshot BEFORE UPDATE OF key_index, fingerprint, sequence, kept_at, content_digest"
            f" ON snapshot WHEN NOT ({_RENEWED} AND {_SAME_PLACE}) {refuse}"
        ),
        (
            "CREATE TRIGGER seal_snapshot_content BEFORE UPDATE OF content ON snapshot"
            f" WHEN OLD.content IS NOT NULL AND NEW.content IS NOT NULL {refuse}"
        ),
    ]


def _on_postgresql() -> list[str]:
    refuse = "EXECUTE FUNCTION ledger_refuse()"
    return [
        "DROP TRIGGER fix_snapshot ON snapshot",
        "DROP TRIGGER seal_snapshot_content ON snapshot",
        (
            "CREATE TRIGGER fix_snapshot BEFORE UPDATE OF key_index, fingerprint, sequence, kept_at, content_digest"
            f" ON snapshot FOR EACH ROW WHEN (NOT ({_RENEWED} AND {_SAME_PLACE})) {refuse}"
        ),
        (
            "CREATE TRIGGER seal_snapshot_content BEFORE UPDATE OF content ON snapshot FOR EACH ROW"
            f" WHEN (OLD.content IS NOT NULL AND NEW.content IS NOT NULL) {refuse}"
        ),
    ]
