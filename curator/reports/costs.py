"""What stale answers are expected to cost in a week, in the week before, and in each of the last quarter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from curator.reports.about import About
from curator.reports.expected import (
    Expectation,
    Expected,
    expectations_now,
    expectations_of,
    expected_by_week,
    together,
)
from curator.reports.weeks import Week, week_of
from kb.people.actor import Actor
from kb.settings import Freshness
from kb.trust.policy import Policy

TREND_WEEKS = 12
_CALM_RATE = 0.75  # corrections a year: what a card is thought to have that nothing is known of


@dataclass(frozen=True, slots=True)
class Costs:
    """The expectation for each card of the report and for all, now and before; None where it was not kept."""

    cards: Mapping[int, Expectation]
    cards_before: Mapping[int, Expectation]
    expected: Expected
    before: Expected | None
    trend: tuple[tuple[Week, Expected | None], ...]

    @classmethod
    def of(
        cls, session: Session, actor: Actor, about: About, week: Week, card_ids: Sequence[int], policy: Policy,
        freshness: Freshness, now: datetime,
    ) -> "Costs":  # fmt: skip
        """The current week is judged as of now; of a past one it is told what was expected when it ended."""
        weeks = [week.before(back) for back in range(TREND_WEEKS - 1, -1, -1)]
        kept = dict(expected_by_week(session, actor, about, [*weeks, week.before()]))
        cards = expectations_of(session, card_ids, week)
        if week == week_of(now, policy) or not cards:
            cards = expectations_now(session, card_ids, freshness, min(now, week.end(policy)))
            kept[week.monday] = together(cards.values())
        return cls(
            cards=cards,
            cards_before=expectations_of(session, card_ids, week.before()),
            expected=kept.get(week.monday, together(cards.values())),
            before=kept.get(week.before().monday),
            trend=tuple((each, kept.get(each.monday)) for each in weeks),
        )

    def is_calm(self, card_id: int) -> bool:
        """Whether the card is known to change no more often than most."""
        return card_id in self.cards and self.cards[card_id].rate_per_year <= _CALM_RATE
