"""What a week's checks came to: how many, what they found, how many were made in batches, and what they averted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from curator.reports.expected import Expectation
from curator.reports.facts import CardFacts
from curator.reports.history import checks_between


@dataclass(frozen=True, slots=True)
class Work:
    """The checks of a week. `averted` are stale reads a week that are no longer expected; None where nobody knows."""

    checks: int
    found: int
    in_batches: int
    averted: float | None

    @property
    def yield_share(self) -> float | None:
        """The share of checks that found something to mend."""
        return self.found / self.checks if self.checks else None

    @property
    def batch_share(self) -> float | None:
        """The share of checks that were made many at a time."""
        return self.in_batches / self.checks if self.checks else None


def work_of(
    cards: Sequence[CardFacts], start: datetime, end: datetime, before: Mapping[int, Expectation],
    after: Mapping[int, Expectation],
) -> Work:  # fmt: skip
    """The work between two instants. Averted is what a checked card cost before and costs no more."""
    done = {card.id: list(checks_between(card.history, start, end)) for card in cards}
    checks = [check for of_card in done.values() for check in of_card]
    spared = [
        max(0.0, before[card_id].stale - after[card_id].stale)
        for card_id, of_card in done.items()
        if of_card and card_id in before and card_id in after
    ]
    return Work(
        checks=len(checks),
        found=sum(check.found for check in checks),
        in_batches=sum(check.in_batch for check in checks),
        averted=sum(spared) if before else None,
    )
