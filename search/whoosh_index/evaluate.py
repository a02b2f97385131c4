"""Which documents answer a query, and how well: arrays in, arrays out, nothing of Whoosh.

Everything, word statistics included, is computed from documents inside the mask, so that what a person may not
see changes neither hits nor totals nor the order.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from search import ranking
from search.backend import Hits, Narrowing, Query
from search.boosts import Boosts
from search.whoosh_index import phrases
from search.whoosh_index.batch import AUDIENCE, TAG
from search.whoosh_index.matching import Weights, Word, listed, members, word_of
from search.whoosh_index.snapshot import Docs, Mask, Snapshot
from search.whoosh_index.words import groups_of, query_groups, title_groups

_BLOCK = 128


def find(
    snapshot: Snapshot, query: Query, visible: Mask, limit: int, offset: int, only: Narrowing, boosts: Boosts | None
) -> Hits:
    """The best cards for these words."""
    base = _limited(snapshot, query, visible, snapshot.narrowed(visible, only, boosts))
    words = [word_of(snapshot, group, visible) for group in query_groups(query)]
    return _best(snapshot, words, visible, base, limit, offset, boosts)


def find_titles(snapshot: Snapshot, query: Query, visible: Mask, limit: int, boosts: Boosts | None) -> Hits:
    """Whole words, and the last one's beginning, of titles and tags; all of them."""
    words = [word_of(snapshot, group, visible, is_helped=False) for group in title_groups(query)]
    base = visible
    for word in words:
        base = base & members(snapshot.size, word.lists)
    return _best(snapshot, words, visible, base, limit, 0, boosts)


def _best(
    snapshot: Snapshot, words: Sequence[Word], visible: Mask, base: Mask, limit: int, offset: int,
    boosts: Boosts | None,
) -> Hits:  # fmt: skip
    scores = _scores(snapshot.size, words, int(np.count_nonzero(visible)))
    if not words:
        scores += 1.0  # tags and collections alone: only trust and use tell one card from another
    scores *= base
    total = int(np.count_nonzero(scores > 0))
    if not total:
        return Hits(corrected=_corrections(words))
    docs = _promising(snapshot, scores, max(offset + limit, ranking.REREAD), boosts)
    found = _candidates(snapshot, docs, scores, boosts)
    order, head = ranking.first_order(found)
    order = order[: max(offset + limit, head)]
    docs, found = docs[order], found.taken(order)
    holds, matches = _matches(snapshot, words, docs[:head])
    titles, pairs = np.zeros(len(docs)), np.zeros(len(docs))
    facts = (snapshot.fact(name)[docs[:head]] for name in ("title_end", "title_length", "body_start"))
    titles[:head], pairs[:head] = ranking.reread(matches, head, len(words), *facts)
    hits = ranking.page(found, titles, pairs, head, offset, offset + limit)
    relaxed = len(words) > 1 and not bool(holds.all(axis=0).any())
    return Hits(hits, total, relaxed, _corrections(words))


def _corrections(words: Iterable[Word]) -> tuple[tuple[str, str], ...]:
    return tuple(word.corrected for word in words if word.corrected is not None)


def _scores(size: int, words: Sequence[Word], cards: int) -> Weights:
    """The sum over the words of how telling each is times the best it is worth to a document."""
    scores, best = np.zeros(size, np.float32), np.zeros(size, np.float32)
    for word in words:
        weight = np.float32(ranking.idf(cards, word.holding))
        if not weight:
            continue
        if len(word.lists) == 1:
            scores[word.lists[0].docs] += word.lists[0].worth * weight
            continue
        for docs, worth, _ in word.lists:
            best[docs] = np.maximum(best[docs], worth)
        for docs, _, _ in word.lists:
            scores[docs] += best[docs] * weight
            best[docs] = 0.0
    return scores


