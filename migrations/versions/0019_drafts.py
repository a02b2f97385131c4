"""Drafts of what is being edited, and pictures that no card shows yet"""

import sqlalchemy as sa
from alembic import op

import kb.db

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "edit_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=True),
        sa.Column("collection_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("saved_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_edit_draft_card_id_card"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_edit_draft_collection_id_collection"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_edit_draft_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edit_draft")),
        sa.UniqueConstraint("person_id", "card_id", name=op.f("uq_edit_draft_person_id_card_id")),
        sa.UniqueConstraint("person_id", "collection_id", name=op.f("uq_edit_draft_person_id_collection_id")),
    )  # fmt: skip
    with op.batch_alter_table("edit_draft", schema=None) as batch_op:
        for column in ("person_id", "card_id", "collection_id", "saved_at"):
            batch_op.create_index(batch_op.f(f"ix_edit_draft_{column}"), [column], unique=False)
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_upload_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("person_id", "sha256", name=op.f("uq_upload_person_id_sha256")),
    )  # fmt: skip
    with op.batch_alter_table("upload", schema=None) as batch_op:
        for column in ("person_id", "sha256", "created_at"):
            batch_op.create_index(batch_op.f(f"ix_upload_{column}"), [column], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table("upload")
    op.drop_table("edit_draft")
