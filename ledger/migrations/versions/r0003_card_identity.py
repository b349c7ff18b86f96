"""An index of what was said to whom, so that the same words are the same card. The chain does not cover it."""

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index, empty: a card of an earlier version is not found by its words, and is issued once more."""
    op.create_table(
        "card_identity",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("card_id", sa.String(), nullable=False),
        sa.Column("key_index", sa.String(), nullable=False),
        sa.Column("user_index", sa.String(), nullable=False),
        sa.Column("focus", sa.String(), nullable=False),
        sa.Column("ids", sa.String(), nullable=False),
        sa.Column("shown_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("identity", name="pk_card_identity"),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name="fk_card_identity_card_id"),
    )
    op.create_index(
        "ix_card_identity_key_index_focus_user_index", "card_identity", ["key_index", "focus", "user_index"]
    )
