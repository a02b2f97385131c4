"""Measures search by the golden queries: each is searched for as the actor would, and its cards' ranks are graded."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from kb.cards.queries import head_of_line
from kb.people.actor import Actor
from search.answers import SearchService
from search.golden.queries import Golden, golden_queries
from search.quality import DEPTH, mean, ndcg, reciprocal_rank


@dataclass(frozen=True, slots=True)
class Placed:
    """A golden query and the rank of its card, or of the one that replaced it. None: not among the first ten."""

    golden: Golden
    rank: int | None
    is_answer: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """All golden queries with their ranks, and the two figures over all their words."""

    placed: tuple[Placed, ...]
    queries: int
    ndcg: float
    mrr: float


def search_quality(session: Session, actor: Actor, service: SearchService, now: datetime) -> Quality:
    """How search serves the golden queries at this moment. What is no answer any longer is shown but not measured."""
    by_words: dict[str, list[Golden]] = defaultdict(list)
    for golden in golden_queries(session, actor):
        by_words[golden.query.words].append(golden)
    placed: list[Placed] = []
    gains, ranks = [], []
    for words, group in by_words.items():
        heads = {golden.query.id: head_of_line(session, actor, golden.card).head for golden in group}
        found = [result.card.id for result in service.search(session, actor, words, now, limit=DEPTH).results]
        grades: dict[int, int] = {}
        for golden in group:
            head = heads[golden.query.id]
            placed.append(Placed(golden, _rank(found, head.id) if head else None, head is not None))
            if head is not None:
                grades[head.id] = max(golden.query.grade, grades.get(head.id, 0))
        if grades:
            gains.append(ndcg(found, grades))
            ranks.append(reciprocal_rank(found, grades))
    return Quality(tuple(placed), len(gains), mean(gains), mean(ranks))


def _rank(found: Iterable[int], card_id: int) -> int | None:
    return next((place for place, other in enumerate(found, start=1) if other == card_id), None)
