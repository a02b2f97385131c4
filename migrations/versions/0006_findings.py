"""What speaks against cards: findings, links, sources, the registry, hooks"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

import kb.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# What a curator finds in the registry at first: tools whose names were seen to go with corrections.
TOOLS = (
    "Asana", "Calendly", "Confluence", "DocuSign", "Dropbox", "Freshdesk", "Gong", "Google Drive", "Google Meet",
    "HubSpot", "Intercom", "Jira", "Looker", "Microsoft Teams", "NetSuite", "Okta", "PagerDuty", "Salesforce",
    "ServiceNow", "SharePoint", "Slack", "Snowflake", "Stripe", "Tableau", "Trello", "Workday", "Zapier", "Zendesk",
    "Zoom",
)  # fmt: skip


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "external_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url_hash", sa.String(length=64), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("next_try_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("tried_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("days_failing", sa.Integer(), nullable=False),
        sa.Column("days_moved", sa.Integer(), nullable=False),
        sa.Column("moved_to", sa.String(length=2000), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_link")),
        sa.UniqueConstraint("url_hash", name=op.f("uq_external_link_url_hash")),
    )
    with op.batch_alter_table("external_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_external_link_host"), ["host"], unique=False)
        batch_op.create_index(batch_op.f("ix_external_link_next_try_at"), ["next_try_at"], unique=False)

    op.create_table(
        "hook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("created_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("used_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_hook_created_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook")),
        sa.UniqueConstraint("name", name=op.f("uq_hook_name")),
    )
    op.create_table(
        "registry_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("current", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["updated_by_id"], ["person.id"], name=op.f("fk_registry_entry_updated_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_entry")),
        sa.UniqueConstraint("kind", "name", name=op.f("uq_registry_entry_kind_name")),
    )
    op.create_table(
        "hook_delivery",
        sa.Column("hook_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.String(length=100), nullable=False),
        sa.Column("at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hook_id"], ["hook.id"], name=op.f("fk_hook_delivery_hook_id_hook"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hook_id", "delivery_id", name=op.f("pk_hook_delivery")),
    )
    with op.batch_alter_table("hook_delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hook_delivery_at"), ["at"], unique=False)

    op.create_table(
        "card_external_link",
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name=op.f("fk_card_external_link_card_id_card"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["external_link.id"],
            name=op.f("fk_card_external_link_link_id_external_link"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("card_id", "link_id", name=op.f("pk_card_external_link")),
    )
    with op.batch_alter_table("card_external_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_external_link_link_id"), ["link_id"], unique=False)

    op.create_table(
        "examined_card",
        sa.Column("card_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("examined_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("card_version", sa.Integer(), nullable=False),
        sa.Column("card_updated_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("card_verified_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("next_due_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name=op.f("fk_examined_card_card_id_card"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_examined_card")),
    )
    with op.batch_alter_table("examined_card", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_examined_card_examined_at"), ["examined_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_examined_card_next_due_at"), ["next_due_at"], unique=False)

    op.create_table(
        "watched_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=500), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=True),
        sa.Column("added_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("tried_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.String(length=200), nullable=False),
        sa.Column("seen_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("seen_hash", sa.String(length=64), nullable=True),
        sa.Column("seen", sa.Text(), nullable=True),
        sa.Column("changed_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("now_hash", sa.String(length=64), nullable=True),
        sa.Column("now_says", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name=op.f("fk_watched_source_added_by_id_person")),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name=op.f("fk_watched_source_card_id_card"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watched_source")),
        sa.UniqueConstraint("card_id", "place", name=op.f("uq_watched_source_card_id_place")),
    )
    with op.batch_alter_table("watched_source", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_watched_source_next_try_at"), ["next_try_at"], unique=False)

    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("detector", sa.String(length=30), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("found_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("gone_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("dismissed_at", kb.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("dismissed_by_id", sa.Integer(), nullable=True),
        sa.Column("dismissal", sa.String(length=500), nullable=True),
        sa.Column("flag_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_finding_card_id_card"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["dismissed_by_id"], ["person.id"], name=op.f("fk_finding_dismissed_by_id_person")),
        sa.ForeignKeyConstraint(["flag_id"], ["flag.id"], name=op.f("fk_finding_flag_id_flag"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("card_id", "detector", "fingerprint", name=op.f("uq_finding_card_id_detector_fingerprint")),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index("ix_finding_card_id_gone_at", ["card_id", "gone_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_finding_flag_id"), ["flag_id"], unique=False)

    registry = sa.table(
        "registry_entry",
        sa.column("kind", sa.String),
        sa.column("name", sa.String),
        sa.column("current", sa.String),
        sa.column("version", sa.Integer),
        sa.column("updated_at", kb.db.UTCDateTime(timezone=True)),
    )
    at = datetime(2026, 11, 1, tzinfo=UTC)
    rows = [{"kind": "tool", "name": name, "current": "", "version": 1, "updated_at": at} for name in TOOLS]
    op.bulk_insert(registry, rows)


def downgrade() -> None:
    """Undo."""
    for table in (
        "hook_delivery", "hook", "watched_source", "card_external_link", "external_link", "registry_entry",
        "examined_card", "finding",
    ):  # fmt: skip
        op.drop_table(table)
