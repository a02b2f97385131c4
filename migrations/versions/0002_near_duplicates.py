"""Near-duplicates"""

import sqlalchemy as sa
from alembic import op

import kb.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "near_duplicate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("card_version", sa.Integer(), nullable=False),
        sa.Column("other_version", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("found_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("card_id < other_id", name=op.f("ck_near_duplicate_ordered")),
        _of_card("near_duplicate", "card_id"),
        _of_card("near_duplicate", "other_id"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_near_duplicate_decided_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_near_duplicate")),
        sa.UniqueConstraint("card_id", "other_id", name=op.f("uq_near_duplicate_card_id_other_id")),
    )
    op.create_index(op.f("ix_near_duplicate_other_id"), "near_duplicate", ["other_id"], unique=False)
    op.create_table(
        "card_sketch",
        sa.Column("hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        _of_card("card_sketch", "card_id"),
        sa.PrimaryKeyConstraint("hash", "card_id", name=op.f("pk_card_sketch")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_card_sketch_card_id"), "card_sketch", ["card_id"], unique=False)
    op.create_table(
        "sketched_card",
        sa.Column("card_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("method", sa.Integer(), nullable=False),
        _of_card("sketched_card", "card_id"),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_sketched_card")),
    )
    op.create_table(
        "card_alias",
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        _of_card("card_alias", "card_id"),
        sa.PrimaryKeyConstraint("card_id", "words", name=op.f("pk_card_alias")),
    )


def downgrade() -> None:
    """Revert."""
    for table in ("card_alias", "sketched_card", "card_sketch", "near_duplicate"):
        op.drop_table(table)


def _of_card(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["card.id"], name=op.f(f"fk_{table}_{column}_card"), ondelete="CASCADE")
