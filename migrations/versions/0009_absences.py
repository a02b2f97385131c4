"""Absences, since when a card is with its assignee, and escalations"""

import sqlalchemy as sa
from alembic import op

import kb.db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _absences()
    _assignments()
    _escalations()
    with op.batch_alter_table("collection", schema=None) as batch_op:
        batch_op.add_column(sa.Column("escalate_days", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("collection", schema=None) as batch_op:
        batch_op.drop_column("escalate_days")
    for table in ("escalation", "assignment", "absence"):
        op.drop_table(table)


def _absences() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("starts_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("stand_in_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_absence_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["stand_in_id"], ["person.id"], name=op.f("fk_absence_stand_in_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_absence_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_absence_state_starts_at_ends_at", ["state", "starts_at", "ends_at"], unique=False)


def _assignments() -> None:
    """Nobody has neglected anything yet: every assignee's time begins now."""
    op.create_table(
        "assignment",
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("since", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("instead_of_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_assignment_card_id_card"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_assignment_person_id_person")),
        sa.ForeignKeyConstraint(["instead_of_id"], ["person.id"], name=op.f("fk_assignment_instead_of_id_person")),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_assignment")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignment_instead_of_id"), ["instead_of_id"], unique=False)
    op.execute(
        "INSERT INTO assignment (card_id, person_id, since) "
        "SELECT id, assignee_id, CURRENT_TIMESTAMP FROM card WHERE assignee_id IS NOT NULL"
    )


def _escalations() -> None:
    op.create_table(
        "escalation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=True),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("passed", sa.JSON(), nullable=False),
        sa.Column("at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_escalation_card_id_card"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["from_id"], ["person.id"], name=op.f("fk_escalation_from_id_person")),
        sa.ForeignKeyConstraint(["to_id"], ["person.id"], name=op.f("fk_escalation_to_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
    )
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.create_index("ix_escalation_card_id_ended_at", ["card_id", "ended_at"], unique=False)
