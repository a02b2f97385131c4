"""How a dismissed question read, so that it can be listed and brought back"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("dismissed_gap", schema=None) as batch_op:
        batch_op.add_column(sa.Column("words", sa.String(length=300), server_default="", nullable=False))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("dismissed_gap", schema=None) as batch_op:
        batch_op.drop_column("words")