def _promising(snapshot: Snapshot, scores: Weights, wanted: int, boosts: Boosts | None) -> NDArray[np.intp]:
    """At least the `wanted` best documents, and whichever has the best words."""
    boosted, popular = scores, 1.0
    if boosts is not None:
        boosted = scores * snapshot.factors(boosts)
        popular = max(1.0, float(boosts.use.factors.max(initial=1.0)) * boosts.audience)
        meant = _audience_docs(snapshot, boosts)
        if meant:
            boosted[np.unique(np.concatenate(meant))] *= np.float32(boosts.audience)
    padded = np.zeros(-(-len(boosted) // _BLOCK) * _BLOCK, np.float32)
    padded[: len(boosted)] = boosted
    peaks = padded.reshape(-1, _BLOCK).max(axis=1)
    # The k best blocks hold k documents at least as good as the k-th peak.
    threshold = np.partition(peaks, -wanted)[-wanted] if wanted < len(peaks) else np.float32(0)
    threshold = min(float(threshold), float(peaks.max()) / popular) * 0.9999
    return np.flatnonzero(boosted > max(threshold, 0.0))


def _candidates(
    snapshot: Snapshot, docs: NDArray[np.intp], scores: Weights, boosts: Boosts | None
) -> ranking.Candidates:
    ids = snapshot.card_ids[docs]
    factors = np.ones((4, len(docs)))
    factors[0] = scores[docs]
    if boosts is not None:
        factors[1] = boosts.trust_factors()[snapshot.trust(boosts)[docs]]
        factors[2] = boosts.use.of(ids)
        for meant in _audience_docs(snapshot, boosts):
            factors[3, np.isin(docs, meant)] = boosts.audience
    return ranking.Candidates(ids, factors)


def _audience_docs(snapshot: Snapshot, boosts: Boosts) -> list[Docs]:
    if boosts.audience == 1.0:
        return []
    parts = (part for name in sorted(boosts.audiences) for part in snapshot.parts(AUDIENCE, name))
    return [listed(part, 1.0).docs for part in parts]


def _matches(snapshot: Snapshot, words: Sequence[Word], docs: NDArray[np.intp]) -> tuple[Mask, ranking.Matches]:
    """Which of a few documents have each word, and where in them its terms stand."""
    order = docs.argsort()
    ascending = docs[order].astype(np.uint32)
    snapshot.expect_positions((part for word in words for _, _, part in word.lists if part is not None), ascending)
    holds = np.zeros((len(words), len(docs)), np.bool_)
    cards, numbers, positions = [], [], []
    for number, word in enumerate(words):
        for docs_of_word, _, part in word.lists:
            here, there = _places(docs_of_word, ascending)
            holds[number, order[here]] = True
            if part is not None and len(here):
                count, found = part.field.positions_of(there + part.start)
                cards.append(order[here].repeat(count))
                numbers.append(np.full(len(found), number, np.intp))
                positions.append(found)
    if not cards:
        none = np.empty(0, np.intp)
        return holds, ranking.Matches(none, none, none)
    return holds, ranking.Matches(np.concatenate(cards), np.concatenate(numbers), np.concatenate(positions))


def _places(docs: Docs, wanted: Docs) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which of the wanted documents are in a list, and where; both ascending."""
    places = docs.searchsorted(wanted)
    places[places == len(docs)] = 0
    found = (docs[places] == wanted).nonzero()[0]
    return found, places[found]


def _limited(snapshot: Snapshot, query: Query, visible: Mask, base: Mask) -> Mask:
    """The documents that have the tags and phrases of the query and none of the excluded words."""
    if query.is_empty:
        return np.zeros(snapshot.size, np.bool_)
    for tag in query.tags:
        base = base & snapshot.members(TAG, tag)
    for phrase in query.phrases:
        base = base & phrases.members(snapshot, phrase, base)
    for excluded in query.excluded:
        base = base & ~_excluded(snapshot, excluded, base)
    return base


def _excluded(snapshot: Snapshot, text: str, base: Mask) -> Mask:
    groups = groups_of(text)
    if len(groups) > 1:
        return phrases.members(snapshot, text, base)
    return members(snapshot.size, word_of(snapshot, groups[0], base, is_helped=False).lists if groups else [])
