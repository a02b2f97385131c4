"""The permission table, written out: who may do what with which card; queries and commands decide alike."""

import pytest
from sqlalchemy import select

from kb.cards import commands
from kb.cards.models import Card
from kb.cards.permissions import Right, demand, may, servable_to, visible_to
from kb.cards.replacements import replace_card
from kb.errors import Forbidden, NotFound
from tests.world import World

NAMES = ("ada", "cora", "axel", "vera", "rita", "stan")

# Axel owns every card, Vera is its verifier, Cora wrote it. Billing is open, but only Experts write there;
# Deals is read by the deal desk: Vera and Rita. A letter says who may: Ada, Cora, aXel, Vera, Rita, Stan.
TABLE = """
                                                        draft    published  replaced  archived  deals   deals
                                                                                                        draft
read the card                                           ACXV     ACXVRS     ACXVRS    ACXVRS    ACVR    ACV
edit the card                                           ACXV     ACXV       ACXV      -         ACV     ACV
publish the card                                        ACXV     -          -         -         -       ACV
verify the card                                         -        ACXV       -         -         ACV     -
approve what others write into the card                 AC       AC         AC         -         AC      AC
change the card's owner, verifiers or interval          ACX      ACX        ACX       -         AC      AC
archive or restore the card                             ACX      ACX        ACX       ACX       AC      AC
replace the card                                        -        ACX        ACX       -         AC      -
report a problem with the card                          -        ACXVRS     ACXVRS    -         ACVR    -
comment on the card                                     ACXV     ACXVRS     -         -         ACVR    ACV
resolve what others commented                           ACXV     ACXV       ACXV      -         ACV     ACV
read the card's audit                                   ACXV     ACXV       ACXV      ACXV      ACV     ACV
tell who saw a wrong version of the card                -        ACX        ACX       ACX       AC      -
delete the card                                         -        -          -         A         -       -
"""
COLUMNS = ("draft", "published", "replaced", "archived", "deals", "deals draft")
LETTERS = dict(zip(NAMES, "ACXVRS", strict=True))


@pytest.fixture
def cards(world: World) -> dict[str, int]:
    """A card for each column of the table."""
    with world.transaction() as session:
        world.collection(session, "billing").authors = [world.group(session, "experts")]
    made = {
        "draft": world.card(publish=False),
        "published": world.card(),
        "replaced": world.card(),
        "archived": world.card(),
        "deals": world.card(collection="deals"),
        "deals draft": world.card(collection="deals", publish=False),
    }
    with world.transaction() as session:
        cora = world.actor(session, "cora")
        commands.archive_card(session, cora, session.get_one(Card, made["archived"]), world.now)
        by = session.get_one(Card, made["published"])
        replace_card(session, cora, session.get_one(Card, made["replaced"]), by, world.now)
    return made


def table() -> dict[tuple[Right, str, str], bool]:
    rows = [line.rsplit(maxsplit=6) for line in TABLE.strip().splitlines()[2:]]
    return {
        (Right(row[0].strip()), column, name): LETTERS[name] in cell
        for row in rows
        for column, cell in zip(COLUMNS, row[1:], strict=True)
        for name in NAMES
    }


def test_the_table_is_what_the_code_decides(world: World, cards: dict[str, int]) -> None:
    decided = {}
    with world.read() as session:
        for name in NAMES:
            actor = world.actor(session, name)
            for column, card_id in cards.items():
                card = session.get_one(Card, card_id)
                for right in Right:
                    decided[right, column, name] = may(actor, right, card)
    expected = table()
    assert set(decided) == set(expected)
    assert {key for key in decided if decided[key] != expected[key]} == set()


def test_what_may_not_be_seen_is_not_found_and_what_may_not_be_done_is_forbidden(
    world: World, cards: dict[str, int]
) -> None:
    expected = table()
    with world.read() as session:
        for (right, column, name), allowed in expected.items():
            actor, card = world.actor(session, name), session.get_one(Card, cards[column])
            if allowed:
                demand(actor, right, card)
                continue
            is_visible = expected[Right.READ, column, name]
            with pytest.raises(Forbidden if is_visible else NotFound) as caught:
                demand(actor, right, card)
            assert card.title not in caught.value.detail


def test_queries_find_exactly_what_the_table_lets_a_person_see_and_be_served(
    world: World, cards: dict[str, int]
) -> None:
    """In every role, as a steward, as nobody's colleague, and as the installation itself."""
    with world.transaction() as session:
        world.collection(session, "deals").steward_id = world.person(session, "axel").id
        for number, (author, owner) in enumerate([("axel", "vera"), ("vera", "axel"), ("cora", "rita")]):
            text = world.text(f"Draft {number}", "Text.")
            policy = commands.CardPolicy(owner_id=world.person(session, owner).id)
            shelf = world.collection(session, "billing")
            commands.create_card(session, world.actor(session, author), shelf, text, policy, world.now)
    for role in (None, "rep", "author", "curator", "admin"):
        with world.read() as session:
            every = session.scalars(select(Card)).all()
            for name in (*NAMES, "system"):
                if role is not None and name != "system":
                    world.person(session, name).role = role
                actor = world.actor(session, name)
                visible = set(session.scalars(select(Card.id).where(visible_to(actor))))
                assert visible == {card.id for card in every if may(actor, Right.READ, card)}, (role, name)
                served = set(session.scalars(select(Card.id).where(servable_to(actor))))
                assert served == {card.id for card in every if card.is_servable and card.id in visible}, (role, name)


def test_a_right_is_lost_the_moment_its_reason_is(world: World, cards: dict[str, int]) -> None:
    with world.transaction() as session:
        card, vera = session.get_one(Card, cards["deals"]), world.person(session, "vera")
        assert may(world.actor(session, "vera"), Right.VERIFY, card)
        vera.groups = []
        session.flush()
        assert not may(world.actor(session, "vera"), Right.READ, card)
        axel = world.person(session, "axel")
        axel.role = "rep"
        mine = session.get_one(Card, cards["published"])
        assert not any(
            may(world.actor(session, "axel"), right, mine)
            for right in set(Right) - {Right.READ, Right.FLAG, Right.COMMENT}
        )
