"""What came of a check, and how it was made"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Records that exist are of format 1: their hashes know nothing of these columns."""
    with op.batch_alter_table("verification", schema=None) as batch_op:
        batch_op.add_column(sa.Column("format", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("outcome", sa.String(length=12), nullable=True))
        batch_op.add_column(sa.Column("batch_size", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("seconds", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("whole_card", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("evidence", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))


def downgrade() -> None:
    """Undo. Records of format 2 can't be proved any more afterwards."""
    with op.batch_alter_table("verification", schema=None) as batch_op:
        for column in ("evidence", "whole_card", "seconds", "batch_size", "outcome", "format"):
            batch_op.drop_column(column)
