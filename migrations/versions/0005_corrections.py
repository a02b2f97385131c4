"""Which revisions corrected something, how much staleness a collection bears, and what was learnt of both"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

import kb.db
from kb.text.corrections import is_correction

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_REVISION = sa.table(
    "revision",
    sa.column("card_id", sa.Integer), sa.column("number", sa.Integer), sa.column("title", sa.String),
    sa.column("body", sa.Text), sa.column("is_minor", sa.Boolean), sa.column("corrects", sa.Boolean),
)  # fmt: skip
_MANY = 500


def upgrade() -> None:
    """Apply, and decide for every revision that is there already."""
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("corrects", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("collection", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stale_target", sa.Double(), nullable=True))
    _make_learnt()
    connection = op.get_bind()
    marked = _REVISION.update().where(
        _REVISION.c.card_id == sa.bindparam("card"), _REVISION.c.number == sa.bindparam("at")
    )
    for some in _in_parts(list(_corrections(connection))):
        connection.execute(marked.values(corrects=sa.true()), [{"card": card, "at": number} for card, number in some])


def downgrade() -> None:
    """Undo."""
    op.drop_table("freshness_shelf_rate")
    op.drop_table("freshness_learnt")
    with op.batch_alter_table("collection", schema=None) as batch_op:
        batch_op.drop_column("stale_target")
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.drop_column("corrects")


def _make_learnt() -> None:
    op.create_table(
        "freshness_learnt",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("calibration", sa.Double(), nullable=False),
        sa.Column("report_rate", sa.Double(), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("median_words", sa.Double(), nullable=False),
        sa.Column("rate_per_day", sa.Double(), nullable=False),
        sa.Column("at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freshness_learnt")),
    )
    op.create_table(
        "freshness_shelf_rate",
        sa.Column("collection_id", sa.Integer(), nullable=False),
        sa.Column("rate_per_day", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], ondelete="CASCADE",
            name=op.f("fk_freshness_shelf_rate_collection_id_collection"),
        ),
        sa.PrimaryKeyConstraint("collection_id", name=op.f("pk_freshness_shelf_rate")),
    )  # fmt: skip


def _corrections(connection: sa.Connection) -> Iterator[tuple[int, int]]:
    """Revision by revision: only one and the one before it are in memory, however many there are."""
    in_order = sa.select(_REVISION).order_by(_REVISION.c.card_id, _REVISION.c.number)
    rows = connection.execute(in_order, execution_options={"yield_per": _MANY})
    before = None
    for row in rows:
        follows = before is not None and before.card_id == row.card_id and not row.is_minor
        if follows and is_correction(before.title, before.body, row.title, row.body):
            yield row.card_id, row.number
        before = row


def _in_parts(all_of_them: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    yield from (all_of_them[start : start + _MANY] for start in range(0, len(all_of_them), _MANY))
