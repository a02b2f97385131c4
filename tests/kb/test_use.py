"""Use is counted to the last impression, stale ones apart, and shown to nobody who may not see the card."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from kb.cards import commands
from kb.cards.models import Card
from kb.cards.replacements import replace_card
from kb.use.models import CardUse, RecentUse
from kb.use.queries import impressions_by_card, recently_used
from kb.use.recorder import Use, UseKind, UseRecorder
from tests.kb.together import Meet, at_once
from tests.world import World

QUIET = 3600.0  # the timer is not to fire in a test that flushes itself


def counts(world: World, card_id: int) -> list[tuple[date, int, int, int, int]]:
    with world.read() as session:
        found = session.scalars(select(CardUse).where(CardUse.card_id == card_id).order_by(CardUse.day))
        return [(row.day, row.impressions, row.stale_impressions, row.views, row.copies) for row in found]


def use(world: World, card_id: int, kind: UseKind = "view", *, stale: bool = False, by: str | None = None) -> Use:
    with world.read() as session:
        person_id = world.person(session, by).id if by else None
    return Use(card_id, 1, kind, stale, person_id, world.now)


def recent(world: World, by: str) -> list[int]:
    with world.read() as session:
        return [card.id for card, _ in recently_used(session, world.actor(session, by))]


def test_each_kind_of_use_is_an_impression_and_a_stale_one_is_counted_twice_over(world: World) -> None:
    card = world.card()
    recorder = UseRecorder(world.database, seconds=QUIET)
    for kind, stale in (("shown", False), ("view", True), ("copy", True), ("copy", False)):
        recorder.record(use(world, card, kind, stale=stale))  # type: ignore[arg-type]
    assert counts(world, card) == []
    recorder.flush()
    recorder.flush()
    today = world.now.date()
    assert counts(world, card) == [(today, 4, 2, 1, 2)]
    recorder.record(use(world, card, "shown", stale=True))
    recorder.flush()
    assert counts(world, card) == [(today, 5, 3, 1, 2)]


def test_a_day_is_a_day_in_utc(world: World) -> None:
    card = world.card()
    recorder = UseRecorder(world.database, seconds=QUIET)
    for second in (59, 60):
        instant = datetime(2026, 11, 16, 23, 59, tzinfo=UTC) + timedelta(seconds=second)
        recorder.record(Use(card, 1, "view", False, None, instant))
    recorder.flush()
    assert [row[0] for row in counts(world, card)] == [date(2026, 11, 16), date(2026, 11, 17)]
    with world.read() as session:
        for today, days, expected in ((17, 2, 2), (17, 1, 1), (16, 28, 2), (18, 1, 0)):
            found = impressions_by_card(session, [card], date(2026, 11, today), days)
            assert found.get(card, 0) == expected


def test_several_recorders_that_flush_at_once_lose_no_impression(world: World) -> None:
    cards = [world.card() for _ in range(3)]
    uses = [use(world, card, "view", by="rita") for card in cards]

    def work(meet: Meet) -> None:
        recorder = UseRecorder(world.database, seconds=QUIET)
        meet()
        for _ in range(5):
            for one in uses:
                recorder.record(one)
            recorder.flush()

    assert at_once(work, work, work) == [None] * 3
    assert [counts(world, card)[0][1] for card in cards] == [15, 15, 15]


def test_what_could_not_be_written_is_kept_for_the_next_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    card = world.card()
    recorder = UseRecorder(world.database, seconds=QUIET)
    recorder.record(use(world, card, by="rita"))
    with monkeypatch.context() as patch:
        patch.setattr("kb.use.recorder._write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            recorder.flush()
        recorder.record(use(world, card, by="rita"))
    recorder.flush()
    assert (counts(world, card)[0][1], recent(world, "rita")) == (2, [card])


def test_the_timer_writes_by_itself(world: World) -> None:
    card = world.card()
    recorder = UseRecorder(world.database, seconds=0.01)
    recorder.record(use(world, card))
    timer = recorder._timer
    assert timer is not None
    timer.join(10)
    assert len(counts(world, card)) == 1


def test_a_card_that_was_deleted_meanwhile_takes_only_its_own_counts_along(world: World) -> None:
    gone, stays = world.card(), world.card()
    recorder = UseRecorder(world.database, seconds=QUIET)
    for card in (gone, stays, 4711):
        recorder.record(use(world, card, by="rita"))
    with world.transaction() as session:
        ada, card_ = world.actor(session, "ada"), session.get_one(Card, gone)
        commands.archive_card(session, ada, card_, world.now)
        commands.delete_card(session, ada, card_, world.now)
    recorder.flush()
    assert (counts(world, gone), len(counts(world, stays)), recent(world, "rita")) == ([], 1, [stays])


def test_recently_used_is_what_one_opened_last_and_may_still_be_served(world: World) -> None:
    cards = {name: world.card(name) for name in ("kept", "shown", "archived", "replaced")}
    cards["hidden"] = world.card("hidden", collection="deals")
    recorder = UseRecorder(world.database, seconds=QUIET)
    for name, card in cards.items():
        world.later(seconds=1)
        recorder.record(use(world, card, "shown" if name == "shown" else "copy", by="rita"))
        recorder.record(use(world, card, "shown" if name == "shown" else "copy", by="stan"))
    recorder.flush()
    assert recent(world, "rita") == [cards[name] for name in ("hidden", "replaced", "archived", "kept")]
    with world.transaction() as session:
        cora = world.actor(session, "cora")
        commands.archive_card(session, cora, session.get_one(Card, cards["archived"]), world.now)
        old, new = session.get_one(Card, cards["replaced"]), session.get_one(Card, cards["kept"])
        replace_card(session, cora, old, new, world.now)
    assert recent(world, "rita") == [cards["hidden"], cards["kept"]]
    assert recent(world, "stan") == [cards["kept"]]
    assert recent(world, "vera") == []


def test_a_late_flush_does_not_turn_back_when_a_card_was_last_used(world: World) -> None:
    card = world.card()
    early, late = (UseRecorder(world.database, seconds=QUIET) for _ in range(2))
    early.record(use(world, card, by="rita"))
    world.later(seconds=5)
    late.record(use(world, card, by="rita"))
    late.flush()
    early.flush()
    with world.read() as session:
        assert session.scalars(select(RecentUse.at)).one() == world.now
