"""From a reader's words to the one current answer: engine, gate, trust, order.

The engine gives ids and scores inside the reader's collections. Everything shown comes from the database through
the gate (`answer_cards`), so a lagging index can hide a card but never leak or revive one.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from kb.cards.answers import AnswerCard, OlderCard, answer_cards, replaced_by
from kb.cards.models import Collection
from kb.errors import Unavailable
from kb.people.actor import Actor
from kb.prepared import Prepared
from kb.settings import SearchSection
from kb.trust.policy import Policy
from kb.trust.queries import trust_by_answer
from kb.trust.state import Trust, TrustState
from kb.wording import N_, _
from search.backend import Hit, Hits, IndexUnusable, Narrowing, Query, Scope, SearchBackend
from search.boosts import Boosts, UseCounts
from search.contract import Contract, Filters
from search.folds import WINDOW, fold_hits
from search.query import parse
from search.ranking import PARTS
from search.snippets import Marker
from search.synonyms.expansions import expansions
from search.synonyms.queries import SynonymCache
from search.use_counts import UseTable

__all__ = ["Answers", "Contract", "Filters", "Result", "SearchService"]

log = structlog.get_logger("vitrine.search")
SPARE = 3
"""So many hits more than are shown: what the gate refuses while the index lags is made up for."""
_REBUILDING = N_("The search index is being rebuilt. Try again in a minute.")
Pieces = tuple[tuple[str, bool], ...]
Ask = Callable[[int, int], Hits]
"""The engine's answer to one question: so many hits, from a place on."""


class Result(NamedTuple):
    """One servable card with its trust and the parts of its score, which sum to it."""

    card: AnswerCard
    trust: Trust
    score: float
    parts: dict[str, float]
    title: Pieces
    snippet: Pieces


@dataclass(frozen=True, slots=True)
class Answers:
    """What a search found. `hidden` counts the replaced and the `folded` cards behind the results shown.

    `understood`: the query with the words that were looked for; `corrected`: the typed words that were not, each with
    the one instead of it. `has_few`: the best card has fewer than half of the words, so it is no answer to them.
    """

    query: str
    results: tuple[Result, ...] = ()
    total: int = 0
    hidden: int = 0
    did_you_mean: str | None = None
    is_relaxed: bool = False
    generation: str = ""
    took_ms: float = 0.0
    older: tuple[OlderCard, ...] = field(default=())
    folded: int = 0
    understood: Query = field(default_factory=Query)
    corrected: tuple[tuple[str, str], ...] = ()
    has_few: bool = False


class SearchService:
    """Search for people: one engine, one policy."""

    def __init__(self, backend: SearchBackend, policy: Policy, section: SearchSection | None = None) -> None:
        self.backend = backend
        self.synonyms = SynonymCache()
        self.policy = policy
        self._section = section or SearchSection()
        self._use = UseTable(self._section.use_boost)
        self._trust = {
            TrustState.VERIFIED: 1.0,
            TrustState.DUE_SOON: self._section.due_soon_factor,
            TrustState.OVERDUE: self._section.overdue_factor,
            TrustState.FLAGGED: self._section.flagged_factor,
            TrustState.UNVERIFIED: self._section.unverified_factor,
        }

    def search(
        self, session: Session, actor: Actor, text: str, now: datetime, *,
        filters: Filters | None = None, limit: int = 10, offset: int = 0, trust_counts: bool = True,
        folds: bool = True,
    ) -> Answers:  # fmt: skip
        """The best servable cards for these words, best first; of near-duplicates one, unless `folds` is off.

        Raises Unavailable when the index can't be read.
        """
        began = time.perf_counter()
        query, chosen = self.understood(session, text), filters or Filters()
        boosts = self.boosts(actor, now, self._use.current(session, now), trust_counts=trust_counts)
        only = Narrowing(chosen.tags, chosen.trust, chosen.owner_id, chosen.language, chosen.updated_since)
        ask = partial(self.backend.search, query, scope_of(session, actor, query, chosen), only=only, boosts=boosts)
        try:
            served = self._served(session, actor, ask, limit, offset)
            if folds and (offset or any(card.has_near_duplicates for card in served.cards.values())):
                reaches = is_plain(query, chosen)
                served = self._folded(session, actor, ask, now, limit, offset, reaches=reaches)
            generation = served.hits.generation or self.backend.generation()
        except IndexUnusable as error:
            log.error("index unusable", reason=str(error))
            raise Unavailable(_(_REBUILDING)) from error
        page, hits = served.page[:limit], served.hits
        shown = [served.cards[hit.card_id] for hit in page]
        trusts = trust_by_answer(session, shown, self.policy, now)
        query = as_corrected(query, hits)
        marker = Marker(query)
        results = shown_results(marker, shown, [trusts[card.id] for card in shown], page)
        older = replaced_by(session, actor, shown)
        folded = sum(served.hidden.get(hit.card_id, 0) for hit in page)
        return Answers(
            query=query.raw, results=results, total=served.total, hidden=len(older) + folded,
            did_you_mean=" ".join(query.words) if hits.corrected else None, is_relaxed=hits.relaxed,
            generation=generation, took_ms=(time.perf_counter() - began) * 1000, older=tuple(older), folded=folded,
            understood=query, corrected=hits.corrected, has_few=hits.has_few,
        )  # fmt: skip

    def _served(self, session: Session, actor: Actor, ask: Ask, limit: int, offset: int) -> "_Served":
        """The hits of a page as the engine has them, through the gate."""
        hits = ask(limit + SPARE, offset)
        return _through_gate(session, actor, hits, hits.hits, {}, limit)

    def _folded(
        self, session: Session, actor: Actor, ask: Ask, now: datetime, limit: int, offset: int, *, reaches: bool
    ) -> "_Served":
        """The same with near-duplicates folded, from the first hit on: what is hidden before a page moves the page."""
        hits = ask(max(WINDOW, offset + limit + SPARE), 0)
        ranked, hidden = fold_hits(session, actor, hits.hits, self.policy, now, reaches=reaches)
        return _through_gate(session, actor, hits, ranked[offset : offset + limit + SPARE], hidden, limit)

    def suggest(self, session: Session, actor: Actor, text: str, now: datetime, limit: int = 8) -> list[AnswerCard]:
        """Servable cards whose titles begin with or hold these words."""
        boosts = self.boosts(actor, now, self._use.current(session, now))
        try:
            hits = self.backend.suggest(text, Scope(actor.readable), limit + SPARE, boosts=boosts)
        except IndexUnusable as error:
            raise Unavailable(_(_REBUILDING)) from error
        ranked, _hidden = fold_hits(session, actor, hits.hits, self.policy, now, reaches=False)
        served = _through_gate(session, actor, hits, ranked, {}, limit)
        return [served.cards[hit.card_id] for hit in served.page[:limit]]

    def boosts(self, actor: Actor, now: datetime, use: UseCounts, *, trust_counts: bool = True) -> Boosts:
        """What counts beside the words, for this reader at this instant."""
        return Boosts(
            now=now,
            due_soon=timedelta(days=self.policy.due_soon_days),
            trust=self._trust if trust_counts else {},
            use=use,
            audiences=actor.group_slugs,
            audience=1.0 + (self._section.audience_boost if actor.group_slugs else 0.0),
        )

    def understood(self, session: Session, text: str) -> Query:
        """The query with the words that mean the same."""
        query = parse(text)
        found = expansions(query.words, self.synonyms.current(session)) if query.words else ()
        return query._replace(synonyms=found) if found else query


