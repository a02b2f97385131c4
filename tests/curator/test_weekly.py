"""The weekly report adds up, for each reader only over what they may see, and says what it means."""

import csv
import io
import json
import random
from collections import Counter, defaultdict
from datetime import timedelta
from statistics import median

import pytest

from curator.reports.formats import as_csv, as_json, as_letter
from curator.reports.nudge import nudge, nudgeable, nudged_today
from curator.reports.shown import Nudges, report_page
from curator.reports.weekly import WeeklyReport, weekly_report
from curator.reports.weeks import read_week, week_of
from curator.reports.words import meaning, percent
from kb.cards.models import Card
from kb.errors import Conflict, Forbidden, NotFound
from kb.people.commands import deactivate_person
from kb.trust.queries import trust_by_card
from kb.trust.state import TrustState
from tests.curator.cast import mails, read
from tests.world import World

DAY = timedelta(days=1)


def report(world: World, who: str = "cora", week: str = "") -> WeeklyReport:
    with world.read() as session:
        actor = world.actor(session, who)
        wanted = read_week(week, world.now, world.policy)
        return weekly_report(session, actor, wanted, world.policy, world.settings.freshness, world.now)


def states(world: World, cards: list[int]) -> dict[int, TrustState]:
    """By the live rule."""
    with world.read() as session:
        loaded = [session.get_one(Card, card) for card in cards]
        return {card: trust.state for card, trust in trust_by_card(session, loaded, world.policy, world.now).items()}


def test_the_numbers_are_those_of_counting_by_hand(world: World) -> None:
    """Three weeks are played day by day; beside it everything is counted with the live rule, as it happens."""
    chance = random.Random(5)  # noqa: S311
    cards = [world.card(f"Card {n}", interval_days=chance.choice((5, 16, 60)), verified=True) for n in range(8)]
    shown, stale, times = Counter[str](), Counter[str](), defaultdict[str, list[float]](list)
    at_end: dict[str, Counter[TrustState]] = {}
    for day in range(1, 24):
        world.later(days=1)
        week = week_of(world.now, world.policy).key
        for card in cards:
            trust = world.trust(card)
            read(world, card, shown=2, stale=0 if trust.is_good else 1)
            shown[week] += 2
            stale[week] += not trust.is_good
            if chance.random() < 0.08:
                world.flag(card, f"Day {day}")
            elif not trust.is_good and chance.random() < 0.6:
                times[week].append((world.now - min(reason.at for reason in trust.reasons)) / DAY)
                world.verify(card)
        at_end[week] = Counter(states(world, cards).values())  # nothing falls due between 09:00 and midnight
    assert len(times["2026-W48"]) > 2
    for week in ("2026-W48", "2026-W49"):
        made = report(world, week=week)
        assert (made.numbers.stale_impressions, made.numbers.impressions) == (stale[week], shown[week])
        assert made.before.stale_impressions == stale[made.week.before().key]
        assert made.numbers.median_days == (pytest.approx(median(times[week])) if times[week] else None)
        assert +Counter(dict(made.numbers.mix.counts)) == at_end[week]
        assert [+Counter(dict(bar.mix.counts)) for bar in made.trend[-2:]] == [
            at_end[made.week.before().key], at_end[week],
        ]  # fmt: skip


def test_the_current_week_is_as_of_now(world: World) -> None:
    late, flagged, fine = (world.card(verified=True, interval_days=days) for days in (20, 60, 60))
    world.later(days=30)
    never = world.card()
    world.flag(flagged)
    made = report(world)
    assert made.as_of == world.now
    assert +Counter(dict(made.numbers.mix.counts)) == Counter(states(world, [late, flagged, fine, never]).values())
    assert made.numbers.mix.score == 0.25
    assert [(row.card.id, row.days_late, row.reports) for row in made.in_doubt] == [
        (late, 10, 0), (flagged, 0, 1), (never, 0, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "seconds", "bucket"),
    [(0, 0, 0), (7, 0, 0), (7, 1, 1), (30, 0, 1), (30, 1, 2), (90, 0, 2), (90, 1, 3)],
)
def test_lateness_is_counted_in_days_begun(world: World, days: int, seconds: int, bucket: int) -> None:
    world.card(verified=True, interval_days=30)
    world.later(days=30 + days, seconds=seconds)
    assert [number for _, number in report(world).lateness] == [int(place == bucket) for place in range(4)]


