"""From a reader's words to the one current answer: engine, gate, trust, order, contract.

The engine gives ids and text scores inside the reader's collections. Everything shown comes from the database through
the gate (`servable_cards`), so a lagging index can hide a card but never leak or revive one.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kb.cards.models import Card, CardTag, Collection
from kb.cards.permissions import visible_to
from kb.cards.queries import servable_cards
from kb.errors import Unavailable
from kb.people.actor import Actor
from kb.trust.policy import Policy
from kb.trust.queries import trust_by_card
from kb.trust.state import RANK, Trust, TrustState
from search import snippets
from search.backend import Hit, Hits, IndexUnusable, Query, Scope, SearchBackend
from search.folds import fold_rows
from search.query import parse

log = structlog.get_logger("vitrine.search")
WINDOW = 200
_FILTERED_WINDOW = 2000
TRUST_FACTOR = {
    TrustState.VERIFIED: 1.0,
    TrustState.DUE_SOON: 0.97,
    TrustState.OVERDUE: 0.8,
    TrustState.UNVERIFIED: 0.75,
    TrustState.FLAGGED: 0.7,
}
Pieces = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search. Empty means everything."""

    collections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    trust: tuple[TrustState, ...] = ()
    owner_id: int | None = None
    language: str | None = None
    updated_since: datetime | None = None

    @property
    def need_database(self) -> bool:
        """Whether hits have to be filtered by what only the database knows."""
        return bool(self.tags or self.trust or self.owner_id or self.language or self.updated_since)


@dataclass(frozen=True, slots=True)
class Contract:
    """What an answer must satisfy to be given as *the* answer. `due_soon` counts as verified: it still is."""

    min_trust: TrustState | None = None
    max_age_days: int | None = None

    def refuses(self, trust: Trust, now: datetime) -> str:
        """Why the contract does not accept this trust; empty if it does."""
        if self.min_trust is not None and RANK[trust.state] < min(RANK[self.min_trust], RANK[TrustState.DUE_SOON]):
            return f"The best card is {trust.state.value.replace('_', ' ')}; {self.min_trust.value} is demanded."
        if self.max_age_days is None:
            return ""
        if trust.verified_at is None or trust.verified_at < now - timedelta(days=self.max_age_days):
            return f"The best card was not verified within the last {self.max_age_days} days."
        return ""


@dataclass(frozen=True, slots=True)
class Result:
    """One servable card with its trust and the parts of its score, which sum to it: text, and what trust takes."""

    card: Card
    trust: Trust
    score: float
    parts: dict[str, float]
    title: Pieces
    snippet: Pieces


@dataclass(frozen=True, slots=True)
class _Row:
    """A card that was found, with what it earned."""

    card: Card
    trust: Trust
    hit: Hit
    factor: float


@dataclass(frozen=True, slots=True)
class Answers:
    """What a search found. `hidden` counts the replaced and the folded cards behind the results shown."""

    query: str
    results: tuple[Result, ...] = ()
    total: int = 0
    hidden: int = 0
    did_you_mean: str | None = None
    is_relaxed: bool = False
    generation: str = ""
    took_ms: float = 0.0
    older: tuple[Card, ...] = field(default=())
    folded: int = 0


