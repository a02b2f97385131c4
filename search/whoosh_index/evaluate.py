"""Which documents answer a query, and how well: arrays in, arrays out, nothing of Whoosh.

Everything, word statistics included, is computed from documents inside the mask, so that what a person may not
see changes neither hits nor totals nor the order.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from search import analysis
from search.backend import Query
from search.whoosh_index.schema import EDGE, EDGE_LIMIT, TAG, TEXT

Docs = NDArray[np.int64]
Weights = NDArray[np.float32]
Mask = NDArray[np.bool_]
K1 = 1.2
B = 0.75
# With fewer cards that have all the words, those with most of them follow. 840 handbook pages, 360 queries, nDCG@10:
# 0.49 when they follow only where there is no full match, 0.59 with ten.
FULL_MATCHES_WANTED = 10
# What a synonym is worth beside the word itself.
SYNONYM_FACTOR = 0.8
# A phrase is looked up in so many texts at most, in the order of the cards' ids.
PHRASE_CANDIDATES = 20_000


class Postings(Protocol):
    @property
    def docs(self) -> Docs: ...
    @property
    def weights(self) -> Weights: ...


class Source(Protocol):
    size: int
    lengths: Weights

    def postings(self, field: str, term: str) -> Postings: ...
    def texts(self, docs: Docs) -> list[str]: ...


class Alternative(NamedTuple):
    """Terms of one field that must all occur; `factor` is what they are worth."""

    field: str
    terms: tuple[str, ...]
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Group:
    """One word of the query: any alternative will do, `looser` ones if no document has those."""

    alternatives: tuple[Alternative, ...]
    looser: tuple[Alternative, ...] = ()
    optional: bool = False


class Found(NamedTuple):
    docs: Docs
    weights: Weights


class Ranked(NamedTuple):
    docs: Docs
    scores: Weights
    relaxed: bool


def find(source: Source, query: Query, mask: Mask) -> Ranked:
    base = _limited(source, query, mask)
    required = [group for phrase in query.phrases for group in groups_of(phrase)]
    words = word_groups(query)
    if query.prefix and words:
        words[-1] = typed_group(query.words[-1], words[-1])
    return rank(source, _with_optional(words), [_optional(group) for group in required], base)


def find_titles(source: Source, query: Query, mask: Mask) -> Ranked:
    """As you type: whole words, and the last one's beginning, of titles and tags."""
    base = mask
    for word in query.words:
        for chunk in analysis.chunks(word):
            base = base & _members(source, gather(source, Group((_edge(chunk),)), base).docs)
    groups = [Group((_edge(chunk),)) for word in query.words for chunk in analysis.chunks(word)]
    return rank(source, groups, [], base)


def groups_of(text: str) -> list[Group]:
    return [
        Group(
            tuple(Alternative(TEXT, terms) for terms in analysis.alternatives(chunk)),
            tuple(Alternative(TEXT, terms) for terms in analysis.looser_alternatives(chunk)),
            analysis.is_function_word(chunk),
        )
        for chunk in analysis.chunks(text)
        if analysis.whole_chunk(chunk)
    ]


def word_groups(query: Query) -> list[Group]:
    """A group for each word. A synonym of several words answers each of them, with a share of its weight."""
    groups = [groups_of(word) for word in query.words]
    for span, others in query.synonyms:
        for start, end in _places(query.words, span):
            factor = SYNONYM_FACTOR / (end - start)
            more = tuple(Alternative(TEXT, terms, factor) for other in others for terms in analysis.side_terms(other))
            for place in range(start, end):
                groups[place] = [replace(g, alternatives=g.alternatives + more) for g in groups[place]]
    return [group for of_word in groups for group in of_word]


def typed_group(word: str, group: Group) -> Group:
    """The word as it stands, or the beginning of a longer one in a title or tag."""
    edges = tuple(_edge(chunk) for chunk in analysis.chunks(word))
    return Group((*edges[-1:], *group.alternatives), group.looser, group.optional)


