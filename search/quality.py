"""How good an order of results is, against grades that people gave. Pure.

nDCG: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4), 2002, with the
gain 2^grade - 1 and the discount log2(rank + 1), divided by the best order's. MRR: the mean of 1 / rank of the first
result that has a grade.
"""

from collections.abc import Mapping, Sequence
from math import log2
from statistics import fmean

DEPTH = 10


def ndcg(ranked: Sequence[int], grades: Mapping[int, int], depth: int = DEPTH) -> float:
    """How close these results come to the best order: 1 is the best order, 0 none of the graded ones."""
    best = _gain(sorted(grades.values(), reverse=True)[:depth])
    return _gain([grades.get(card_id, 0) for card_id in ranked[:depth]]) / best if best else 0.0


def reciprocal_rank(ranked: Sequence[int], grades: Mapping[int, int], depth: int = DEPTH) -> float:
    """1 for a graded result in the first place, 1/2 in the second, 0 beyond `depth`."""
    places = (place for place, card_id in enumerate(ranked[:depth], start=1) if grades.get(card_id, 0) > 0)
    return 1 / next(places, float("inf"))


def mean(values: Sequence[float]) -> float:
    """The mean over queries; 0 without any."""
    return fmean(values) if values else 0.0


def _gain(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1) / log2(place + 1) for place, grade in enumerate(grades, start=1))
