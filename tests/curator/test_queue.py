"""The queue: whose work, why, in which order, and what can be done with it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from curator.notices.models import Notice
from curator.queue import commands
from curator.queue.evidence import evidence_of
from curator.queue.places import Section
from curator.queue.queue import Queue, Scope, queue_of
from kb.cards.commands import Edit, edit_card
from kb.cards.models import Card
from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.trust import log
from kb.trust.models import Flag, Verification
from kb.trust.state import TrustState
from tests.curator.cast import read
from tests.world import START, World


def see(world: World, who: str = "vera", scope: Scope = Scope.MINE) -> Queue:
    with world.read() as session:
        return queue_of(session, world.actor(session, who), scope, world.policy, world.settings.freshness, world.now)


def ids(queue: Queue) -> list[int]:
    return [row.card.id for row in queue.rows]


def do(world: World, who: str, card_id: int, command: Callable[..., Any], *arguments: Any) -> Any:
    """Run one command on a card, as a person, in a transaction."""
    with world.transaction() as session:
        card = session.get_one(Card, card_id)
        return command(session, world.actor(session, who), card, *arguments)


def still_correct(world: World, card_id: int, note: str = "", who: str = "vera", version: int = 1) -> None:
    do(world, who, card_id, commands.still_correct, version, note, world.policy, world.now)


def edit(world: World, card_id: int, body: str, *, is_minor: bool = False) -> None:
    with world.transaction() as session:
        card = session.get_one(Card, card_id)
        text = world.text(card.title, body)
        made = Edit(card.version, is_minor=is_minor)
        edit_card(session, world.actor(session, "cora"), card, text, made, world.policy, world.now)


def test_sections_stand_in_their_order_and_name_every_reason(world: World) -> None:
    overdue = world.card(verified=True, interval_days=10)
    week = world.card(verified=True, interval_days=21)
    soon = world.card(verified=True, interval_days=26)
    edited = world.card(verified=True)
    flagged = world.card(verified=True)
    fine = world.card(verified=True)
    world.later(days=14)
    never = world.card()
    edit(world, edited, "Other words.")
    world.flag(flagged)
    queue = see(world)
    assert [(row.card.id, row.section) for row in queue.rows] == [
        (flagged, Section.FLAGGED),
        (overdue, Section.OVERDUE),
        (week, Section.DUE_THIS_WEEK),
        (soon, Section.DUE_SOON),
        (never, Section.NEVER_VERIFIED),
        (edited, Section.EDITED),
    ]
    assert fine not in ids(queue)
    assert queue.total == queue.counts[Scope.MINE] == 6


@pytest.mark.parametrize(("seconds", "section"), [(-1, "due_soon"), (0, "due_this_week"), (1, "due_this_week")])
def test_due_this_week_begins_seven_days_before(world: World, seconds: int, section: str) -> None:
    world.card(verified=True, interval_days=30)
    world.later(days=23, seconds=seconds)
    assert [row.section for row in see(world).rows] == [section]


def test_the_most_harmful_card_comes_first_then_the_latest(world: World) -> None:
    late, later_still, harmful = (world.card(verified=True, interval_days=days) for days in (20, 10, 25))
    world.later(days=40)
    read(world, harmful, stale=3)
    read(world, late, stale=50, day=(world.now - timedelta(days=28)).date())  # outside the last 28 days
    queue = see(world)
    assert ids(queue) == [harmful, later_still, late]
    assert queue.rows[0].stale_impressions == 3


def test_scopes_show_mine_my_groups_and_what_i_curate(world: World) -> None:
    mine = world.card()
    of_group = world.card(verifiers=("experts",))
    of_cora = world.card(verifiers=("cora",), collection="deals")
    with world.read() as session:
        first_expert = session.get_one(Card, of_group).assignee_id == world.person(session, "axel").id
    assert first_expert
    assert set(ids(see(world))) == {mine}
    assert set(ids(see(world, scope=Scope.GROUP))) == {of_group}
    assert see(world, scope=Scope.ALL).rows == ()
    assert set(ids(see(world, "cora", Scope.ALL))) == {mine, of_group, of_cora}
    assert see(world, "cora").counts == {Scope.MINE: 1, Scope.GROUP: 0, Scope.ALL: 3}


def test_a_stranger_and_a_rep_see_nothing_not_even_in_counts(world: World) -> None:
    world.card(verifiers=("deal-desk",), collection="deals")
    for who in ("stan", "rita"):
        queue = see(world, who, Scope.GROUP)
        assert (queue.rows, set(queue.counts.values())) == ((), {0})
    assert see(world, "stan").score_now is None


def test_the_score_says_what_finishing_would_bring(world: World) -> None:
    world.card(verified=True)
    world.card(verifiers=("axel",))
    world.card()
    world.card()
    queue = see(world)
    assert (queue.score_now, queue.score_after) == (0.25, 0.75)


def test_done_today_is_what_i_verified_since_midnight(world: World) -> None:
    card = world.card()
    still_correct(world, card)
    assert [done.id for done in see(world).done] == [card]
    assert see(world).rows == ()
    world.now = datetime(2026, 11, 17, 0, tzinfo=UTC) - timedelta(seconds=1)
    assert len(see(world).done) == 1
    world.later(seconds=1)
    assert see(world).done == ()


def test_a_card_on_a_short_interval_does_not_come_back_at_once(world: World) -> None:
    card = world.card(interval_days=7)
    still_correct(world, card)
    assert world.trust(card).state is TrustState.DUE_SOON
    assert see(world).rows == ()
    world.later(days=1)
    assert ids(see(world)) == [card]


def test_still_correct_needs_a_note_while_reports_are_open(world: World) -> None:
    card = world.card(verified=True)
    world.flag(card)
    with pytest.raises(Invalid, match="what you checked"):
        still_correct(world, card, note="  ")
    assert world.trust(card).state is TrustState.FLAGGED
    still_correct(world, card, note="Asked finance")
    assert world.trust(card).state is TrustState.VERIFIED
    with world.read() as session:
        assert session.scalars(select(Flag.resolution)).one() == "Asked finance"


def test_a_stranger_gets_not_found_before_any_word_about_reports(world: World) -> None:
    card = world.card(collection="deals", verifiers=("cora",))
    world.flag(card)
    with pytest.raises(NotFound):
        still_correct(world, card, who="stan")
    with pytest.raises(Forbidden):
        still_correct(world, card, who="rita")


@pytest.mark.parametrize(("seconds", "is_undone"), [(599, True), (600, True), (601, False)])
def test_a_check_can_be_undone_for_ten_minutes(world: World, seconds: int, is_undone: bool) -> None:
    card = world.card(verified=True, interval_days=60)
    world.later(days=20)
    world.flag(card)
    before = world.trust(card)
    still_correct(world, card, note="Checked")
    world.later(seconds=seconds)
    if not is_undone:
        with pytest.raises(Conflict, match="ten minutes"):
            do(world, "vera", card, commands.undo_check, world.now)
        return
    do(world, "vera", card, commands.undo_check, world.now)
    after = world.trust(card)
    assert (after.state, after.reasons, after.verified_at, after.verify_by) == (
        before.state, before.reasons, before.verified_at, START + timedelta(days=60)
    )  # fmt: skip
    with world.read() as session:
        bases = session.scalars(select(Verification.basis).order_by(Verification.id)).all()
        assert bases == ["checked", "checked", "undo"]
        assert log.check(session).broken_id is None


def test_undoing_brings_back_the_words_of_an_unverified_card(world: World) -> None:
    card = world.card(verified=True)
    edit(world, card, "Other words.")
    before = world.trust(card)
    still_correct(world, card, version=2)
    do(world, "vera", card, commands.undo_check, world.now)
    assert world.trust(card) == before


def test_only_the_same_person_can_undo_and_only_while_nothing_else_happened(world: World) -> None:
    card = world.card()
    still_correct(world, card)
    with pytest.raises(Forbidden):
        do(world, "cora", card, commands.undo_check, world.now)
    edit(world, card, "Other words.", is_minor=True)
    with pytest.raises(Conflict, match="changed since"):
        do(world, "vera", card, commands.undo_check, world.now)


def test_undoing_twice_undoes_once(world: World) -> None:
    card = world.card()
    still_correct(world, card)
    do(world, "vera", card, commands.undo_check, world.now)
    with pytest.raises(Conflict, match="nothing to undo"):
        do(world, "vera", card, commands.undo_check, world.now)
    assert world.trust(card).state is TrustState.UNVERIFIED


def test_later_hides_the_card_from_that_person_until_the_very_second(world: World) -> None:
    card = world.card(verifiers=("experts",))
    do(world, "vera", card, commands.put_off, 3, world.now)
    assert see(world, scope=Scope.GROUP).counts[Scope.GROUP] == 0
    assert ids(see(world, "axel", Scope.GROUP)) == [card]
    world.later(days=3, seconds=-1)
    assert see(world, scope=Scope.GROUP).rows == ()
    world.later(seconds=1)
    assert ids(see(world, scope=Scope.GROUP)) == [card]


def test_a_card_is_put_off_three_times_at_most(world: World) -> None:
    card = world.card()
    for _ in range(3):
        do(world, "vera", card, commands.put_off, 1, world.now)
        world.later(days=1)
    with pytest.raises(Conflict, match="3 times already"):
        do(world, "vera", card, commands.put_off, 1, world.now)
    still_correct(world, card)
    do(world, "vera", card, commands.put_off, 1, world.now)


def test_a_put_off_that_was_undone_does_not_count(world: World) -> None:
    card = world.card()
    for _ in range(4):
        do(world, "vera", card, commands.put_off, 7, world.now)
        do(world, "vera", card, commands.undo_put_off, world.now)
    assert ids(see(world)) == [card]


@pytest.mark.parametrize("days", [0, 2, -1, 10_000])
def test_later_is_one_three_or_seven_days(world: World, days: int) -> None:
    with pytest.raises(Invalid):
        do(world, "vera", world.card(), commands.put_off, days, world.now)


def test_reassigning_puts_the_person_first_and_tells_them(world: World) -> None:
    card = world.card(verifiers=("vera", "experts"))
    with world.read() as session:
        axel, vera = world.person(session, "axel").id, world.person(session, "vera").id
    do(world, "vera", card, commands.reassign, axel, world.now)
    with world.read() as session:
        loaded = session.get_one(Card, card)
        assert loaded.assignee_id == axel
        assert [v.person_id for v in loaded.verifiers] == [axel, vera, None]
        assert [(n.kind, n.person_id) for n in session.scalars(select(Notice))] == [("assigned", axel)]
    assert ids(see(world, "axel")) == [card]


def test_work_is_given_only_to_those_who_can_do_it(world: World) -> None:
    card = world.card(collection="deals")
    with world.read() as session:
        people = {name: world.person(session, name).id for name in ("axel", "rita", "cora")}
    for name in ("axel", "rita"):  # Axel may not read Deals, Rita verifies nothing
        with pytest.raises(Invalid):
            do(world, "cora", card, commands.reassign, people[name], world.now)
    with pytest.raises(Forbidden):
        do(world, "rita", card, commands.reassign, people["cora"], world.now)
    with pytest.raises(NotFound):
        do(world, "stan", card, commands.reassign, people["cora"], world.now)


def test_the_evidence_shows_reports_changes_and_readers(world: World) -> None:
    card = world.card("Refunds", "Within 30 days.", verified=True)
    edit(world, card, "Within 14 days.")
    world.flag(card, "It is 14 days")
    read(world, card, shown=12)
    with world.read() as session:
        found = evidence_of(session, world.actor(session, "vera"), session.get_one(Card, card), world.now)
    assert [flag.detail for flag in found.reports] == ["It is 14 days"]
    assert (found.impressions, found.note_needed, found.verified_version) == (12, True, 1)
    changed = [(line.kind, [text for text, new in line.pieces if new]) for line in found.changes if line.kind != "same"]
    assert changed == [("removed", ["30"]), ("added", ["14"])]


def test_without_an_earlier_check_there_is_nothing_to_compare(world: World) -> None:
    card, hidden = world.card(), world.card(collection="deals")
    with world.read() as session:
        loaded = session.get_one(Card, card)
        assert evidence_of(session, world.actor(session, "vera"), loaded, world.now).changes == ()
        with pytest.raises(NotFound):
            evidence_of(session, world.actor(session, "stan"), session.get_one(Card, hidden), world.now)


def test_each_row_says_what_is_thought_of_it_and_the_most_read_comes_first(world: World) -> None:
    quiet, busy = (world.card(verified=True, interval_days=20) for _ in range(2))
    world.later(days=40)
    read(world, busy, shown=400)
    queue = see(world)
    assert ids(queue) == [busy, quiet]
    first, second = (row.assessment for row in queue.rows)
    assert first.averted_per_minute > second.averted_per_minute
    assert any("Not checked for 40 days" in reason for reason in first.reasons)
    assert queue.minutes == first.minutes + second.minutes


def test_what_probably_changed_is_worth_a_look_before_it_is_due_and_is_not_counted(world: World) -> None:
    steady, shaky = (world.card(title, interval_days=365) for title in ("Steady", "Shaky"))
    for turn in range(6):
        world.later(days=20)
        edit(world, shaky, f"Other words, a fee of {turn * 7 + 12} euros and {turn + 3} days to pay it.")
        read(world, shaky, shown=300)
    for card in (steady, shaky):
        world.verify(card)
    assert see(world).rows == ()
    world.later(days=6)
    assert see(world).rows == ()
    world.later(days=60)
    queue = see(world)
    assert [(row.card.id, row.section) for row in queue.rows] == [(shaky, Section.WORTH_A_LOOK)]
    assert (queue.total, queue.minutes, queue.counts[Scope.MINE]) == (0, 0, 0)
    still_correct(world, shaky, version=7)
    assert see(world).rows == ()


def test_somebody_elses_cards_are_not_worth_my_look(world: World) -> None:
    shaky = world.card(interval_days=365, verifiers=("axel",))
    for turn in range(6):
        world.later(days=20)
        edit(world, shaky, f"Other words, a fee of {turn * 7 + 12} euros and {turn + 3} days to pay it.")
    world.verify(shaky, by="axel")
    world.later(days=66)
    assert (see(world).rows, see(world, scope=Scope.ALL).rows, see(world, "stan", Scope.ALL).rows) == ((), (), ())
    assert ids(see(world, "axel")) == ids(see(world, "cora", Scope.ALL)) == [shaky]