def rank(source: Source, words: list[Group], extra: list[Group], base: Mask) -> Ranked:
    """All words must match; where too few documents have them all, half of them. `extra` only adds to the score."""
    needed = [group for group in words if not group.optional]
    count = np.zeros(source.size, np.int16)
    score = np.zeros(source.size, np.float32)
    total = int(base.sum())
    norms = K1 * (1 - B + B * source.lengths / _mean_length(source, base))
    for group in words + extra:
        docs, weights = gather(source, group, base)
        if not group.optional:
            count[docs] += 1
        idf = np.log(1 + (total - len(docs) + 0.5) / (len(docs) + 0.5))
        score[docs] += np.float32(idf) * weights * np.float32(K1 + 1) / (weights + norms[docs])
    docs = np.flatnonzero(base & (count >= len(needed)))
    if len(docs) >= FULL_MATCHES_WANTED or len(needed) < 2:
        return Ranked(docs, score[docs], relaxed=False)
    most = np.flatnonzero(base & (count >= (len(needed) + 1) // 2))
    return Ranked(
        most, score[most] * np.sqrt(count[most] / np.float32(len(needed))), relaxed=not len(docs) and len(most) > 0
    )


def gather(source: Source, group: Group, base: Mask) -> Found:
    """The documents of a group inside the mask, each with its best alternative's weight."""
    found = _union([_all_terms(source, alternative, base) for alternative in group.alternatives])
    if not len(found.docs) and group.looser:
        return _union([_all_terms(source, alternative, base) for alternative in group.looser])
    return found


def best_first(ranked: Ranked, card_ids: Docs, limit: int) -> list[tuple[int, float]]:
    """The best cards and their scores; equal scores in the order of their ids."""
    scores = ranked.scores
    kept = np.arange(len(scores))
    if 0 < limit < len(scores):
        threshold = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        kept = np.flatnonzero(scores >= threshold)
    ids = card_ids[ranked.docs[kept]]
    order = np.lexsort((ids, -scores[kept]))[:limit]
    return list(zip(ids[order].tolist(), scores[kept][order].tolist(), strict=True))


def _places(words: Sequence[str], span: str) -> Iterator[tuple[int, int]]:
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            if " ".join(words[start:end]) == span:
                yield start, end


def _limited(source: Source, query: Query, mask: Mask) -> Mask:
    """The documents of the scope that have the tags and phrases and none of the excluded words."""
    base = mask.copy()
    if query.is_empty:
        base[:] = False
    for tag in query.tags:
        base &= _members(source, source.postings(TAG, tag).docs)
    for phrase in query.phrases:
        base = _members(source, _phrase_docs(source, phrase, base))
    for excluded in query.excluded:
        base[_excluded_docs(source, excluded, base)] = False
    return base


def _excluded_docs(source: Source, text: str, base: Mask) -> Docs:
    groups = groups_of(text)
    if len(groups) > 1:
        return _phrase_docs(source, text, base)
    return gather(source, Group(groups[0].alternatives), base).docs if groups else np.empty(0, np.int64)


def _phrase_docs(source: Source, phrase: str, base: Mask) -> Docs:
    """Exact: documents that have all its words are read and searched for the very sequence."""
    left = base
    for group in groups_of(phrase):
        left = left & _members(source, gather(source, group, left).docs)
    docs = np.flatnonzero(left)[:PHRASE_CANDIDATES]
    wanted = analysis.phrase_text(analysis.cut(phrase))
    held = [wanted in text for text in source.texts(docs)]
    return docs[np.array(held, np.bool_)]


def _members(source: Source, docs: Docs) -> Mask:
    members = np.zeros(source.size, np.bool_)
    members[docs] = True
    return members


def _with_optional(groups: list[Group]) -> list[Group]:
    """A query made of nothing but function words needs them all."""
    if any(not group.optional for group in groups):
        return groups
    return [Group(group.alternatives, group.looser) for group in groups]


def _optional(group: Group) -> Group:
    return Group(group.alternatives, group.looser, optional=True)


def _edge(chunk: analysis.Chunk) -> Alternative:
    return Alternative(EDGE, (analysis.whole_chunk(chunk)[:EDGE_LIMIT],))


def _mean_length(source: Source, base: Mask) -> float:
    return max(1.0, float(source.lengths[base].mean())) if base.any() else 1.0


def _all_terms(source: Source, alternative: Alternative, base: Mask) -> Found:
    docs, weights = _inside(source.postings(alternative.field, alternative.terms[0]), base)
    for term in alternative.terms[1:]:
        more = _inside(source.postings(alternative.field, term), base)
        docs, left, right = np.intersect1d(docs, more.docs, assume_unique=True, return_indices=True)
        weights = np.minimum(weights[left], more.weights[right])
    return Found(docs, weights * np.float32(alternative.factor) if alternative.factor != 1 else weights)


def _inside(postings: Postings, base: Mask) -> Found:
    kept = base[postings.docs]
    return Found(postings.docs[kept], postings.weights[kept])


def _union(parts: Iterable[Found]) -> Found:
    found = [part for part in parts if len(part.docs)]
    if len(found) <= 1:
        return found[0] if found else Found(np.empty(0, np.int64), np.empty(0, np.float32))
    docs = np.concatenate([part.docs for part in found])
    weights = np.concatenate([part.weights for part in found])
    order = np.argsort(docs, kind="stable")
    docs, weights = docs[order], weights[order]
    first = np.flatnonzero(np.concatenate(([True], docs[1:] != docs[:-1])))
    return Found(docs[first], np.maximum.reduceat(weights, first))
