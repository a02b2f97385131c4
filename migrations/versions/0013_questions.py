"""Questions that no card answered, and who asked them"""

import sqlalchemy as sa
from alembic import op

import kb.db

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("detail", sa.String(length=2000), nullable=False),
        sa.Column("collection_id", sa.Integer(), nullable=True),
        sa.Column("card_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=False),
        sa.Column("assigned_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("why_assigned", sa.String(length=200), nullable=False),
        sa.Column("reminded_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column("answer_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["card.id"], name=op.f("fk_question_answer_id_card"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["assignee_id"], ["person.id"], name=op.f("fk_question_assignee_id_person")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_question_card_id_card"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["closed_by_id"], ["person.id"], name=op.f("fk_question_closed_by_id_person")),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_question_collection_id_collection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    with op.batch_alter_table("question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_question_answer_id"), ["answer_id"], unique=False)
        batch_op.create_index("ix_question_assignee_id_closed_at", ["assignee_id", "closed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_question_card_id"), ["card_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_question_collection_id"), ["collection_id"], unique=False)

    op.create_table(
        "question_asker",
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_question_asker_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name=op.f("fk_question_asker_question_id_question"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("question_id", "person_id", name=op.f("pk_question_asker")),
    )
    with op.batch_alter_table("question_asker", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_question_asker_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table("question_asker")
    op.drop_table("question")
