"""What a query's words may match: each word a group of alternatives, of which the best counts."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from search import analysis
from search.backend import Query
from search.whoosh_index.batch import EDGE, EDGE_LIMIT, TEXT

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
    words = [group for word in query.words for group in groups_of(word)]
    if query.prefix and words:
        words[-1] = _typed(query.words[-1], words[-1])
    phrases = [group for phrase in query.phrases for group in groups_of(phrase)]
    groups = [*words, *phrases]
    telling = [group for group in groups if not group.function] or groups
    return [_with_synonyms(group, query) for group in telling]


def title_groups(query: Query) -> list[Group]:
    """As you type: the beginnings of a title's or tag's words."""
    chunks = [chunk for word in query.words for chunk in analysis.chunks(word)]
    return [Group(chunk.text, (edge_of(analysis.whole_chunk(chunk)),)) for chunk in chunks]


def joined_synonyms(query: Query) -> list[Group]:
    """What means the same as several words of the query together."""
    return [
        Group(key, _meanings(meanings))
        for key, meanings in query.synonyms
        if len(analysis.cut(key)) > 1 and _meanings(meanings)
    ]


def edge_of(word: str) -> Alternative:
    """A word as the beginning of a title's or tag's word."""
    return Alternative(EDGE, (word[:EDGE_LIMIT],))


def _typed(word: str, group: Group) -> Group:
    last = list(analysis.chunks(word))[-1]
    return Group(group.word, group.alternatives, group.looser, analysis.whole_chunk(last), group.function)


def _with_synonyms(group: Group, query: Query) -> Group:
    meanings = tuple(meaning for key, given in query.synonyms if key == group.word for meaning in given)
    more = _meanings(meanings)
    if not more:
        return group
    return Group(group.word, (*group.alternatives, *more), group.looser, group.typed, group.function)


def _meanings(meanings: tuple[str, ...]) -> tuple[Alternative, ...]:
    """Each as its words' terms together, in every language that stems them differently."""
    found = {
        tuple(dict.fromkeys(term for term, _ in sequence)): None
        for meaning in meanings
        for sequence in analysis.sequences(meaning)
    }
    return tuple(Alternative(TEXT, terms, SYNONYM) for terms in found)