def test_what_costs_the_most_comes_first_and_good_cards_do_not_come_at_all(world: World) -> None:
    late, harmful, fine = (world.card(verified=True, interval_days=days) for days in (10, 20, 90))
    world.later(days=21)
    for card in (harmful, fine):
        read(world, card, stale=5, shown=10)
    read(world, late, stale=50, day=(world.now - 7 * DAY).date())  # last week's
    made = report(world)
    assert [(row.card.id, row.stale_impressions) for row in made.in_doubt] == [(harmful, 5), (late, 0)]
    assert (made.numbers.stale_impressions, made.before.stale_impressions) == (10, 50)
    assert made.numbers.stale_share == 0.5


def test_what_changed_since_last_week(world: World) -> None:
    late, flagged, healed, still = (world.card(verified=True, interval_days=days) for days in (10, 90, 5, 2))
    world.later(days=7)
    world.flag(flagged)
    world.verify(healed)
    world.later(days=3)
    new = world.card()
    changes = report(world).changes
    kinds = (changes.became_overdue, changes.became_flagged, changes.verified_again, changes.new)
    assert [[card.id for card in cards] for cards in kinds] == [[late], [flagged], [healed], [new]]
    assert still in {row.card.id for row in report(world).in_doubt}  # it was overdue last week already


def test_shelves_loads_and_cards_without_an_owner(world: World) -> None:
    world.card(verified=True)
    theirs = world.card(verifiers=("cora",), owner=None)
    deal = world.card(collection="deals", verifiers=("cora",), owner="vera")
    read(world, deal, stale=4)
    made = report(world)
    assert [(s.slug, s.mix.total, percent(s.mix.score), s.before.score) for s in made.shelves] == [
        ("billing", 2, "50%", None), ("deals", 1, "0%", None),
    ]  # fmt: skip
    assert [(load.name, load.waiting, load.stale_impressions) for load in made.loads] == [("Cora", 2, 4)]
    assert [card.id for card in made.unowned] == [theirs]
    with world.transaction() as session:
        deactivate_person(session, world.actor(session, "ada"), world.person(session, "vera"), world.now)
    assert [card.id for card in report(world).unowned] == [theirs, deal]


def test_a_stranger_learns_nothing_of_closed_collections_in_any_form(world: World) -> None:
    hidden = world.card("Deep discounts", collection="deals", verifiers=("cora",))
    read(world, hidden, stale=7, shown=9)
    world.later(days=1)
    made = report(world, "stan")
    mail = as_letter(made, world.settings)
    everything = f"{made} {mail} {as_json(made, world.settings)} {as_csv(made, world.settings)} {meaning(made)}"
    assert (made.numbers.impressions, made.numbers.stale_impressions, made.numbers.mix.total) == (0, 0, 0)
    for secret in ("Deep discounts", "Deals", "deals"):
        assert secret not in everything
    assert "Deep discounts" in as_csv(report(world, "rita"), world.settings)


def test_the_sentence_names_where_it_hurts(world: World) -> None:
    cards = [world.card(verified=True, interval_days=10) for _ in range(3)]
    world.card(verified=True, interval_days=60)
    world.later(days=9)
    assert meaning(report(world)) == "Trust stays at 100%. No stale answer was shown to anyone."
    world.later(days=3)
    for card in cards:
        read(world, card, stale=1)
    assert meaning(report(world)) == (
        "Trust is down 75 points to 25%. "
        "Three overdue cards in Billing are behind 100% of all stale views, and all of them wait for Vera."
    )


