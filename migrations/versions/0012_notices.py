"""How people are told, what they follow, and webhooks"""

import sqlalchemy as sa
from alembic import op

from kb.db import UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("time_zone", sa.String(length=40), nullable=True))
    with op.batch_alter_table("outgoing_mail", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unsubscribe_url", sa.String(length=500), nullable=True))
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.alter_column("slot", existing_type=sa.String(length=40), type_=sa.String(length=80))
        batch_op.add_column(sa.Column("by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("detail", sa.String(length=500), server_default="", nullable=False))
        batch_op.add_column(sa.Column("read_at", UTCDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("announced_at", UTCDateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_notice_by_id_person"), "person", ["by_id"], ["id"])
        batch_op.create_index("ix_notice_person_id_read_at", ["person_id", "read_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_announced_at"), ["announced_at"], unique=False)
    # What was told by mail before there was a page is not news on it.
    op.execute("UPDATE notice SET read_at = told_at, announced_at = at")
    _make_settings()
    _make_webhooks()


def _make_settings() -> None:
    op.create_table(
        "notice_setting",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_until", sa.Integer(), nullable=True),
        sa.Column("last_digest", sa.String(length=10), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notice_setting_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notice_setting")),
    )
    op.create_table(
        "notice_mark",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_notice_mark")),
    )
    op.create_table(
        "follow",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=True),
        sa.Column("tag", sa.String(length=60), nullable=True),
        sa.Column("collection_id", sa.Integer(), nullable=True),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(card_id IS NOT NULL AND tag IS NULL AND collection_id IS NULL)"
            " OR (card_id IS NULL AND tag IS NOT NULL AND collection_id IS NULL)"
            " OR (card_id IS NULL AND tag IS NULL AND collection_id IS NOT NULL)",
            name=op.f("ck_follow_one_of"),
        ),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_follow_card_id_card"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_follow_collection_id_collection"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_follow_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow")),
        sa.UniqueConstraint("person_id", "card_id", name=op.f("uq_follow_person_id_card_id")),
        sa.UniqueConstraint("person_id", "collection_id", name=op.f("uq_follow_person_id_collection_id")),
        sa.UniqueConstraint("person_id", "tag", name=op.f("uq_follow_person_id_tag")),
    )
    for column in ("card_id", "tag", "collection_id"):
        op.create_index(op.f(f"ix_follow_{column}"), "follow", [column], unique=False)


def _make_webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("collection_id", sa.Integer(), nullable=True),
        sa.Column("is_personal", sa.Boolean(), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("paused_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("failing_since", UTCDateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("disabled_why", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_webhook_collection_id_collection"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_webhook_created_by_id_person")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_webhook_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(op.f("ix_webhook_collection_id"), "webhook", ["collection_id"], unique=False)
    op.create_index(op.f("ix_webhook_person_id"), "webhook", ["person_id"], unique=False)
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("delivery", sa.String(length=32), nullable=False),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id_webhook"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("delivery", name=op.f("uq_webhook_delivery_delivery")),
        sa.UniqueConstraint("webhook_id", "key", name=op.f("uq_webhook_delivery_webhook_id_key")),
    )
    op.create_index("ix_webhook_delivery_state_next_try_at", "webhook_delivery", ["state", "next_try_at"], unique=False)


def downgrade() -> None:
    """Undo."""
    for table in ("webhook_delivery", "webhook", "follow", "notice_mark", "notice_setting"):
        op.drop_table(table)
    op.execute("DELETE FROM notice WHERE length(slot) > 40")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_announced_at"))
        batch_op.drop_index("ix_notice_person_id_read_at")
        batch_op.drop_constraint(batch_op.f("fk_notice_by_id_person"), type_="foreignkey")
        for column in ("announced_at", "read_at", "detail", "by_id"):
            batch_op.drop_column(column)
        batch_op.alter_column("slot", existing_type=sa.String(length=80), type_=sa.String(length=40))
    with op.batch_alter_table("outgoing_mail", schema=None) as batch_op:
        batch_op.drop_column("unsubscribe_url")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("time_zone")
