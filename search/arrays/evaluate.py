"""Which documents answer a query, and how well: arrays in, arrays out, nothing of Whoosh.

Everything, word statistics included, is computed from documents inside the mask, so that what a person may not
see changes neither hits nor totals nor the order.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from search import ranking
from search.arrays import phrases
from search.arrays.batch import AUDIENCE, TAG
from search.arrays.matching import Weights, Word, list_of, members, word_of
from search.arrays.snapshot import Docs, Mask, Snapshot
from search.arrays.words import groups_of, query_groups, title_groups
from search.backend import Hit, Hits, Narrowing, Query
from search.boosts import Boosts

Numbers = NDArray[np.intp]
_BLOCK = 64
_SPARSE_SHARE = 8
"""Fewer postings than such a part of all documents are put together as they are; more go through an array of all."""
_CORRECTIONS = 4
"""So many unknown words of a query are corrected: looking through all words for a near one takes milliseconds."""
_NOTHING: Docs = np.empty(0, np.uint32)


def find(
    snapshot: Snapshot, query: Query, visible: Mask, limit: int, offset: int, only: Narrowing, boosts: Boosts | None
) -> Hits:
    """The best cards for these words."""
    base = _limited(snapshot, query, snapshot.narrowed(visible, only, boosts))
    words: list[Word] = []
    for group in query_groups(query):
        unknown = sum(word.corrected is not None or not word.holding for word in words)
        words.append(word_of(snapshot, group, visible, may_correct=unknown < _CORRECTIONS))
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
    docs, scores = _scored(snapshot.size, words, int(np.count_nonzero(visible)), base)
    total = len(docs)
    if not total:
        return Hits(corrected=_corrections(words), generation=snapshot.generation)
    kept = _promising(snapshot, docs, scores, max(offset + limit, ranking.REREAD), boosts)
    docs = docs[kept]
    found = _candidates(snapshot, docs, scores[kept], boosts)
    order, head = ranking.first_order(found)
    order = order[: max(offset + limit, head)]
    docs, found = docs[order], found.taken(order)
    holds, matches = _matches(snapshot, words, docs[:head])
    titles, pairs = np.zeros(len(docs)), np.zeros(len(docs))
    facts = (snapshot.fact(name)[docs[:head]] for name in ("title_end", "title_length", "body_start"))
    titles[:head], pairs[:head] = ranking.reread(matches, head, len(words), *facts)
    hits = ranking.page(found, titles, pairs, head, offset, offset + limit)
    relaxed = len(words) > 1 and not bool(holds.all(axis=0).any())
    return Hits(hits, total, relaxed, _corrections(words), snapshot.generation, _has_few(hits, found.card_ids, holds))


def _has_few(hits: Sequence[Hit], card_ids: NDArray[np.int64], holds: Mask) -> bool:
    """Whether the first of these hits has fewer than half of the words. Of those beyond the head nothing is known."""
    if not hits:
        return False
    held = holds[:, card_ids[: holds.shape[1]] == hits[0].card_id]
    return bool(held.size) and int(np.count_nonzero(held)) * 2 < len(held)


def _corrections(words: Iterable[Word]) -> tuple[tuple[str, str], ...]:
    return tuple(word.corrected for word in words if word.corrected is not None)


def _scored(size: int, words: Sequence[Word], cards: int, base: Mask) -> tuple[Docs, Weights]:
    """The documents of `base` that have any of the words, ascending, with the sum over the words of how telling each is
    times the best it is worth to the document."""
    weighted = [(word, np.float32(ranking.idf(cards, word.holding))) for word in words if word.holding]
    postings = sum(len(listed.docs) for word, _ in weighted for listed in word.lists)
    if not words or int(np.count_nonzero(base)) * _SPARSE_SHARE < size:
        docs = np.flatnonzero(base).astype(np.uint32)
    elif postings * _SPARSE_SHARE < size:
        docs = np.unique(np.concatenate([listed.docs for word, _ in weighted for listed in word.lists] or [_NOTHING]))
        docs = docs[base[docs]]
    else:
        scores = _scores_of_all(size, weighted)
        docs = np.flatnonzero(base & (scores > 0)).astype(np.uint32)
        return docs, scores[docs]
    if not words:  # tags and collections alone: only trust and use tell one card from another
        return docs, np.ones(len(docs), np.float32)
    scores = _scores_of(docs, weighted)
    has_any = scores > 0
    return docs[has_any], scores[has_any]


def _scores_of_all(size: int, words: Sequence[tuple[Word, np.float32]]) -> Weights:
    scores, best = np.zeros(size, np.float32), np.zeros(size, np.float32)
    for word, weight in words:
        if len(word.lists) == 1:
            scores[word.lists[0].docs] += word.lists[0].worth() * weight
            continue
        for listed in word.lists:
            best[listed.docs] = np.maximum(best[listed.docs], listed.worth())
        for listed in word.lists:
            scores[listed.docs] += best[listed.docs] * weight
            best[listed.docs] = 0.0
    return scores


def _scores_of(docs: Docs, words: Sequence[tuple[Word, np.float32]]) -> Weights:
    """The same for these documents alone."""
    scores = np.zeros(len(docs), np.float32)
    for word, weight in words:
        best = np.zeros(len(docs), np.float32)
        for listed in word.lists:
            here, there = _places(listed.docs, docs)
            best[here] = np.maximum(best[here], listed.worth(there))
        scores += best * weight
    return scores


def _promising(snapshot: Snapshot, docs: Docs, scores: Weights, wanted: int, boosts: Boosts | None) -> Numbers:
    """The places of at least the `wanted` best documents, and of whichever has the best words."""
    boosted, popular = scores, 1.0
    if boosts is not None:
        boosted = scores * snapshot.factors(boosts)[docs]
        popular = max(1.0, float(boosts.use.factors.max(initial=1.0)) * boosts.audience)
        for meant in _audience_docs(snapshot, boosts):
            boosted[_places(meant, docs)[0]] *= np.float32(boosts.audience)
    if len(boosted) <= wanted:
        return np.arange(len(boosted))
    padded = np.zeros(-(-len(boosted) // _BLOCK) * _BLOCK, np.float32)
    padded[: len(boosted)] = boosted
    peaks = padded.reshape(-1, _BLOCK).max(axis=1)
    # The k best blocks hold k documents at least as good as the k-th peak.
    threshold = float(np.partition(peaks, -wanted)[-wanted]) if wanted < len(peaks) else 0.0
    threshold = min(threshold, float(peaks.max()) / popular) * 0.9999
    return np.flatnonzero(boosted > threshold)


def _candidates(snapshot: Snapshot, docs: Docs, scores: Weights, boosts: Boosts | None) -> ranking.Candidates:
    ids = snapshot.card_ids[docs]
    factors = np.ones((4, len(docs)))
    factors[0] = scores
    if boosts is not None:
        factors[1] = boosts.trust_factors()[snapshot.trust(boosts)[docs]]
        factors[2] = boosts.use.of(ids)
        for meant in _audience_docs(snapshot, boosts):
            factors[3, _places(meant, docs)[0]] = boosts.audience
    return ranking.Candidates(ids, factors)


def _audience_docs(snapshot: Snapshot, boosts: Boosts) -> list[Docs]:
    if boosts.audience == 1.0:
        return []
    parts = (part for name in sorted(boosts.audiences) for part in snapshot.parts(AUDIENCE, name))
    return [list_of(part, 1.0).docs for part in parts]


def _matches(snapshot: Snapshot, words: Sequence[Word], docs: Docs) -> tuple[Mask, ranking.Matches]:
    """Which of a few documents have each word, and where in them its terms stand."""
    order = docs.argsort()
    ascending = docs[order]
    with_places = (listed.part for word in words for listed in word.lists if listed.part is not None)
    snapshot.expect_positions(with_places, ascending)
    holds = np.zeros((len(words), len(docs)), np.bool_)
    cards, numbers, positions = [], [], []
    for number, word in enumerate(words):
        for listed in word.lists:
            here, there = _places(listed.docs, ascending)
            holds[number, order[here]] = True
            if listed.part is not None and len(here):
                count, found = listed.part.field.positions_of(there + listed.part.start)
                cards.append(order[here].repeat(count))
                numbers.append(np.full(len(found), number, np.intp))
                positions.append(found.astype(np.int64))
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


def _limited(snapshot: Snapshot, query: Query, base: Mask) -> Mask:
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
