"""What a search would have answered at an earlier instant, by the same engine over the cards as they were then.

Synonyms are today's, and use counts for nothing.
"""

import time
from datetime import datetime

from sqlalchemy.orm import Session

from kb.lines.folding import fold
from kb.past.cards import PastCards, cards_at
from kb.past.instants import demand_known
from kb.people.actor import Actor
from search.answers import SPARE, Answers, SearchService, as_corrected, is_plain, scope_of, shown_results
from search.arrays.evaluate import find
from search.as_of.snapshot import snapshot_of
from search.backend import Hit, Hits, Narrowing, Query, Scope
from search.boosts import UseCounts
from search.contract import Filters
from search.folds import WINDOW, arranged, member
from search.snippets import Marker


def answers_as_of(
    service: SearchService, session: Session, actor: Actor, text: str, instant: datetime, now: datetime, *,
    filters: Filters | None = None, limit: int = 10, offset: int = 0,
) -> Answers:  # fmt: skip
    """What `SearchService.search` would have answered at `instant`, of what the actor may read today.

    Raises Invalid for an instant that is yet to come or lies before the installation.
    """
    began = time.perf_counter()
    demand_known(session, instant, now)
    chosen = filters or Filters()
    query = service.understood(session, text)
    scope = scope_of(session, actor, query, chosen)
    narrowed = scope.collection_ids if scope.collection_ids != actor.readable else None
    past = cards_at(session, actor, instant, service.policy, collections=narrowed)
    hits, page, hidden = _found(service, session, actor, past, query, chosen, scope, limit, offset)
    cards = past.answers(session, [hit.card_id for hit in page[:limit]])
    query = as_corrected(query, hits)
    marker = Marker(query)
    shown = [cards[hit.card_id] for hit in page[:limit]]
    results = shown_results(marker, [card for card, _ in shown], [trust for _, trust in shown], page[:limit])
    older = past.older(result.card.id for result in results)
    folded = sum(hidden.get(result.card.id, 0) for result in results)
    return Answers(
        query=query.raw, results=results, total=hits.total - sum(hidden.values()), hidden=len(older) + folded,
        did_you_mean=" ".join(query.words) if hits.corrected else None, is_relaxed=hits.relaxed,
        generation=f"as of {instant.isoformat()}", took_ms=(time.perf_counter() - began) * 1000, older=tuple(older),
        folded=folded, understood=query, corrected=hits.corrected, has_few=hits.has_few,
    )  # fmt: skip


def _found(
    service: SearchService, session: Session, actor: Actor, past: PastCards, query: Query, filters: Filters,
    scope: Scope, limit: int, offset: int,
) -> tuple[Hits, list[Hit], dict[int, int]]:  # fmt: skip
    """The engine's hits, those of the page, and by card how many found ones are folded behind it."""
    if query.is_empty or not scope.collection_ids:
        return Hits(), [], {}
    snapshot = snapshot_of(service.backend, session, past)
    boosts = service.boosts(actor, past.instant, UseCounts())
    only = Narrowing(filters.tags, filters.trust, filters.owner_id, filters.language, filters.updated_since)
    visible = snapshot.mask(scope)
    hits = find(snapshot, query, visible, limit + SPARE, offset, only, boosts)
    alike = {card_id for pair in past.pairs for card_id in (pair.card_id, pair.other_id)}
    if not offset and not any(hit.card_id in alike for hit in hits.hits[:limit]):
        return hits, list(hits.hits), {}
    hits = find(snapshot, query, visible, max(WINDOW, offset + limit + SPARE), 0, only, boosts)
    ranked, hidden = _folded(session, past, hits, reaches=is_plain(query, filters))
    return hits, ranked[offset : offset + limit + SPARE], hidden


def _folded(session: Session, past: PastCards, hits: Hits, *, reaches: bool) -> tuple[list[Hit], dict[int, int]]:
    """As `search.folds` does it, among the cards of then."""
    found = {hit.card_id for hit in hits.hits}
    pairs = [pair for pair in past.pairs if pair.card_id in found or pair.other_id in found]
    involved = {card_id for pair in pairs for card_id in (pair.card_id, pair.other_id)} & past.states.keys()
    members = [
        member(*each) for each in past.answers(session, sorted(involved if reaches else involved & found)).values()
    ]
    if len(members) < 2:
        return list(hits.hits), {}
    return arranged(hits.hits, fold(members, past.pairs, past.instant))
