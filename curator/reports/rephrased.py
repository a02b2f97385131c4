"""Searches that found something, which nobody opened, and after which the same person asked in other words at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.use.models import SearchClick, SearchQuery

AT_ONCE = timedelta(minutes=2)
_ROWS_READ = 20_000


@dataclass(frozen=True, slots=True)
class Search:
    """A finished search of somebody: what they asked when, and whether it led them to a card."""

    words: str
    person_id: int
    last_at: datetime
    card_id: int | None
    led_on: bool


def rephrased(session: Session, start: datetime, end: datetime, good: Iterable[str]) -> list[Search]:
    """Those of the week, among the searches that found an answer with good trust. What found none is in vain anyhow."""
    clicked = select(SearchClick.query_id).where(SearchClick.query_id == SearchQuery.id).exists()
    rows = session.execute(
        select(SearchQuery, clicked)
        .where(SearchQuery.last_at >= start, SearchQuery.last_at < end, SearchQuery.person_id.is_not(None))
        .order_by(SearchQuery.last_at.desc(), SearchQuery.id)
        .limit(_ROWS_READ)
    )
    was_good = set(good)
    by_person: dict[int, list[tuple[Search, bool]]] = {}
    for row, led_on in rows:
        search = Search(row.words, row.person_id or 0, row.last_at, row.first_card_id, led_on)
        by_person.setdefault(search.person_id, []).append((search, row.best_trust in was_good))
    return [each for searches in by_person.values() for each in _given_up(searches)]


def _given_up(newest_first: list[tuple[Search, bool]]) -> Iterator[Search]:
    for (later, _), (earlier, found_good) in pairwise(newest_first):
        is_at_once = later.last_at - earlier.last_at <= AT_ONCE
        if found_good and not earlier.led_on and is_at_once and is_rephrase(earlier.words, later.words):
            yield earlier


def is_rephrase(earlier: str, later: str) -> bool:
    """The same question in other words: some words stay, and it is not merely typed on, or shortened."""
    one, other = earlier.casefold().strip(), later.casefold().strip()
    if one.startswith(other) or other.startswith(one):
        return False
    return not {word[:5] for word in one.split() if len(word) > 2}.isdisjoint(word[:5] for word in other.split())
