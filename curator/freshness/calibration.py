"""Whether "25 %" means it: the exponent that calibrates P, learnt from what checks found, and the table that shows it.

Much of what goes stale is mended before a checker comes by, in some companies more than in others. So the model's
raw P is bent by one exponent, `P = 1 - (1 - raw)^nu`: solved so that the last checks found as much as was said, and
held to a default by ten pseudo-checks. Pure: numbers in, numbers out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from curator.freshness.estimate import BANDS, Band
from curator.freshness.evidence import Array, Flags
from kb.settings import Freshness

_TYPICAL = 0.25
_LEAST, _MOST = 0.05, 3.0


class Said(NamedTuple):
    """What was said of a card just before a check, and whether the check found it stale."""

    p: float
    found: bool


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """The checks of cards that stood in one band: the mean of what was said, and the share that was found stale."""

    band: Band
    checks: int
    said: float
    found: float


def calibrated(raw: Array, found: Flags, weight: Array, settings: Freshness) -> float:
    """The exponent under which these checks would have found as much as they did."""
    fresh = 1.0 - np.clip(raw, 0.0, 0.99)
    pseudo = settings.calibration_weight
    wanted = float((weight * found).sum()) + pseudo * (1 - (1 - _TYPICAL) ** settings.calibration)
    low, high = _LEAST, _MOST
    for _ in range(40):
        middle = (low + high) / 2
        expected = float((weight * (1 - fresh**middle)).sum()) + pseudo * (1 - (1 - _TYPICAL) ** middle)
        low, high = (middle, high) if expected < wanted else (low, middle)
    return (low + high) / 2


def reports_per_stale_view(reports: Array, views: Array, found: Flags, settings: Freshness) -> float:
    """How often readers here report what is stale: told by the cards that a check found stale, which were so for half
    the time on average. Where nobody ever reports anything, silence says nothing, and it takes few checks to see that.
    """
    known = settings.reports_weight_views
    counted = settings.reports_per_stale_view * known + reports[found].sum()
    return float(counted / (known + views[found].sum() / 2)) if known + views[found].sum() else 0.0


def reliability(outcomes: Sequence[Said]) -> tuple[ReliabilityRow, ...]:
    """By band what was said and what was found; bands that no checked card stood in have no row."""
    rows = []
    lower = 0.0
    for upper, band in (*BANDS, (1.1, Band.TREAT_AS_OUTDATED)):
        inside = [each for each in outcomes if lower <= each.p < upper]
        if inside:
            said = sum(each.p for each in inside) / len(inside)
            rows.append(ReliabilityRow(band, len(inside), said, sum(each.found for each in inside) / len(inside)))
        lower = upper
    return tuple(rows)
