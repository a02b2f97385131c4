"""Triggers of the browser extension, and the codes with which it connects"""

import sqlalchemy as sa
from alembic import op

import kb.db

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "trigger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(length=253), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_trigger_made_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trigger")),
    )
    with op.batch_alter_table("trigger", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trigger_site"), ["site"], unique=False)

    op.create_table(
        "trigger_card",
        sa.Column("trigger_id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name=op.f("fk_trigger_card_card_id_card"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["trigger_id"], ["trigger.id"], name=op.f("fk_trigger_card_trigger_id_trigger"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("trigger_id", "card_id", name=op.f("pk_trigger_card")),
    )
    with op.batch_alter_table("trigger_card", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trigger_card_card_id"), ["card_id"], unique=False)

    op.create_table(
        "trigger_group",
        sa.Column("trigger_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["group.id"], name=op.f("fk_trigger_group_group_id_group"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["trigger_id"], ["trigger.id"], name=op.f("fk_trigger_group_trigger_id_trigger"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("trigger_id", "group_id", name=op.f("pk_trigger_group")),
    )
    with op.batch_alter_table("trigger_group", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trigger_group_group_id"), ["group_id"], unique=False)

    op.create_table(
        "connection_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("challenge", sa.String(length=43), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("used_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_connection_code_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_connection_code_code_hash")),
    )
    with op.batch_alter_table("connection_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_connection_code_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    for table in ("connection_code", "trigger_group", "trigger_card", "trigger"):
        op.drop_table(table)
