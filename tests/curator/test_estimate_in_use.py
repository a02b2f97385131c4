"""What people do to a card moves its estimate as promised: checks, edits, reports, use."""

import sqlalchemy as sa

from curator.detectors.models import Finding
from curator.freshness.assessing import Assessment, assess_cards
from curator.freshness.estimate import Band
from curator.jobs import learn_freshness
from curator.queue.commands import still_correct, undo_check
from kb.cards import commands
from kb.cards.commands import Edit
from kb.cards.models import Card
from kb.trust.commands import verify
from kb.trust.models import Outcome
from kb.use.recorder import add_use
from tests.curator.cast import context
from tests.world import World


def assessed(world: World, card_id: int) -> Assessment:
    with world.read() as session:
        return assess_cards(session, [card_id], world.settings.freshness, world.now)[card_id]


def edit(world: World, card_id: int, body: str, *, checked: bool = False, is_minor: bool = False) -> None:
    with world.transaction() as session:
        card = session.get_one(Card, card_id)
        actor = world.actor(session, "cora")
        text = world.text(card.title, body)
        how = Edit(card.version, checked=checked, is_minor=is_minor)
        commands.edit_card(session, actor, card, text, how, world.policy, world.now)


def test_a_card_grows_doubtful_with_the_days_and_a_check_settles_it(world: World) -> None:
    card_id = world.card(verified=True)
    fresh = assessed(world, card_id)
    assert fresh.p_stale == 0
    assert fresh.band is Band.LIKELY_CURRENT
    world.later(days=200)
    old = assessed(world, card_id)
    assert old.p_stale > fresh.p_stale
    assert "Not checked for 200 days" in old.reasons
    world.verify(card_id)
    assert assessed(world, card_id).p_stale == 0


def test_an_edit_is_no_check_and_makes_the_card_likelier_to_have_changed(world: World) -> None:
    card_id = world.card(body="Refund within 30 days, by bank transfer only.", verified=True)
    world.later(days=60)
    before = assessed(world, card_id)
    edit(world, card_id, "Refund within 45 days, by bank transfer only.")
    after = assessed(world, card_id)
    assert after.days_since_check == before.days_since_check
    assert after.rate_per_year > before.rate_per_year
    assert after.p_stale > before.p_stale
    assert any(reason.startswith("Corrected once in the last year") for reason in after.reasons)


def test_what_a_curator_calls_minor_is_no_evidence_and_what_is_only_added_a_little(world: World) -> None:
    minor, added, corrected = (world.card(body="Refund within 30 days.", verified=True) for _ in range(3))
    world.later(days=60)
    edit(world, minor, "Refund within 45 days.", is_minor=True)
    edit(world, added, "Refund within 30 days. By bank transfer.")
    edit(world, corrected, "Refund within 45 days.")
    rates = [assessed(world, card_id).rate_per_year for card_id in (minor, added, corrected)]
    assert rates == sorted(rates)
    assert rates[1] - rates[0] < (rates[2] - rates[0]) / 2
    assert not any(reason.startswith("Corrected") for reason in assessed(world, added).reasons)


def test_an_edit_in_which_everything_was_checked_is_a_check_that_found_something(world: World) -> None:
    card_id = world.card(body="Refund within 30 days.", verified=True)
    world.later(days=60)
    before = assessed(world, card_id)
    edit(world, card_id, "Refund within 45 days.", checked=True)
    after = assessed(world, card_id)
    assert after.p_stale == 0
    assert after.rate_per_year > before.rate_per_year
    assert "The last check found something to correct" in after.reasons


def test_clean_checks_lengthen_the_interval(world: World) -> None:
    card_id = world.card(verified=True)
    first = assessed(world, card_id)
    for _ in range(4):
        world.later(days=90)
        world.verify(card_id)
    last = assessed(world, card_id)
    assert last.rate_per_year < first.rate_per_year
    assert last.interval_days >= first.interval_days
    assert "The last 5 checks found nothing" in last.reasons


def test_a_report_raises_it_and_many_silent_readers_lower_it(world: World) -> None:
    card_id, other_id = world.card(verified=True), world.card(verified=True)
    world.later(days=60)
    before = assessed(world, card_id)
    world.flag(card_id)
    assert assessed(world, card_id).p_stale > before.p_stale
    assert "1 open report" in assessed(world, card_id).reasons
    assert assessed(world, other_id).p_stale == before.p_stale
    read_often(world, other_id)
    assert assessed(world, other_id).p_stale < before.p_stale
    assert "Opened 900 times since, and nobody reported it" in assessed(world, other_id).reasons


def read_often(world: World, card_id: int) -> None:
    with world.transaction() as session:
        add_use(session, card_id, world.now.date(), {"impressions": 900, "views": 900})


