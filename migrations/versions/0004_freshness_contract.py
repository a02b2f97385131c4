"""What a collection asks of its answers"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("collection", schema=None) as batch_op:
        batch_op.add_column(sa.Column("contract", sa.String(length=10), server_default="serve", nullable=False))
        batch_op.add_column(sa.Column("min_trust", sa.String(length=12), nullable=True))
        batch_op.add_column(sa.Column("max_age_days", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("collection", schema=None) as batch_op:
        for column in ("max_age_days", "min_trust", "contract"):
            batch_op.drop_column(column)
