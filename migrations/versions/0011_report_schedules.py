"""Who gets the weekly report when, and what was expected of each card at the end of a week"""

import sqlalchemy as sa
from alembic import op

import kb.db

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Whoever had the report gets it as before; a week that went out already is not sent again."""
    op.create_table(
        "report_schedule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=True),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("collection_id", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("hour", sa.Integer(), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("since", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("paused_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(scope = 'collection') = (collection_id IS NOT NULL)", name=op.f("ck_report_schedule_about")
        ),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name=op.f("fk_report_schedule_added_by_id_person")),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_report_schedule_collection_id_collection"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_report_schedule_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedule")),
        sqlite_autoincrement=True,
    )  # fmt: skip
    with op.batch_alter_table("report_schedule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_schedule_collection_id"), ["collection_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_schedule_person_id"), ["person_id"], unique=False)
    op.create_table(
        "card_week",
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.Column("p_stale", sa.Double(), nullable=False),
        sa.Column("views_per_week", sa.Double(), nullable=False),
        sa.Column("stale_per_week", sa.Double(), nullable=False),
        sa.Column("rate_per_year", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_card_week_card_id_card"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("card_id", "monday", name=op.f("pk_card_week")),
    )
    with op.batch_alter_table("card_week", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_week_monday"), ["monday"], unique=False)
    op.execute(
        """
        INSERT INTO report_schedule (person_id, scope, channel, since)
        SELECT id, 'all', 'mail', coalesce((SELECT max(at) FROM job_run WHERE job = 'weekly_report'), created_at)
        FROM person WHERE weekly_report ORDER BY id
        """
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("weekly_report")


def downgrade() -> None:
    """Undo. Whoever gets any report by mail gets the one of before."""
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("weekly_report", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        """
        UPDATE person SET weekly_report = true WHERE id IN (
            SELECT person_id FROM report_schedule WHERE channel = 'mail' AND paused_at IS NULL
        )
        """
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.alter_column("weekly_report", server_default=None)
    op.drop_table("card_week")
    op.drop_table("report_schedule")