def test_a_check_in_bulk_counts_half(world: World) -> None:
    alone, bulk = world.card(verified=True), world.card(verified=True)
    world.later(days=100)
    world.verify(alone)
    with world.transaction() as session:
        card = session.get_one(Card, bulk)
        verify(session, world.actor(session, "vera"), card, card.version, world.policy, world.now, basis="bulk")
    assert assessed(world, alone).days_since_check == 0
    assert assessed(world, bulk).days_since_check == 50
    assert assessed(world, bulk).p_stale > 0


def check(world: World, card_id: int, *, outcome: Outcome = Outcome.STILL_RIGHT, batch_size: int = 1) -> None:
    with world.transaction() as session:
        card, actor = session.get_one(Card, card_id), world.actor(session, "vera")
        verify(session, actor, card, card.version, world.policy, world.now, outcome=outcome, batch_size=batch_size)


def test_the_outcome_and_the_size_of_the_batch_are_taken_from_the_record(world: World) -> None:
    clean, corrected, batch = (world.card(verified=True) for _ in range(3))
    world.later(days=100)
    check(world, clean)
    check(world, corrected, outcome=Outcome.CORRECTED)
    check(world, batch, batch_size=23)
    world.later(days=10)
    assert assessed(world, corrected).rate_per_year > assessed(world, clean).rate_per_year
    assert "The last check found something to correct" in assessed(world, corrected).reasons
    assert "The last 2 checks found nothing" in assessed(world, clean).reasons
    assert assessed(world, batch).days_since_check == 60
    assert "Not checked for 10 days, and then with 22 others in one go" in assessed(world, batch).reasons


def test_who_corrects_and_then_confirms_found_something(world: World) -> None:
    card_id = world.card(body="Refund within 30 days.", verified=True)
    world.later(days=100)
    edit(world, card_id, "Refund within 45 days.")
    world.later(seconds=600)
    world.verify(card_id)
    assert "The last check found something to correct" in assessed(world, card_id).reasons


def test_a_finding_is_a_reason_and_raises_the_rate(world: World) -> None:
    card_id = world.card(verified=True)
    before = assessed(world, card_id)
    with world.transaction() as session:
        session.add(
            Finding(
                card_id=card_id, detector="linked_corrected", fingerprint="x", words="Pricing",
                detail="The card it leads to was corrected.", version=1, found_at=world.now,
            )
        )  # fmt: skip
    after = assessed(world, card_id)
    assert after.rate_per_year > before.rate_per_year
    assert "“Pricing”: the card it leads to was corrected" in after.reasons


def test_a_check_that_was_undone_did_not_happen(world: World) -> None:
    card_id = world.card(verified=True)
    world.later(days=50)
    before = assessed(world, card_id)
    with world.transaction() as session:
        card, actor = session.get_one(Card, card_id), world.actor(session, "vera")
        still_correct(session, actor, card, card.version, "", world.policy, world.now)
    world.later(seconds=60)
    with world.transaction() as session:
        undo_check(session, world.actor(session, "vera"), session.get_one(Card, card_id), world.now)
    assert assessed(world, card_id).p_stale >= before.p_stale


def test_the_interval_ends_where_the_collection_wants_and_never_after_a_persons_limit(world: World) -> None:
    free, limited = world.card(verified=True), world.card(verified=True, interval_days=10)
    assert assessed(world, limited).interval_days == 10
    assert assessed(world, limited).free_interval_days == assessed(world, free).interval_days
    with world.transaction() as session:
        world.collection(session, "billing").stale_target = 0.10
    strict = assessed(world, free).interval_days
    with world.transaction() as session:
        world.collection(session, "billing").stale_target = 0.35
    assert strict < assessed(world, free).interval_days


def test_only_heads_of_published_cards_are_judged(world: World) -> None:
    draft = world.card(publish=False)
    card_id = world.card()
    with world.read() as session:
        assert set(assess_cards(session, [draft, card_id, 999], world.settings.freshness, world.now)) == {card_id}
        assert assess_cards(session, [], world.settings.freshness, world.now) == {}
        everything = assess_cards(session, None, world.settings.freshness, world.now)
        assert everything == assess_cards(session, [card_id], world.settings.freshness, world.now)


def test_what_the_nightly_job_learnt_gives_the_same_as_learning_on_the_spot(world: World) -> None:
    cards = [world.card(verified=True) for _ in range(3)]
    world.later(days=80)
    for card_id in cards[:2]:
        world.verify(card_id)
    before = assessed(world, cards[2])
    for _ in range(2):
        assert learn_freshness(context(world)) == "learnt from 2 checks; calibration 0.56"
    assert assessed(world, cards[2]) == before


def test_ten_thousand_cards_take_a_handful_of_queries(world: World) -> None:
    for _ in range(12):
        world.card(verified=True)
    statements: list[str] = []
    sa.event.listen(world.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with world.read() as session:
        assert len(assess_cards(session, None, world.settings.freshness, world.now)) == 12
    assert len([each for each in statements if each.lstrip().upper().startswith("SELECT")]) <= 8
