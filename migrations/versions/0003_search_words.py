"""What people search for, synonyms and golden queries"""

import sqlalchemy as sa
from alembic import op

import kb.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "search_query",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("last_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("results", sa.Integer(), nullable=False),
        sa.Column("first_card_id", sa.Integer(), nullable=True),
        sa.Column("best_trust", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(
            ["first_card_id"], ["card.id"], name=op.f("fk_search_query_first_card_id_card"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_search_query_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_query")),
    )
    with op.batch_alter_table("search_query", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_search_query_first_card_id"), ["first_card_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_search_query_last_at"), ["last_at"], unique=False)
        batch_op.create_index("ix_search_query_person_id_last_at", ["person_id", "last_at"], unique=False)

    op.create_table(
        "search_click",
        sa.Column("query_id", sa.String(length=24), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name=op.f("fk_search_click_card_id_card"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["query_id"], ["search_query.id"], name=op.f("fk_search_click_query_id_search_query"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("query_id", "card_id", "kind", name=op.f("pk_search_click")),
    )
    with op.batch_alter_table("search_click", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_search_click_card_id"), ["card_id"], unique=False)

    op.create_table(
        "synonym",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("is_one_way", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["updated_by_id"], ["person.id"], name=op.f("fk_synonym_updated_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synonym")),
    )
    op.create_table(
        "synonym_dismissal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asked", sa.String(length=60), nullable=False),
        sa.Column("meant", sa.String(length=60), nullable=False),
        sa.Column("dismissed_by_id", sa.Integer(), nullable=True),
        sa.Column("at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["dismissed_by_id"], ["person.id"], name=op.f("fk_synonym_dismissal_dismissed_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synonym_dismissal")),
        sa.UniqueConstraint("asked", "meant", name=op.f("uq_synonym_dismissal_asked_meant")),
    )
    op.create_table(
        "golden_query",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("is_from_click", sa.Boolean(), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=True),
        sa.Column("at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name=op.f("fk_golden_query_added_by_id_person")),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name=op.f("fk_golden_query_card_id_card"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_golden_query")),
        sa.UniqueConstraint("words", "card_id", name=op.f("uq_golden_query_words_card_id")),
    )
    with op.batch_alter_table("golden_query", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_golden_query_card_id"), ["card_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    for table in ("golden_query", "synonym_dismissal", "synonym", "search_click", "search_query"):
        op.drop_table(table)