def test_only_everything_is_a_hundred_percent_and_only_nothing_is_none() -> None:
    assert [percent(share) for share in (None, 0, 0.001, 0.5, 0.999, 1)] == ["–", "0%", "1%", "50%", "99%", "100%"]


def test_no_cell_of_the_file_can_start_a_formula(world: World) -> None:
    for title in ("=HYPERLINK(1)", "+1", "-1", "@SUM", "Fine"):
        world.card(title)
    rows = list(csv.DictReader(io.StringIO(as_csv(report(world), world.settings))))
    assert [row["title"] for row in rows] == ["'=HYPERLINK(1)", "'+1", "'-1", "'@SUM", "Fine"]
    assert rows[4]["url"].startswith("http://127.0.0.1:8000/cards/")


def test_the_data_is_plain_json_and_agrees_with_the_report(world: World) -> None:
    world.card(verified=True, interval_days=1)
    world.later(days=3)
    made = report(world)
    data = json.loads(json.dumps(as_json(made, world.settings)))
    assert (data["week"], data["this_week"]["overdue"], len(data["trend"])) == ("2026-W47", 1, 12)
    assert data["as_of"] == "2026-11-19T09:00:00Z"
    assert data["trend"][-1] == {"week": "2026-W47", "cards": 1, "verified": 0, "due_soon": 0, "overdue": 1,
                                 "flagged": 0, "unverified": 0}  # fmt: skip


def test_the_page_and_the_mail_say_the_same_and_hostile_titles_stay_text(world: World) -> None:
    card = world.card("<script>alert(1)</script>", verified=True, interval_days=1)
    world.later(days=3)
    read(world, card, stale=1204)
    made = report(world)
    page = report_page(made, world.policy, world.settings.reports, Nudges(frozenset({card})))
    assert [(figure.label, figure.value) for figure in page.figures] == [
        ("Expected stale views", "1 a week"), ("Trust score", "0%"), ("Overdue or flagged", "1"),
        ("Time to re-verify", "–"),
    ]  # fmt: skip
    assert (page.next_url, page.previous_url) == ("", "/reports/weekly?week=2026-W46")
    assert page.fix_first[0].nudge_action == f"/reports/weekly/nudges/{card}"
    mail = as_letter(made, world.settings)
    assert page.sentence in mail.text
    assert "<script>" in mail.text
    assert "<script>" not in mail.html


def test_a_nudge_reaches_the_assignee_once_a_day(world: World) -> None:
    card = world.card("Refunds")
    for who in ("cora", "axel", "cora"):
        with world.transaction() as session:
            loaded = session.get_one(Card, card)
            asked = nudge(session, world.actor(session, who), loaded, world.settings, world.policy, world.now)
            assert asked.person.name == "Vera"
    (mail,) = mails(world).values()
    assert (mail.key, mail.subject) == (f"nudge:{card}:2026-11-16", "Cora asks you to check “Refunds”")
    with world.read() as session:
        assert nudged_today(session, [card, card + 1], world.policy, world.now) == {card}
        assert nudgeable(session, world.actor(session, "cora"), [card]) == {card}
        assert nudgeable(session, world.actor(session, "rita"), [card]) == frozenset()
        assert nudged_today(session, [card], world.policy, world.later(days=1)) == frozenset()


def test_only_curators_and_the_owner_nudge_and_only_about_answers(world: World) -> None:
    card, hidden, draft = world.card(), world.card(collection="deals"), world.card(publish=False)
    for who, which, error in (("rita", card, Forbidden), ("stan", hidden, NotFound), ("cora", draft, Conflict)):
        with world.read() as session:
            actor, loaded = world.actor(session, who), session.get_one(Card, which)
            with pytest.raises(error):
                nudge(session, actor, loaded, world.settings, world.policy, world.now)
    assert mails(world) == {}
