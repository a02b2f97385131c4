"""Card templates, five of them built in, and what a card, a proposal and a rule say of them"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

import kb.db

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# As they were when they came; later ones are changed on their page. (slug, name, about, most words, parts); a part is
# (heading, hint, whether it is required), and its key the heading's words in small letters.
BUILT_IN = (
    ("battle-card", "Battle card", "How we stand against one competitor.", 400, (
        ("In short", "Two sentences: when they win, and when we do.", True),
        ("Where we win", "Points that a customer can check, each with its proof.", True),
        ("Where they win", "Say it openly: customers ask.", True),
        ("Price", "What theirs costs, as of when, and where that is from.", False),
        ("What they say about us", "Their claim, then our answer.", False),
        ("Questions to ask", "Questions whose answers show the difference.", True),
        ("Do not say", "What is wrong, not proven, or not allowed.", False),
    )),
    ("how-to", "How-to", "Steps that lead to one result.", 500, (
        ("When you need this", "The situation, in the words of whoever looks for it.", False),
        ("Before you start", "Rights, tools and facts that have to be at hand.", False),
        ("Steps", "A numbered list, one action each.", True),
        ("How you know it worked", "What is to be seen afterwards.", True),
        ("If it does not work", "The usual reasons, and whom to ask.", False),
    )),
    ("policy", "Policy", "A rule of the house, and how far it reaches.", 600, (
        ("The rule", "What holds, in one or two sentences.", True),
        ("Who and what it covers", "Customers, countries, contracts, dates.", True),
        ("Exceptions", "Who may grant one, and how. “None” is an answer, too.", True),
        ("How to apply it", "What to do and what to say.", False),
        ("Where it comes from", "The law, contract or decision, with its date.", False),
    )),
    ("objection", "Objection", "What a customer holds against it, and what to answer.", 250, (
        ("What they say", "The objection in the customer’s own words.", True),
        ("What is behind it", "The worry that the words stand for.", False),
        ("What to answer", "Words that a rep can say as they stand.", True),
        ("Proof", "Figures, names or documents that bear it out.", True),
        ("Next step", "What to offer once the objection is answered.", False),
    )),
    ("product-update", "Product update", "What changed in the product, for those who sell and support it.", 300, (
        ("What changed", "What customers see, before and after.", True),
        ("Who gets it, and when", "Plans, countries and dates.", True),
        ("What to tell customers", "Words that can be used as they stand.", True),
        ("What stays the same", "What they might fear for.", False),
        ("Known limits", "What it does not do yet.", False),
    )),
)  # fmt: skip
SINCE = datetime(2026, 11, 27, tzinfo=UTC)


def upgrade() -> None:
    """Apply."""
    template = op.create_table(
        "card_template",
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("most_words", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", kb.db.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_card_template")),
        sa.UniqueConstraint("name", name=op.f("uq_card_template_name")),
    )
    part = op.create_table(
        "template_part",
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("heading", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("hint", sa.String(length=200), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["template"], ["card_template.slug"], name=op.f("fk_template_part_template_card_template"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("template", "position", name=op.f("pk_template_part")),
    )  # fmt: skip
    op.bulk_insert(template, [
        {"slug": slug, "name": name, "about": about, "most_words": words, "version": 1, "updated_at": SINCE}
        for slug, name, about, words, _ in BUILT_IN
    ])  # fmt: skip
    op.bulk_insert(part, [
        {"template": slug, "position": place, "heading": heading, "hint": hint, "is_required": required,
         "key": heading.lower().replace(",", "").replace(" ", "-")}
        for slug, _, _, _, parts in BUILT_IN
        for place, (heading, hint, required) in enumerate(parts)
    ])  # fmt: skip
    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.add_column(sa.Column("template", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("written_parts", sa.Text(), server_default="", nullable=False))
        batch_op.create_index(batch_op.f("ix_card_template"), ["template"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_card_template_card_template"), "card_template", ["template"], ["slug"]
        )
    with op.batch_alter_table("rule", schema=None) as batch_op:
        batch_op.add_column(sa.Column("template", sa.String(length=40), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_rule_template_card_template"), "card_template", ["template"], ["slug"]
        )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("template", sa.String(length=40), nullable=True))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_column("template")
    with op.batch_alter_table("rule", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_rule_template_card_template"), type_="foreignkey")
        batch_op.drop_column("template")
    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_card_template_card_template"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_card_template"))
        batch_op.drop_column("written_parts")
        batch_op.drop_column("template")
    op.drop_table("template_part")
    op.drop_table("card_template")
