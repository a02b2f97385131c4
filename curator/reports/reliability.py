"""Whether "25 %" meant it: what was said of checked cards when the week before ended, and what their checks found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.reports.facts import CardFacts
from curator.reports.history import Record, checks_between
from curator.reports.models import CardWeek
from curator.reports.weeks import week_of
from kb.trust.policy import Policy

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Reliability:
    """Over these checks: the mean of what was said, and the share that found something to mend."""

    checks: int
    said: float
    found: float


def reliability_of(
    session: Session, cards: Sequence[CardFacts], since: datetime, until: datetime, policy: Policy
) -> Reliability | None:
    """Of the checks between two instants whose cards were judged before; None if there was none."""
    checks = [(card.id, check) for card in cards for check in checks_between(card.history, since, until)]
    said = _said(session, sorted({card_id for card_id, _ in checks}))
    pairs = list(_pairs(checks, said, policy))
    if not pairs:
        return None
    return Reliability(len(pairs), sum(p for p, _ in pairs) / len(pairs), sum(f for _, f in pairs) / len(pairs))


def _said(session: Session, card_ids: Sequence[int]) -> dict[tuple[int, date], float]:
    said: dict[tuple[int, date], float] = {}
    for start in range(0, len(card_ids), _AT_ONCE):
        rows = session.execute(
            select(CardWeek.card_id, CardWeek.monday, CardWeek.p_stale)
            .where(CardWeek.card_id.in_(card_ids[start : start + _AT_ONCE]))
        )  # fmt: skip
        said.update({(card_id, monday): p_stale for card_id, monday, p_stale in rows})
    return said


def _pairs(
    checks: Sequence[tuple[int, Record]], said: dict[tuple[int, date], float], policy: Policy
) -> Iterator[tuple[float, bool]]:
    for card_id, check in checks:
        p_stale = said.get((card_id, week_of(check.at, policy).before().monday))
        if p_stale is not None:
            yield p_stale, check.found