def is_plain(query: Query, filters: Filters) -> bool:
    """Whether only words were asked for: else a card that was not found may lack what was demanded beside them."""
    demands = (query.phrases, query.excluded, query.tags, query.collections)
    return not any(demands) and filters == Filters()


@dataclass(frozen=True, slots=True)
class _Served:
    """What the gate let through: hits to show, their cards, and by card how many found ones are folded behind it."""

    hits: Hits
    page: list[Hit]
    cards: dict[int, AnswerCard]
    hidden: dict[int, int]
    total: int


def _through_gate(
    session: Session, actor: Actor, hits: Hits, window: Sequence[Hit], hidden: dict[int, int], limit: int
) -> _Served:
    """The servable cards among the first hits, and among the spare ones where some of those may not be served."""
    ids = [hit.card_id for hit in window]
    cards = answer_cards(session, actor, ids[:limit]) if ids else {}
    refused = len(ids[:limit]) - len(cards)
    if refused:
        cards |= answer_cards(session, actor, ids[limit:])
    page = [hit for hit in window if hit.card_id in cards]
    return _Served(hits, page, cards, hidden, hits.total - sum(hidden.values()) - refused)


def scope_of(session: Session, actor: Actor, query: Query, filters: Filters) -> Scope:
    """The collections that the actor may read and that were asked for."""
    wanted = [set(names) for names in (query.collections, filters.collections) if names]
    ids = set(actor.readable)
    for names in wanted:
        ids &= {row[0] for row in _COLLECTIONS.rows(session, slugs=sorted(names))}
    return Scope(frozenset(ids))


_COLLECTIONS = Prepared(select(Collection.id).where(Collection.slug.in_(bindparam("slugs", expanding=True))))


def as_corrected(query: Query, hits: Hits) -> Query:
    """The query as the engine understood it: what is marked in the texts, and what "did you mean" says."""
    if not hits.corrected:
        return query
    meant = dict(hits.corrected)
    words = tuple([meant.get(word.lower(), word) for word in query.words])
    return query._replace(words=words, prefix=False)


def shown_results(
    marker: Marker, cards: Sequence[AnswerCard], trusts: Sequence[Trust], hits: Sequence[Hit]
) -> tuple[Result, ...]:
    """Hits with what is shown of their cards. All titles, then all texts: that is quicker than card by card."""
    titles = map(tuple, marker.highlights([(card.title, card.language) for card in cards]))
    snippets = [tuple(marker.snippet(card.text, card.language)) for card in cards]
    return tuple([
        Result(card, trust, hit.score, dict(zip(PARTS, hit.parts, strict=True)), title, snippet)
        for card, trust, hit, title, snippet in zip(cards, trusts, hits, titles, snippets, strict=True)
    ])  # fmt: skip
