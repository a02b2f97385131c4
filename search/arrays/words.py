"""What a query's words may match: each word a group of alternatives, of which the best counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from search import analysis
from search.arrays.batch import EDGE, EDGE_LIMIT, TEXT
from search.backend import Query

EDGE_OF_FOUND = 0.5
"""A longer word of a title counts half where the word itself, as typed so far, is found."""
SYNONYM = 0.8
LOOSER = 0.8


class Alternative(NamedTuple):
    """Terms of one field that must all occur, and what they are worth."""

    field: str
    terms: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Group:
    """One word of the query. `looser`: what else it may match where nothing has it as typed. `typed`: its beginning
    while it is still being typed. `function`: it carries no topic."""

    word: str
    alternatives: tuple[Alternative, ...]
    looser: tuple[Alternative, ...] = ()
    typed: str = ""
    function: bool = False


@lru_cache(maxsize=5_000)
def groups_of(text: str, weight: float = 1.0) -> tuple[Group, ...]:
    """The groups of a text, one for each chunk."""
    return tuple(
        Group(
            chunk.text,
            tuple(Alternative(TEXT, terms, weight) for terms in analysis.alternatives(chunk)),
            tuple(Alternative(TEXT, terms, weight * LOOSER) for terms in analysis.looser_alternatives(chunk)),
            function=analysis.is_function_word(chunk),
        )
        for chunk in analysis.chunks(text)
        if analysis.whole_chunk(chunk)
    )


def query_groups(query: Query) -> list[Group]:
    """The groups that count: function words only where there is nothing else."""
    words = [list(groups_of(word)) for word in query.words]
    if query.prefix and words and words[-1]:
        words[-1][-1] = _typed(query.words[-1])
    _add_synonyms(words, query)
    phrases = [group for phrase in query.phrases for group in groups_of(phrase)]
    groups = [*(group for of_word in words for group in of_word), *phrases]
    return [group for group in groups if not group.function] or groups


def title_groups(query: Query) -> list[Group]:
    """As you type: the beginnings of a title's or tag's words."""
    chunks = [chunk for word in query.words for chunk in analysis.chunks(word)]
    return [Group(chunk.text, (edge_of(analysis.whole_chunk(chunk)),)) for chunk in chunks]


def edge_of(word: str) -> Alternative:
    """A word as the beginning of a title's or tag's word."""
    return Alternative(EDGE, (word[:EDGE_LIMIT],))


@lru_cache(maxsize=5_000)
def _typed(word: str) -> Group:
    """The last group of a word that is still being typed."""
    return replace(groups_of(word)[-1], typed=analysis.whole_chunk(list(analysis.chunks(word))[-1]))


def _add_synonyms(words: list[list[Group]], query: Query) -> None:
    """What means the same as a word is an alternative of it; as several words, of each, with a share of its weight."""
    for span, others in query.synonyms:
        for start, end in _places(query.words, span):
            worth = SYNONYM / (end - start)
            more = tuple(Alternative(TEXT, terms, worth) for other in others for terms in analysis.side_terms(other))
            for place in range(start, end):
                words[place] = [replace(group, alternatives=group.alternatives + more) for group in words[place]]


def _places(words: Sequence[str], span: str) -> Iterator[tuple[int, int]]:
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            if " ".join(words[start:end]) == span:
                yield start, end
