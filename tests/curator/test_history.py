"""The past is replayed from the records: at every instant it says what the live rule said then."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from curator.queue.commands import still_correct, undo_check
from curator.reports.facts import load_cards
from curator.reports.history import FlagSpan, History, Record, state_at, times_to_verify
from curator.reports.weeks import Week, read_week, week_of
from kb.cards import commands, replacements
from kb.cards.models import Card
from kb.errors import Invalid
from kb.trust.commands import resolve_flag, unverify
from kb.trust.policy import Policy
from kb.trust.queries import trust_of_card
from kb.trust.state import TrustState
from tests.world import START, World

SOON = timedelta(days=14)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
POLICY = Policy(90, 14, ZoneInfo("Europe/Berlin"))


def at(day: float) -> datetime:
    return START + day * DAY


def checked(day: float, until: float) -> Record:
    return Record(at(day), True, at(until))


def test_before_it_was_published_after_it_was_archived_and_while_replaced_a_card_has_no_state() -> None:
    history = History(at(0), at(10), replacements=((at(2), True), (at(4), False)))
    states = [state_at(history, at(day), SOON) for day in (-0.1, 0, 1.9, 2, 3.9, 4, 9.9, 10)]
    assert states == [None, "unverified", "unverified", None, None, "unverified", "unverified", None]
    assert state_at(History(None), at(0), SOON) is None


@pytest.mark.parametrize(("seconds", "state"), [(-1, "due_soon"), (0, "overdue"), (1, "overdue")])
def test_the_past_changes_in_the_very_second_too(seconds: int, state: str) -> None:
    history = History(at(0), records=(checked(0, 30),))
    assert state_at(history, at(30) + seconds * SECOND, SOON) == state
    assert state_at(history, at(16) - SECOND, SOON) == "verified"


def test_a_flag_counts_from_when_it_was_raised_until_it_was_resolved() -> None:
    history = History(at(0), records=(checked(0, 90),), flags=(FlagSpan(at(3), at(5)),))
    states = [state_at(history, moment, SOON) for moment in (at(3) - SECOND, at(3), at(5) - SECOND, at(5))]
    assert states == ["verified", "flagged", "flagged", "verified"]


def test_an_undone_check_counted_until_it_was_undone() -> None:
    history = History(at(0), records=(checked(0, 30), checked(20, 110), Record(at(20.005), False, None, is_undo=True)))
    assert [state_at(history, at(day), SOON) for day in (20, 20.004, 20.006, 30)] == [
        "verified", "verified", "due_soon", "overdue",
    ]  # fmt: skip
    assert list(times_to_verify(history, at(0), at(40))) == []


def test_a_moved_check_counts_from_when_it_was_moved() -> None:
    history = History(at(0), records=(checked(0, 90),), moved_checks=((at(40), at(30)),))
    assert [state_at(history, at(day), SOON) for day in (39, 40)] == ["verified", "overdue"]


def test_the_time_to_re_verify_runs_from_the_first_doubt() -> None:
    history = History(
        at(0),
        records=(
            checked(1, 30), checked(34, 60), Record(at(40), False), checked(43, 100), checked(50, 100), checked(61, 99),
        ),
        flags=(FlagSpan(at(29), at(34)), FlagSpan(at(60), at(60.5)), FlagSpan(at(60.75), at(61))),
    )  # fmt: skip
    # Day 34: flagged on 29, due on 30. Day 43: un-verified on 40. Day 50: nobody doubted. Day 61: the open flag counts.
    assert [time / DAY for time in times_to_verify(history, at(0), at(70))] == [5, 3, 0.25]
    assert list(times_to_verify(history, at(34), at(34))) == []
    assert len(list(times_to_verify(history, at(34), at(34) + SECOND))) == 1


def test_replaying_agrees_with_the_live_rule_at_every_instant_of_a_random_past(world: World) -> None:
    chance = random.Random(11)  # noqa: S311
    cards = [world.card(f"Card {n}", interval_days=20) for n in range(4)]
    successor = world.card("Successor", verified=True)
    seen: list[tuple[datetime, dict[int, TrustState | None]]] = []
    for _ in range(60):
        world.later(days=chance.choice((0.003, 1, 3)))
        _something_happens(world, chance.choice(cards), successor, chance)
        world.later(seconds=1)
        seen.append((world.now, _live(world, [*cards, successor])))
    with world.read() as session:
        histories = {card.id: card.history for card in load_cards(session, world.actor(session, "cora"))}
    for instant, states in seen:
        assert {card: state_at(histories[card], instant, SOON) for card in states} == states, instant


def _live(world: World, cards: list[int]) -> dict[int, TrustState | None]:
    with world.read() as session:
        loaded = [session.get_one(Card, card) for card in cards]
        return {
            card.id: trust_of_card(session, card, world.policy, world.now).state if card.is_servable else None
            for card in loaded
        }


def _something_happens(world: World, card_id: int, successor: int, chance: random.Random) -> None:
    deed = chance.choice(("check", "check", "undo", "flag", "resolve", "unverify", "replace", "move"))
    with world.transaction() as session:
        cora, card = world.actor(session, "cora"), session.get_one(Card, card_id)
        if card.replaced_by_id is not None:
            replacements.undo_replacement(session, cora, card, world.now)
        elif deed in ("check", "undo"):
            still_correct(session, cora, card, card.version, "Read it", world.policy, world.now)
        elif deed == "replace":
            replacements.replace_card(session, cora, card, session.get_one(Card, successor), world.now)
        elif deed == "unverify" and card.verified_at and not card.unverified_at:
            unverify(session, cora, card, "Doubtful", world.now)
        elif deed == "move" and card.verified_at and not card.unverified_at:
            due = world.now + timedelta(days=chance.choice((-1, 5, 40)))
            commands.apply_interval_now(session, cora, card, due, world.now)
    if deed == "undo":
        _undo_soon(world, card_id)
    if deed in ("flag", "resolve"):
        _flag(world, card_id, keep=deed == "flag")


def _undo_soon(world: World, card_id: int) -> None:
    world.later(seconds=60)
    with world.transaction() as session:
        card = session.get_one(Card, card_id)
        if card.verified_at == world.now - timedelta(seconds=60):
            undo_check(session, world.actor(session, "cora"), card, world.now)


def _flag(world: World, card_id: int, *, keep: bool) -> None:
    flag = world.flag(card_id, f"Wrong at {world.now}")
    if not keep:
        world.later(days=0.5)
        with world.transaction() as session:
            resolve_flag(session, world.actor(session, "cora"), flag, "It is right", world.now)


@pytest.mark.parametrize("value", ["2026-W54", "2026-W00", "2025-W53", "2026W47", "W47", "2026-W4", "x", "0001-W01",
                                   "9999-W01", "2026-W48", "²026-W01", "2026-W47\n"])  # fmt: skip
def test_a_week_that_is_nonsense_or_has_not_begun_is_refused(value: str) -> None:
    with pytest.raises(Invalid, match="week"):
        read_week(value, START, POLICY)


def test_weeks_are_iso_weeks_of_the_installation() -> None:
    assert read_week("", START, POLICY).key == "2026-W47"
    assert read_week("2020-W53", START, POLICY).monday.isoformat() == "2020-12-28"
    assert read_week("2020-W53", START, POLICY).before(-1).key == "2021-W01"
    sunday = datetime(2026, 11, 15, 23, tzinfo=UTC)  # already Monday in Berlin
    assert week_of(sunday, POLICY).key == "2026-W47"
    assert week_of(sunday - SECOND, POLICY).key == "2026-W46"
    spring = Week(datetime(2026, 3, 23).date())  # noqa: DTZ001  (the week in which the clocks go forward)
    assert spring.end(POLICY) - spring.start(POLICY) == timedelta(hours=167)
