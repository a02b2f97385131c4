"""A card's life: written, edited, published, archived, restored, replaced, deleted; nothing of it is lost or forked."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.cards import commands, queries
from kb.cards.commands import CardPolicy, Edit
from kb.cards.models import Card, CollectionVerifier, Replacement, Revision, Status
from kb.cards.replacements import replace_card, undo_replacement
from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.people.actor import Actor
from kb.trust import commands as trust
from kb.trust.models import Flag, Verification
from kb.trust.state import TrustState
from tests.kb.together import Meet, at_once
from tests.world import World


def edit(
    world: World, card_id: int, by: str, body: str, *, title: str = "Refunds", version: int | None = None,
    is_minor: bool = False, checked: bool = False, shelf: str | None = None, meet: Meet = lambda: None,
) -> list[str]:  # fmt: skip
    text = world.text(title, body)
    with world.transaction() as session:
        card = session.get_one(Card, card_id)
        actor = world.actor(session, by)
        meet()
        wanted = Edit(card.version if version is None else version, "", is_minor, checked)
        onto = world.collection(session, shelf) if shelf else None
        return commands.edit_card(session, actor, card, text, wanted, world.policy, world.now, shelf=onto).changed


def act(world: World, command: Callable[..., object], card_id: int, by: str = "cora", *more: object) -> None:
    """One command on one card in one transaction; ids among `more` given as ("card", id) are loaded."""
    with world.transaction() as session:
        loaded = [session.get_one(Card, m[1]) if isinstance(m, tuple) else m for m in more]
        command(session, world.actor(session, by), session.get_one(Card, card_id), *loaded, world.now)


def replace(world: World, card_id: int, by_id: int, by: str = "cora") -> None:
    act(world, replace_card, card_id, by, ("card", by_id))


def archive(world: World, card_id: int) -> None:
    act(world, commands.archive_card, card_id)


def head(world: World, card_id: int, reader: str = "rita") -> int | None:
    with world.read() as session:
        line = queries.head_of_line(session, world.actor(session, reader), session.get_one(Card, card_id))
        return line.head.id if line.head else None


def served(world: World, reader: str = "rita") -> set[int]:
    with world.read() as session:
        ids = list(session.scalars(select(Card.id)))
        return set(queries.servable_cards(session, world.actor(session, reader), ids))


def revisions(world: World, card_id: int) -> list[tuple[int, str]]:
    with world.read() as session:
        return [(r.number, r.body) for r in queries.revisions_of(session, session.get_one(Card, card_id))]


def fact(world: World, card_id: int, name: str) -> object:
    with world.read() as session:
        return getattr(session.get_one(Card, card_id), name)


# writing and publishing


def test_a_new_card_is_a_draft_of_its_author_with_one_revision(world: World) -> None:
    card = world.card("Refunds", "Within 30 days.", author="axel", owner=None, publish=False, tags=("b", "a"))
    assert revisions(world, card) == [(1, "Within 30 days.")]
    with world.read() as session:
        found = session.get_one(Card, card)
        assert (found.status, found.tags, found.assignee_id) == ("draft", ["a", "b"], None)
        assert found.created_by_id == world.person(session, "axel").id


def test_a_draft_exists_only_for_its_author_and_those_who_write_there(world: World) -> None:
    with world.transaction() as session:
        world.collection(session, "billing").authors = [world.group(session, "experts")]
    draft = world.card(author="axel", owner="axel", publish=False)
    with world.read() as session:
        for name in ("axel", "vera", "cora", "ada"):
            assert queries.card_visible_to(session, world.actor(session, name), draft).id == draft
        for name in ("rita", "stan"):
            with pytest.raises(NotFound):
                queries.card_visible_to(session, world.actor(session, name), draft)


def test_a_draft_that_was_archived_stays_as_private_as_it_was(world: World) -> None:
    draft, published = world.card(publish=False), world.card()
    archive(world, draft)
    archive(world, published)
    with world.read() as session:
        rita = world.actor(session, "rita")
        assert queries.card_visible_to(session, rita, published).id == published
        with pytest.raises(NotFound):
            queries.card_visible_to(session, rita, draft)


def test_no_number_of_a_card_that_does_not_exist_is_more_than_not_found(world: World) -> None:
    with world.read() as session:
        for card_id in (0, -1, 2**31 - 1, 2**31, 2**63, 10**40):
            with pytest.raises(NotFound):
                queries.card_visible_to(session, world.actor(session, "ada"), card_id)


def test_a_rep_writes_nothing_and_a_hidden_collection_is_not_there(world: World) -> None:
    with pytest.raises(Forbidden):
        world.card(author="rita")
    with pytest.raises(NotFound):
        world.card(author="axel", collection="deals")


def test_a_draft_without_a_text_cannot_be_published(world: World) -> None:
    with pytest.raises(Invalid, match="Write the answer"):
        world.card(body=" \n")


def test_publishing_twice_is_publishing_once(world: World) -> None:
    card = world.card(publish=False)
    act(world, commands.publish_card, card)
    published_at = fact(world, card, "published_at")
    world.later(days=1)
    act(world, commands.publish_card, card)
    assert fact(world, card, "published_at") == published_at
    assert fact(world, card, "assignee_id") is not None


def test_two_cards_of_a_collection_cannot_share_an_external_id(world: World) -> None:
    first = world.card(external_id="kb-1")
    with pytest.raises(Conflict, match="external id"):
        world.card(external_id="kb-1")
    other = world.card(external_id="kb-1", collection="deals", author="cora")
    with pytest.raises(Conflict, match="external id"):
        edit(world, other, "cora", "Moved.", shelf="billing")
    assert fact(world, first, "collection_id") != fact(world, other, "collection_id")


# editing


def test_the_same_reading_makes_no_revision_and_keeps_the_verification(world: World) -> None:
    card = world.card("Refunds", "Full refund *within* 30 days.", verified=True)
    updated_at = fact(world, card, "updated_at")
    world.later(days=1)
    assert edit(world, card, "axel", "Full  refund _within_\n30 days.\n\n") == []
    assert revisions(world, card) == [(1, "Full refund *within* 30 days.")]
    assert fact(world, card, "updated_at") == updated_at
    assert world.trust(card).state is TrustState.VERIFIED


def test_an_edit_takes_the_verification_back_and_says_so(world: World) -> None:
    card = world.card("Refunds", verified=True)
    world.later(days=1)
    assert edit(world, card, "axel", "Within 14 days.") == ["body"]
    trust_now = world.trust(card)
    assert (trust_now.state, [r.kind for r in trust_now.reasons]) == (TrustState.UNVERIFIED, ["edited"])
    assert (trust_now.reasons[0].person, trust_now.reasons[0].at) == ("Axel", world.now)
    assert revisions(world, card) == [(2, "Within 14 days."), (1, "Full refund within 30 days.")]


def test_a_minor_edit_of_a_curator_leaves_the_verification_alone(world: World) -> None:
    card = world.card("Refunds", verified=True)
    assert edit(world, card, "cora", "Full refund, within 30 days.", is_minor=True) == ["body"]
    assert world.trust(card).state is TrustState.VERIFIED
    assert fact(world, card, "verified_version") == 1


def test_an_author_cannot_call_an_edit_minor(world: World) -> None:
    card = world.card("Refunds", verified=True)
    with pytest.raises(Forbidden, match="minor"):
        edit(world, card, "vera", "Within 3 days.", is_minor=True)
    assert len(revisions(world, card)) == 1


def test_a_verifier_who_checked_the_whole_card_verifies_what_they_wrote(world: World) -> None:
    card = world.card("Refunds", verified=True)
    world.later(days=3)
    edit(world, card, "vera", "Within 14 days.", checked=True)
    assert world.trust(card).state is TrustState.VERIFIED
    assert (fact(world, card, "verified_version"), fact(world, card, "verified_at")) == (2, world.now)
    with world.read() as session:
        records = session.scalars(select(Verification).order_by(Verification.id)).all()
        assert [(r.verdict, r.basis, r.version, r.outcome, r.whole_card) for r in records] == [
            ("verified", "checked", 1, "still_right", False),
            ("verified", "edited", 2, "corrected", True),
        ]


def test_a_checked_edit_that_changes_no_word_found_the_card_still_right(world: World) -> None:
    card = world.card("Refunds", verified=True)
    edit(world, card, "vera", "Full refund within 30 days.", checked=True)
    with world.read() as session:
        last = session.scalars(select(Verification).order_by(Verification.id.desc()).limit(1)).one()
        assert (last.basis, last.outcome, last.whole_card) == ("edited", "still_right", True)


def test_checking_without_being_a_verifier_saves_nothing_at_all(world: World) -> None:
    card = world.card("Refunds", owner="cora", verifiers=("cora",), verified=True)
    with pytest.raises(Forbidden):
        edit(world, card, "vera", "Within 3 days.", checked=True)
    assert len(revisions(world, card)) == 1
    assert world.trust(card).state is TrustState.VERIFIED


def test_an_edit_of_a_text_that_moved_on_is_a_conflict(world: World) -> None:
    card = world.card("Refunds")
    edit(world, card, "axel", "Within 14 days.")
    with pytest.raises(Conflict, match="at version 2 now; yours was drawn from version 1"):
        edit(world, card, "vera", "Within 7 days.", version=1)
    assert fact(world, card, "body") == "Within 14 days."


def test_of_two_edits_at_once_exactly_one_is_made(world: World) -> None:
    card = world.card("Refunds")
    outcomes = at_once(
        lambda meet: edit(world, card, "axel", "Axel's text.", version=1, meet=meet),
        lambda meet: edit(world, card, "vera", "Vera's text.", version=1, meet=meet),
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "list"], outcomes
    winner = "Axel's text." if isinstance(outcomes[0], list) else "Vera's text."
    assert revisions(world, card) == [(2, winner), (1, "Full refund within 30 days.")]
    assert (fact(world, card, "body"), fact(world, card, "version")) == (winner, 2)


def test_a_text_that_is_edited_while_it_is_verified_is_never_verified_unread(world: World) -> None:
    for _ in range(3):
        card = world.card("Refunds")

        def check(meet: Meet, card: int = card) -> None:
            with world.transaction() as session:
                found, vera = session.get_one(Card, card), world.actor(session, "vera")
                meet()
                trust.verify(session, vera, found, 1, world.policy, world.now)

        def change(meet: Meet, card: int = card) -> None:
            edit(world, card, "axel", "Another text.", version=1, meet=meet)

        verified, _ = at_once(check, change)
        assert verified is None or isinstance(verified, Conflict)
        assert fact(world, card, "version") == 2
        assert world.trust(card).state is TrustState.UNVERIFIED


def test_moving_a_card_to_a_hidden_collection_does_not_tell_its_name(world: World) -> None:
    card = world.card("Refunds")
    with pytest.raises(NotFound) as caught:
        edit(world, card, "axel", "Moved.", shelf="deals")
    assert "Deals" not in str(caught.value)
    assert revisions(world, card) == [(1, "Full refund within 30 days.")]


def test_moving_a_card_takes_it_from_those_who_cannot_read_its_new_place(world: World) -> None:
    card = world.card("Refunds", owner="axel", verifiers=("axel",))
    edit(world, card, "cora", "Moved.", shelf="deals")
    with world.read() as session:
        assert session.get_one(Card, card).assignee_id == world.person(session, "cora").id
    assert card not in served(world, "stan")
    assert card in served(world, "rita")


# archiving and restoring


def test_an_archived_card_is_no_answer_and_comes_back_as_it_was(world: World) -> None:
    card = world.card(verified=True)
    archive(world, card)
    archive(world, card)
    assert card not in served(world)
    assert fact(world, card, "assignee_id") is None
    act(world, commands.restore_card, card)
    assert card in served(world)
    assert fact(world, card, "assignee_id") is not None
    assert world.trust(card).state is TrustState.VERIFIED
    with pytest.raises(Conflict, match="not archived"):
        act(world, commands.restore_card, card)


def test_a_draft_that_was_archived_comes_back_as_a_draft(world: World) -> None:
    card = world.card(publish=False)
    archive(world, card)
    act(world, commands.restore_card, card)
    assert (fact(world, card, "status"), fact(world, card, "assignee_id")) == (Status.DRAFT, None)


def test_an_archived_card_cannot_be_edited_published_or_replaced(world: World) -> None:
    card, other = world.card("Refunds"), world.card()
    archive(world, card)
    with pytest.raises(Forbidden, match="archived"):
        edit(world, card, "cora", "Changed.")
    with pytest.raises(Forbidden, match="archived"):
        act(world, commands.publish_card, card)
    with pytest.raises(Forbidden, match="archived"):
        replace(world, card, other)
    with pytest.raises(Invalid, match="must be published"):
        replace(world, other, card)


# replacing


def test_a_replaced_card_is_never_served_and_leads_to_the_head_of_its_line(world: World) -> None:
    a, b, c = world.card("A"), world.card("B"), world.card("C")
    replace(world, a, b)
    replace(world, b, c)
    assert served(world) == {c}
    assert (head(world, a), head(world, b), head(world, c)) == (c, c, c)
    with world.read() as session:
        rita = world.actor(session, "rita")
        assert [card.id for card in queries.replaced_by_this(session, rita, session.get_one(Card, c))] == [b]


def test_a_line_that_ends_out_of_sight_leads_nowhere(world: World) -> None:
    a, hidden, archived = world.card("A"), world.card("H", collection="deals"), world.card("Z")
    replace(world, a, hidden)
    assert (head(world, a, "rita"), head(world, a, "stan")) == (hidden, None)
    act(world, undo_replacement, a)
    replace(world, a, archived)
    archive(world, archived)
    assert head(world, a) is None
    assert a not in served(world)


def test_a_card_cannot_replace_itself_by_any_detour(world: World) -> None:
    a, b, c = world.card("A"), world.card("B"), world.card("C")
    replace(world, a, b)
    replace(world, b, c)
    for circle in ((c, a), (c, b), (c, c), (a, a)):
        with pytest.raises(Invalid, match="can't replace itself"):
            replace(world, *circle)
    assert head(world, a) == c


def test_two_replacements_at_once_close_no_circle(world: World) -> None:
    a, b, c = world.card("A"), world.card("B"), world.card("C")
    replace(world, b, c)

    def one(card_id: int, by_id: int) -> Callable[[Meet], None]:
        def work(meet: Meet) -> None:
            with world.transaction() as session:
                card, by = session.get_one(Card, card_id), session.get_one(Card, by_id)
                session.get_one(Card, b)
                meet()
                replace_card(session, world.actor(session, "cora"), card, by, world.now)

        return work

    outcomes = at_once(one(a, b), one(c, a))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Invalid", "NoneType"], outcomes
    assert len(served(world)) == 1
    assert {head(world, card) for card in (a, b, c)} == served(world)


def test_undoing_a_replacement_makes_it_an_answer_again_and_leaves_the_record(world: World) -> None:
    a, b = world.card("A"), world.card("B")
    replace(world, a, b)
    act(world, undo_replacement, a)
    assert served(world) == {a, b}
    with pytest.raises(Conflict, match="not replaced"):
        act(world, undo_replacement, a)
    with world.read() as session:
        record = queries.replacements_of(session, session.get_one(Card, a))
        assert [row.replaced_by_id for row in record] == [None, b]


def test_a_hidden_card_cannot_be_named_as_a_replacement(world: World) -> None:
    mine, hidden = world.card(author="axel", owner="axel"), world.card(collection="deals")
    with pytest.raises(NotFound):
        replace(world, mine, hidden, "axel")


# deleting


def test_only_an_archived_card_is_deleted_and_only_by_an_admin(world: World) -> None:
    card = world.card()
    with pytest.raises(Conflict, match="Archive the card first"):
        act(world, commands.delete_card, card, "ada")
    archive(world, card)
    with pytest.raises(Forbidden, match="only admins delete"):
        act(world, commands.delete_card, card, "cora")
    act(world, commands.delete_card, card, "ada")
    with world.read() as session, pytest.raises(NotFound):
        queries.card_visible_to(session, world.actor(session, "ada"), card)


def test_a_deleted_card_takes_its_texts_along_and_leaves_its_proof(world: World) -> None:
    card = world.card(verified=True, tags=("refund",))
    world.flag(card)
    archive(world, card)
    act(world, commands.delete_card, card, "ada")
    with world.read() as session:
        assert [_count(session, table) for table in (Card, Revision, Flag, Replacement)] == [0, 0, 0, 0]
        assert _count(session, Verification) == 1


def test_deleting_a_link_of_a_line_joins_its_ends(world: World) -> None:
    a, b, c = world.card("A"), world.card("B"), world.card("C")
    replace(world, a, b)
    replace(world, b, c)
    archive(world, b)
    act(world, commands.delete_card, b, "ada")
    assert (head(world, a), served(world)) == (c, {c})


def test_deleting_the_head_of_a_line_brings_no_old_answer_back(world: World) -> None:
    a, b = world.card("A"), world.card("B")
    replace(world, a, b)
    archive(world, b)
    act(world, commands.delete_card, b, "ada")
    assert served(world) == set()
    assert (fact(world, a, "status"), fact(world, a, "replaced_by_id")) == (Status.ARCHIVED, None)
    act(world, commands.restore_card, a)
    assert served(world) == {a}


# keeping


def test_a_verifier_is_named_once_exists_and_is_at_work(world: World) -> None:
    with pytest.raises(Invalid, match="once"):
        world.card(verifiers=("vera", "vera"))
    with world.transaction() as session:
        world.person(session, "vera").deactivated_at = world.now
    with pytest.raises(Invalid, match="deactivated"):
        world.card(verifiers=("vera",))
    with pytest.raises(Invalid, match=r"owner|active person"):
        world.card(owner="vera", verifiers=())


def test_a_collection_gives_its_verifiers_to_new_cards_that_name_none(world: World) -> None:
    with world.transaction() as session:
        shelf, cora = world.collection(session, "billing"), world.actor(session, "cora")
        shelf.verifiers.append(CollectionVerifier(position=0, person_id=world.person(session, "vera").id))
        session.flush()
        text = world.text("Refunds", "Within 30 days.")
        card = commands.create_card(session, cora, shelf, text, CardPolicy(), world.now)
        assert [row.person_id for row in card.verifiers] == [world.person(session, "vera").id]
        none = commands.create_card(session, cora, shelf, text, CardPolicy(verifiers=()), world.now)
        assert none.verifiers == []


def test_a_steward_is_at_least_an_author(world: World) -> None:
    with world.transaction() as session:
        shelf, rita = world.collection(session, "billing"), world.person(session, "rita")
        shelf.steward_id = rita.id
        session.flush()
        actor: Actor = world.actor(session, "rita")
        assert actor.curated == actor.writable == frozenset()


def _count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0
