"""The formula that orders cards: the same for both engines, in arrays.

A card is read as three overlapping fields: its title (T), title with headings, other names and tags (H), title with
the whole text (B). What a word is worth to a card is fixed when the card is indexed,

    impact = Σ over T, H, B of  w · tf · (k1 + 1) / (tf + k1 · (1 - b + b · length / mean))

(BM25 per field and summed: Robertson & Zaragoza, The Probabilistic Relevance Framework, 2009, with constant means, so
that no card's score depends on cards the reader may not see). A query's score is Σ ln(1 + N / df) · impact over its
words, where N and df count cards the reader may see. The best are then read again: how much of the title was asked for,
and how many neighbours in the query are neighbours in the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log1p
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.backend import Hit

Floats = NDArray[np.float64]
Numbers = NDArray[Any]
TITLE, HEADS, TAGS, BODY = range(4)
"""The sections of a card in the order of their positions. `TAGS` holds tags and other names."""
REREAD = 30
TITLE_SHARE, HEAD_PAIRS, PAIRS = 0.3, 0.4, 0.2
PAIR_DISTANCE = 2
"""Words with one word between them still are a pair: "terms of service"."""
TAG_COUNTS = 2.0
PARTS = ("text", "title", "phrase", "trust", "use", "audience", "kept")
"""What a score is the sum of, in the order of `Hit.parts`."""
KEPT_PLACE = 3
"""The best match of words and trust is among so many first hits, however popular others are."""


class Field(NamedTuple):
    weight: float
    k1: float
    b: float
    mean: float


FIELDS = (Field(1.0, 1.0, 0.75, 4.0), Field(0.5, 1.0, 0.5, 25.0), Field(1.0, 1.5, 0.3, 400.0))


def impacts(counts: NDArray[np.integer[Any]], lengths: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
    """What occurrences are worth. Both arrays have a row per section; `lengths` are those of each posting's card."""
    title, heads, tags, body = counts.astype(np.float32)
    title_length, heads_length, tags_length, body_length = lengths.astype(np.float32)
    frequencies = (title, title + heads + TAG_COUNTS * tags, title + tags + body)
    sizes = (title_length, title_length + heads_length + tags_length, title_length + tags_length + body_length)
    total = np.zeros(len(title), np.float32)
    for field, frequency, size in zip(FIELDS, frequencies, sizes, strict=True):
        norm = np.float32(field.k1) * (1 - field.b + np.float32(field.b / field.mean) * size)
        total += np.float32(field.weight * (field.k1 + 1)) * frequency / (frequency + norm)
    return total


def idf(cards: int, holding: int) -> float:
    """How telling a word is that so many of the visible cards hold."""
    return log1p(cards / holding) if holding else 0.0


Places = NDArray[np.int64]
"""Where a word stands in a few cards, ascending: the number of the card among them, before SHIFT bits of position."""
SHIFT = 20


def reread(
    words: Sequence[Places], title_ends: Numbers, title_lengths: Numbers, body_starts: Numbers
) -> tuple[Floats, Floats]:
    """For each of a few cards what its title and what its pairs of words add, as shares of its score.

    `title_ends` and `body_starts` are positions, `title_lengths` counts words. There are few matches in titles, and few
    pairs: they are counted one by one.
    """
    pairs = np.zeros(len(title_ends))
    asked = [0] * len(pairs)
    places = words[0] if len(words) == 1 else np.concatenate(words)
    for place in set(_before(places, title_ends).tolist()):  # two words of a query may stand at one place
        asked[place >> SHIFT] += 1
    titles = TITLE_SHARE * np.minimum(np.array(asked) / np.maximum(title_lengths, 1), 1.0)
    for before, after in pairwise(words):
        found = _followed(before, after)
        if len(found):
            pairs[found >> SHIFT] += PAIRS
            pairs[_before(found, body_starts) >> SHIFT] += HEAD_PAIRS
    return titles, pairs / (len(words) - 1) if len(words) > 1 else pairs


def _before(places: Places, ends: Numbers) -> Places:
    """Those that lie before the end of their card, or of a part of it."""
    early: Places = places[places & ((1 << SHIFT) - 1) < ends[places >> SHIFT]]
    return early


def _followed(before: Places, after: Places) -> Places:
    """Those of the first places that one of the second ones follows closely."""
    if not len(before) or not len(after):
        return before[:0]
    following = after.searchsorted(before, "right")
    following[following == len(after)] = 0
    distances = after[following] - before
    return before[(distances > 0) & (distances <= PAIR_DISTANCE)]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The best few cards, before their final order: an entry per card.

    factors has a row each for the words' score and for the factors of trust, use and audience (see `search.boosts`).
    """

    card_ids: NDArray[np.int64]
    factors: Floats

    def taken(self, places: Numbers) -> "Candidates":
        """Some of them, in this order."""
        return Candidates(self.card_ids[places], self.factors[:, places])


def first_order(found: Candidates) -> tuple[Numbers, int]:
    """The places of the candidates, best first, and how many of them are to be read again.

    The best by words and trust alone is among these, whatever others are preferred for.
    """
    text, trust, use, audience = found.factors
    trusted = text * trust
    order = np.lexsort((found.card_ids, -(trusted * use * audience)))
    head = order[:REREAD]
    best = _greatest(trusted, found.card_ids)
    if len(order) > REREAD and best not in head.tolist():
        head = np.append(head, best)
        is_rest = np.ones(len(order), np.bool_)
        is_rest[head] = False
        order = np.concatenate((head, order[is_rest[order]]))
    return order, len(head)


def _greatest(values: Floats, card_ids: NDArray[np.int64]) -> int:
    """The place of the greatest value; of equal ones that of the card with the lowest id."""
    places = (values == np.maximum.reduce(values)).nonzero()[0]
    return int(places[card_ids[places].argmin()])


def page(found: Candidates, titles: Floats, pairs: Floats, head: int, start: int, end: int) -> tuple[Hit, ...]:
    """Hits `start` to `end` of the final order: the first `head` candidates by their scores, the others as they come.

    Popularity alone does not push the best match of words and trust far down: it is lifted to the last place that is
    kept for it.
    """
    text, trust, use, audience = found.factors
    parts = np.zeros((len(PARTS) + 1, len(text)))
    parts[0] = text
    np.multiply(text, titles, out=parts[1])
    np.multiply(text, pairs, out=parts[2])
    words = np.add.reduce(parts[:3])
    trusted = words * trust
    used = trusted * use
    scores = np.multiply(used, audience, out=parts[-1])
    np.subtract(trusted, words, out=parts[3])
    np.subtract(used, trusted, out=parts[4])
    np.subtract(scores, used, out=parts[5])
    order = np.lexsort((found.card_ids[:head], -scores[:head]))
    best = _greatest(trusted[:head], found.card_ids[:head])
    if best not in order[:KEPT_PLACE].tolist():
        parts[6, best] = scores[order[KEPT_PLACE - 1]] - scores[best]
        scores[best] += parts[6, best]
        others = order[order != best]
        order = np.concatenate((others[: KEPT_PLACE - 1], [best], others[KEPT_PLACE - 1 :]))
    if end > head:
        order = np.concatenate((order, np.arange(head, len(scores))))
    chosen = order[start:end]
    rows = parts.take(chosen, axis=1).T.tolist()
    of_cards = zip(found.card_ids[chosen].tolist(), rows, strict=True)
    return tuple([Hit(card_id, row.pop(), tuple(row)) for card_id, row in of_cards])
