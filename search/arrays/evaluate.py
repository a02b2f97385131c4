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
from search.arrays.matching import Numbers, Weights, Word, members, word_of
from search.arrays.snapshot import Mask, Positioned, Snapshot
from search.arrays.words import groups_of, query_groups, title_groups
from search.backend import Hit, Hits, Narrowing, Query
from search.boosts import Boosts

_BLOCK = 64
_CORRECTIONS = 4
"""So many unknown words of a query are corrected: looking through all words for a near one takes milliseconds."""
_NOWHERE: ranking.Places = np.empty(0, np.int64)


def find(
    snapshot: Snapshot, query: Query, visible: Mask, limit: int, offset: int, only: Narrowing, boosts: Boosts | None
) -> Hits:
    """The best cards for these words."""
    base = _limited(snapshot, query, snapshot.narrowed(visible, only, boosts))
    words: list[Word] = []
    unknown = 0
    for group in query_groups(query):
        word = word_of(snapshot, group, visible, may_correct=unknown < _CORRECTIONS)
        unknown += word.corrected is not None or not word.holding
        words.append(word)
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
    scores = _scores(snapshot.size, words, int(np.count_nonzero(visible)), base)
    if base is not visible:
        scores *= base
    total = int(np.count_nonzero(scores > 0))
    if not total:
        return Hits(corrected=_corrections(words), generation=snapshot.generation)
    docs = _promising(snapshot, scores, max(offset + limit, ranking.REREAD), boosts)
    found = _candidates(snapshot, docs, scores[docs], boosts)
    order, head = ranking.first_order(found)
    order = order[: max(offset + limit, head)]
    order[:head].sort()  # they are read in the order in which they lie, and put into their own by what is found
    docs, found = docs[order], found.taken(order)
    holds, places = _matches(snapshot, words, docs[:head])
    titles, pairs = _reread(snapshot, places, docs, head)
    hits = ranking.page(found, titles, pairs, head, offset, offset + limit)
    relaxed = len(words) > 1 and not np.logical_and.reduce(holds).any()
    return Hits(hits, total, relaxed, _corrections(words), snapshot.generation, _has_few(hits, found.card_ids, holds))


def _has_few(hits: Sequence[Hit], card_ids: NDArray[np.int64], holds: Mask) -> bool:
    """Whether the first of these hits has fewer than half of the words. Of those beyond the head nothing is known."""
    if not hits or len(holds) < 2:
        return False  # of one word there is no half
    held = holds[:, card_ids[: holds.shape[1]] == hits[0].card_id]
    return bool(held.size) and int(np.count_nonzero(held)) * 2 < len(held)


def _corrections(words: Iterable[Word]) -> tuple[tuple[str, str], ...]:
    return tuple(word.corrected for word in words if word.corrected is not None)


def _scores(size: int, words: Sequence[Word], cards: int, base: Mask) -> Weights:
    """For each document that may be seen the sum, over the words, of how telling each is times the best it is worth to
    the document. Going through all documents is quicker than finding out which have any of the words."""
    if not words:  # tags and collections alone: only trust and use tell one card from another
        return base.astype(np.float32)
    scores: Weights | None = None
    for word in words:
        if word.holding:
            worth = _worth(size, word, ranking.idf(cards, word.holding))
            scores = worth if scores is None else np.add(scores, worth, out=scores)
    return scores if scores is not None else np.zeros(size, np.float32)


def _worth(size: int, word: Word, weight: float) -> Weights:
    worth = np.zeros(size, np.float32)
    for number, listed in enumerate(word.lists):
        given = listed.worth(weight)
        worth[listed.docs] = np.maximum(given, worth[listed.docs]) if number else given
    return worth


