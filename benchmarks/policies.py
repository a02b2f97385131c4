"""What to check first: the policies that are compared. Each gives every card a number; below zero it is left alone.

`vitrine` asks the product's own estimate, with its default settings, and learns from its checks as the product does.
"""

import numpy as np

from benchmarks.replay import USE_WEEKS, WEEK, Policy, Sight
from curator.freshness.calibration import calibrated, reports_per_stale_view
from curator.freshness.estimate import (
    p_over_time,
    p_with_reports,
    posterior_of,
    shelf_rates,
    stale_days_averted,
)  # fmt: skip
from curator.freshness.evidence import Array, evidence_of
from kb.settings import Freshness

FIXED_DAYS = 90
COOL_DOWN_DAYS = 30
_FLAGGED_FIRST = 1e6
_SETTINGS = Freshness()


def fixed_90(sight: Sight) -> Array:
    """Whatever was not checked for 90 days, the longest overdue first."""
    return np.where(sight.unchecked >= FIXED_DAYS, sight.unchecked, -1.0)


def fixed_90_flagged(sight: Sight) -> Array:
    """The same, and before it whatever readers reported."""
    return np.where(sight.flags > 0, _FLAGGED_FIRST * sight.flags, fixed_90(sight))


def oldest(sight: Sight) -> Array:
    """Whatever was not checked for longest, due or not."""
    return sight.unchecked


def most_used(sight: Sight) -> Array:
    """What is read most, unless it was checked within the month."""
    return np.where(sight.unchecked >= COOL_DOWN_DAYS, sight.views, -1.0)


def use_age(sight: Sight) -> Array:
    """Readers times days since the check: the best that one does without a model."""
    return sight.views * sight.unchecked


def oracle(sight: Sight) -> Array:
    """Knows how often each page really changes, on average over its life, and how often it is really read."""
    rate = np.maximum(sight.world.true_rate, 1e-6)
    aged = rate * sight.unchecked
    averted: Array = sight.world.views[sight.week] / rate * (1.0 - (1.0 + aged) * np.exp(-aged))
    return averted


def vitrine(sight: Sight) -> Array:
    """The product: readers times what a look is worth."""
    cards, record = sight.record()
    evidence = evidence_of(record, _SETTINGS)
    usual = shelf_rates(evidence, record.shelf, _SETTINGS).by_shelf[record.shelf]
    posterior = posterior_of(evidence, usual, record.multiplier, _SETTINGS)
    raw = p_over_time(posterior, evidence.unchecked, 1.0, _SETTINGS)
    nu, report_rate = _learnt(sight)
    p_time = 1.0 - (1.0 - raw) ** nu
    p = p_with_reports(p_time, record.flags, record.views_since_check, report_rate, _SETTINGS)
    worth = stale_days_averted(posterior, evidence.unchecked, p_time, p, _SETTINGS)
    score, sight.raw, sight.said = (np.zeros(len(sight.alive)) for _ in range(3))
    score[cards] = (record.views_per_day + 1.0 / (WEEK * USE_WEEKS)) * worth
    sight.raw[cards], sight.said[cards] = raw, p
    return score


POLICIES: dict[str, Policy] = {
    policy.__name__: policy for policy in (vitrine, fixed_90, fixed_90_flagged, oldest, most_used, use_age, oracle)
}


def _learnt(sight: Sight) -> tuple[float, float]:
    """The calibration and how often readers report, from the last checks."""
    log = sight.log[-_SETTINGS.calibration_checks :]
    raw = np.array([each.raw for each in log])
    found = np.array([each.found for each in log], dtype=np.bool_)
    flags, views = np.array([each.flags for each in log]), np.array([each.views for each in log])
    plain = flags == 0
    nu = calibrated(raw[plain], found[plain], np.ones(int(plain.sum())), _SETTINGS)
    return nu, reports_per_stale_view(flags, views, found, _SETTINGS)