class SearchService:
    """Search for people: one engine, one policy."""

    def __init__(self, backend: SearchBackend, policy: Policy) -> None:
        self.backend = backend
        self._policy = policy

    def search(
        self, session: Session, actor: Actor, text: str, now: datetime, *,
        filters: Filters | None = None, limit: int = 10, offset: int = 0, trust_counts: bool = True,
        folds: bool = True,
    ) -> Answers:  # fmt: skip
        """The best servable cards for these words, best first; of near-duplicates one, unless `folds` is off.

        Raises Unavailable when the index can't be read.
        """
        began = time.perf_counter()
        query, chosen = parse(text), filters or Filters()
        scope = _scope(session, actor, query, chosen)
        try:
            hits = self.backend.search(query, scope, _FILTERED_WINDOW if chosen.need_database else WINDOW + offset)
            ranked = self._ranked(session, actor, hits, chosen, now, trust_counts=trust_counts)
            folded: dict[int, list[_Row]] = {}
            if folds:
                is_plain = not (query.excluded or query.phrases or query.tags)  # else who asks wants those words
                fetch = partial(self._fetched, session, actor, ranked, chosen, scope, now, trust_counts=trust_counts)
                ranked, folded = fold_rows(session, ranked, fetch if is_plain else lambda _: [], now)
            total = len(ranked) if chosen.need_database else max(hits.total - (len(hits.hits) - len(ranked)), 0)
            meant = self._did_you_mean(query, scope) if not ranked else None
            generation = self.backend.generation()
        except IndexUnusable as error:
            log.error("index unusable", reason=str(error))
            raise Unavailable("The search index is being rebuilt. Try again in a minute.") from error
        page = [_shown(query, row) for row in ranked[offset : offset + limit]]
        older = _older(session, actor, [result.card for result in page])
        behind = sum(len(folded.get(result.card.id, ())) for result in page)
        took = (time.perf_counter() - began) * 1000
        return Answers(
            query.raw,
            tuple(page),
            total,
            len(older) + behind,
            meant,
            hits.relaxed,
            generation,
            took,
            tuple(older),
            behind,
        )

    def suggest(self, session: Session, actor: Actor, text: str, limit: int = 8) -> list[Card]:
        """Servable cards whose titles begin with or hold these words."""
        try:
            hits = self.backend.suggest(text, Scope(actor.readable), limit * 2)
        except IndexUnusable as error:
            raise Unavailable("The search index is being rebuilt. Try again in a minute.") from error
        cards = servable_cards(session, actor, [hit.card_id for hit in hits.hits])
        return [cards[hit.card_id] for hit in hits.hits if hit.card_id in cards][:limit]

    def _ranked(
        self, session: Session, actor: Actor, hits: Hits, filters: Filters, now: datetime, *, trust_counts: bool
    ) -> list[_Row]:
        cards = _through_gate(session, actor, hits, filters)
        trusts = trust_by_card(session, list(cards.values()), self._policy, now)
        rows = []
        for hit in hits.hits:
            card = cards.get(hit.card_id)
            if card is None or (filters.trust and trusts[card.id].state not in filters.trust):
                continue
            factor = TRUST_FACTOR[trusts[card.id].state] if trust_counts else 1.0
            rows.append(_Row(card, trusts[card.id], hit, factor))
        return sorted(rows, key=lambda row: (-row.hit.score * row.factor, row.card.id))

    def _fetched(
        self, session: Session, actor: Actor, found: Sequence[_Row], filters: Filters, scope: Scope, now: datetime,
        look_like: dict[int, int], *, trust_counts: bool,
    ) -> list[_Row]:  # fmt: skip
        """Cards that were not found but look like one that was; they earn what that one did."""
        earned = {row.card.id: row.hit.score for row in found}
        hits = Hits(tuple(Hit(card_id, earned[of]) for card_id, of in look_like.items()), len(look_like))
        rows = self._ranked(session, actor, hits, filters, now, trust_counts=trust_counts)
        return [row for row in rows if row.card.collection_id in scope.collection_ids]

    def _did_you_mean(self, query: Query, scope: Scope) -> str | None:
        corrections = self.backend.correct(query.words, scope)
        if not any(corrections):
            return None
        text = " ".join(new or old for new, old in zip(corrections, query.words, strict=True))
        return text if self.backend.search(parse(text + " "), scope, 1).total else None


def _scope(session: Session, actor: Actor, query: Query, filters: Filters) -> Scope:
    wanted = [set(names) for names in (query.collections, filters.collections) if names]
    ids = set(actor.readable)
    for names in wanted:
        ids &= set(session.scalars(select(Collection.id).where(Collection.slug.in_(names))))
    return Scope(frozenset(ids))


def _through_gate(session: Session, actor: Actor, hits: Hits, filters: Filters) -> dict[int, Card]:
    ids = [hit.card_id for hit in hits.hits]
    if filters.need_database:
        ids = list(session.scalars(_filtered(ids, filters)))
    return servable_cards(session, actor, ids)


def _filtered(ids: Sequence[int], filters: Filters) -> Select[int]:
    query = select(Card.id).where(Card.id.in_(ids))
    for tag in filters.tags:
        query = query.where(Card.id.in_(select(CardTag.card_id).where(CardTag.tag == tag)))
    if filters.owner_id is not None:
        query = query.where(Card.owner_id == filters.owner_id)
    if filters.language is not None:
        query = query.where(Card.language == filters.language)
    if filters.updated_since is not None:
        query = query.where(Card.updated_at >= filters.updated_since)
    return query


def _shown(query: Query, row: _Row) -> Result:
    card, hit, factor = row.card, row.hit, row.factor
    return Result(
        card=card,
        trust=row.trust,
        score=hit.score * factor,
        parts={"text": hit.score, "trust": hit.score * (factor - 1)},
        title=_pieces(snippets.highlight(card.title, query, card.language)),
        snippet=_pieces(snippets.snippet(card.text, query, card.language)),
    )


def _pieces(pieces: snippets.Pieces) -> Pieces:
    return tuple((str(text), bool(is_match)) for text, is_match in pieces)


def _older(session: Session, actor: Actor, heads: Sequence[Card]) -> list[Card]:
    """All cards, visible to the actor, that these have replaced, through however many steps."""
    found: list[Card] = []
    level = [card.id for card in heads]
    while level:
        rows = session.scalars(select(Card).where(Card.replaced_by_id.in_(level), visible_to(actor))).all()
        found += rows
        level = [card.id for card in rows]
    return found