def _promising(snapshot: Snapshot, scores: Weights, wanted: int, boosts: Boosts | None) -> Numbers:
    """At least the `wanted` best documents, ascending, and whichever has the best words."""
    boosted, popular = scores, 1.0
    if boosts is not None:
        boosted = scores * snapshot.factors(boosts)
        popular = boosts.use.most * boosts.audience
        for meant in _audience_docs(snapshot, boosts):
            boosted[meant] *= np.float32(boosts.audience)
    threshold, across = 0.0, len(scores) // _BLOCK
    if wanted < across:
        peaks = np.sort(np.maximum.reduce(boosted[: across * _BLOCK].reshape(_BLOCK, across)))
        # The k best columns hold k documents at least as good as the k-th peak.
        threshold = min(float(peaks[-wanted]), float(peaks[-1]) / popular) * 0.9999
    return (boosted > threshold).nonzero()[0]


def _candidates(snapshot: Snapshot, docs: Numbers, scores: Weights, boosts: Boosts | None) -> ranking.Candidates:
    ids = snapshot.card_ids[docs]
    factors = np.ones((4, len(docs)))
    factors[0] = scores
    if boosts is not None:
        factors[1] = boosts.trust_factors[snapshot.trust(boosts)[docs]]
        factors[2] = boosts.use.of(ids)
        for meant in _audience_docs(snapshot, boosts):
            factors[3, _places(meant, docs)[0]] = boosts.audience
    return ranking.Candidates(ids, factors)


def _audience_docs(snapshot: Snapshot, boosts: Boosts) -> list[Numbers]:
    if boosts.audience == 1.0:
        return []
    parts = (part for name in sorted(boosts.audiences) for part in snapshot.parts(AUDIENCE, name))
    return [part.numbers() for part in parts]


def _reread(
    snapshot: Snapshot, places: Sequence[ranking.Places], docs: Numbers, head: int
) -> tuple[ranking.Floats, ranking.Floats]:
    """What titles and pairs of words add to each document, of which the first `head` are read."""
    titles, pairs = np.zeros((2, len(docs)))
    if places:
        read = docs[:head]
        facts = (snapshot.fact(name)[read] for name in ("title_end", "title_length", "body_start"))
        titles[:head], pairs[:head] = ranking.reread(places, *facts)
    return titles, pairs


def _matches(snapshot: Snapshot, words: Sequence[Word], docs: Numbers) -> tuple[Mask, list[ranking.Places]]:
    """Which of a few documents have each word, and where in them it stands; both ascending."""
    with_places = (listed.part for word in words for listed in word.lists if listed.part is not None)
    snapshot.expect_positions(with_places, docs)
    holds = np.zeros((len(words), len(docs)), np.bool_)
    asked: dict[int, tuple[Positioned, list[tuple[int, Numbers, Numbers]]]] = {}
    for number, word in enumerate(words):
        for listed in word.lists:
            if listed.part is None and len(words) == 1:
                continue  # which cards have the only word is no question
            here, there = _places(listed.docs, docs)
            holds[number, here] = True
            if listed.part is not None and len(here):
                field = listed.part.field
                asked.setdefault(id(field), (field, []))[1].append((number, here, there + listed.part.start))
    places: list[list[ranking.Places]] = [[] for _ in words]
    for field, lists in asked.values():
        numbers = _joined([here for _, here, _ in lists])
        counts, positions = field.positions_of(_joined([there for _, _, there in lists]))
        stands = (numbers << ranking.SHIFT).repeat(counts) + positions
        ends = counts.cumsum().tolist()
        start = done = 0
        for number, here, _ in lists:
            done += len(here)
            places[number].append(stands[start : ends[done - 1]])
            start = ends[done - 1]
    return holds, [_in_order(found) for found in places]


def _in_order(places: Sequence[ranking.Places]) -> ranking.Places:
    """Those of all lists of a word; each list is in order."""
    if len(places) == 1:
        return places[0]
    return np.sort(np.concatenate(places), kind="stable") if places else _NOWHERE


def _joined(arrays: Sequence[Numbers]) -> Numbers:
    return np.concatenate(arrays) if len(arrays) > 1 else arrays[0]


def _places(docs: Numbers, wanted: Numbers) -> tuple[Numbers, Numbers]:
    """Which of the wanted documents are in a list, and where; both ascending."""
    if not len(docs):
        return docs, docs
    places = docs.searchsorted(wanted)
    found = (docs.take(places, mode="clip") == wanted).nonzero()[0]
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
