"""Sightings, recalls, and what an answer as of an earlier instant needs"""

import sqlalchemy as sa
from alembic import op

import kb.db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. What is current is taken over, older revisions stay without."""
    _make_sightings()
    _make_recalls()
    _make_pair_spans()
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("text", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("headings", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("audience", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("collection_id", sa.Integer(), nullable=True))
    with op.batch_alter_table("replacement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_undone", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("card_alias", schema=None) as batch_op:
        batch_op.add_column(sa.Column("since", kb.db.UTCDateTime(timezone=True), nullable=True))
    op.execute("UPDATE replacement SET is_undone = (replaced_by_id IS NULL)")
    current = "(SELECT {0} FROM card WHERE card.id = revision.card_id AND card.version = revision.number)"
    columns = ("text", "headings", "audience", "collection_id")
    op.execute(f"UPDATE revision SET {', '.join(f'{name} = {current.format(name)}' for name in columns)}")  # noqa: S608
    op.execute(
        "INSERT INTO pair_span (card_id, other_id, score, since)"
        " SELECT card_id, other_id, score, found_at FROM near_duplicate WHERE decision IS NULL"
    )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("card_alias", schema=None) as batch_op:
        batch_op.drop_column("since")
    with op.batch_alter_table("replacement", schema=None) as batch_op:
        batch_op.drop_column("is_undone")
    with op.batch_alter_table("revision", schema=None) as batch_op:
        for column in ("collection_id", "audience", "headings", "text"):
            batch_op.drop_column(column)
    for table in ("pair_span", "recall_receipt", "recall", "sighting"):
        op.drop_table(table)


def _make_sightings() -> None:
    op.create_table(
        "sighting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        _instant("first_at"),
        _instant("last_at"),
        sa.Column("times", sa.Integer(), nullable=False),
        _of("sighting", "card_id", "card", ondelete="CASCADE"),
        _of("sighting", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
        sa.UniqueConstraint(
            "card_id", "version", "person_id", "kind", name=op.f("uq_sighting_card_id_version_person_id_kind")
        ),
    )
    op.create_index("ix_sighting_person_id_last_at", "sighting", ["person_id", "last_at"], unique=False)
    op.create_index("ix_sighting_last_at", "sighting", ["last_at"], unique=False)


def _make_recalls() -> None:
    op.create_table(
        "recall",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("first_version", sa.Integer(), nullable=False),
        sa.Column("last_version", sa.Integer(), nullable=False),
        _instant("since"),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        _instant("at"),
        _instant("reminded_at", nullable=True),
        _of("recall", "card_id", "card", ondelete="CASCADE"),
        _of("recall", "by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall")),
        sa.UniqueConstraint(
            "card_id", "first_version", "last_version", "since",
            name=op.f("uq_recall_card_id_first_version_last_version_since"),
        ),
    )  # fmt: skip
    op.create_table(
        "recall_receipt",
        sa.Column("recall_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        _instant("at"),
        _instant("seen_at", nullable=True),
        _of("recall_receipt", "recall_id", "recall", ondelete="CASCADE"),
        _of("recall_receipt", "person_id", "person"),
        sa.PrimaryKeyConstraint("recall_id", "person_id", name=op.f("pk_recall_receipt")),
    )
    op.create_index("ix_recall_receipt_person_id_seen_at", "recall_receipt", ["person_id", "seen_at"], unique=False)


def _make_pair_spans() -> None:
    op.create_table(
        "pair_span",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        _instant("since"),
        _instant("until", nullable=True),
        _of("pair_span", "card_id", "card", ondelete="CASCADE"),
        _of("pair_span", "other_id", "card", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pair_span")),
    )
    op.create_index("ix_pair_span_card_id_other_id", "pair_span", ["card_id", "other_id"], unique=False)
    op.create_index(op.f("ix_pair_span_other_id"), "pair_span", ["other_id"], unique=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, kb.db.UTCDateTime(timezone=True), nullable=nullable)


def _of(table: str, column: str, other: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"), ondelete=ondelete
    )
