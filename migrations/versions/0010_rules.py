"""Rules of the verification policy, the pace of collections, and the time people have for checks"""

import sqlalchemy as sa
from alembic import op

import kb.db

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("collection_id", sa.Integer(), nullable=True),
        sa.Column("tag", sa.String(length=60), nullable=True),
        sa.Column("audience", sa.String(length=60), nullable=True),
        sa.Column("interval_days", sa.Integer(), nullable=True),
        sa.Column("check_on", sa.Date(), nullable=True),
        sa.Column("is_yearly", sa.Boolean(), nullable=False),
        sa.Column("pace", sa.String(length=10), nullable=True),
        sa.Column("expiry", sa.String(length=10), nullable=True),
        sa.Column("created_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "interval_days IS NULL OR check_on IS NULL OR NOT is_yearly", name=op.f("ck_rule_one_rhythm")
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_rule_collection_id_collection"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_rule_created_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule")),
    )
    with op.batch_alter_table("rule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rule_collection_id"), ["collection_id"], unique=False)
    op.create_table(
        "rule_change",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_rule_change_actor_id_person")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_rule_change")),
    )
    op.create_table(
        "suggested_interval",
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name=op.f("fk_suggested_interval_card_id_card"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_suggested_interval")),
    )
    with op.batch_alter_table("collection", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_adaptive", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("minutes_per_week", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("minutes_per_week")
    with op.batch_alter_table("collection", schema=None) as batch_op:
        batch_op.drop_column("is_adaptive")
    for table in ("suggested_interval", "rule_change", "rule"):
        op.drop_table(table)
