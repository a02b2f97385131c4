"""Read golden queries, and the clicks that could become some."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from kb.cards.models import Card
from kb.cards.permissions import servable_to, visible_to
from kb.people.actor import Actor
from kb.use.models import SearchClick, SearchQuery
from search.asking import completed
from search.curating import demand_curator
from search.golden.models import GoldenQuery

_PAIRS_READ = 200


@dataclass(frozen=True, slots=True)
class Golden:
    """A golden query with its card."""

    query: GoldenQuery
    card: Card


@dataclass(frozen=True, slots=True)
class Clicked:
    """Words from whose results a card was opened or copied so many times, once a day and person."""

    words: str
    card: Card
    times: int


def golden_queries(session: Session, actor: Actor) -> list[Golden]:
    """All golden queries of cards that the actor may see, by their words."""
    rows = session.execute(
        select(GoldenQuery, Card).join(Card, Card.id == GoldenQuery.card_id).where(visible_to(actor))
        .options(joinedload(Card.collection)).order_by(GoldenQuery.words, GoldenQuery.grade.desc(), GoldenQuery.id)
    ).unique()  # fmt: skip
    return [Golden(query, card) for query, card in rows]


def most_clicked(session: Session, actor: Actor, limit: int = 20) -> Sequence[Clicked]:
    """What people open most from which words, without what is golden already."""
    demand_curator(actor)
    number = func.count(SearchClick.query_id.distinct())
    rows = session.execute(
        select(SearchQuery.words, SearchClick.card_id, number)
        .join(SearchClick, SearchClick.query_id == SearchQuery.id)
        .join(Card, Card.id == SearchClick.card_id).where(servable_to(actor))
        .group_by(SearchQuery.words, SearchClick.card_id)
        .order_by(number.desc(), SearchQuery.words, SearchClick.card_id).limit(_PAIRS_READ)
    ).all()  # fmt: skip
    cards = {card.id: card for card in session.scalars(select(Card).where(Card.id.in_({row[1] for row in rows})))}
    known = {tuple(row) for row in session.execute(select(GoldenQuery.words, GoldenQuery.card_id))}
    times: Counter[tuple[str, int]] = Counter()
    for words, card_id, number_ in rows:
        times[completed(words, cards[card_id].title), card_id] += number_
    return [
        Clicked(words, cards[card_id], total) for (words, card_id), total in times.most_common()
        if (words, card_id) not in known
    ][:limit]  # fmt: skip
