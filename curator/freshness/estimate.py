"""The estimate: how often each card changes, how likely it is stale now, and what looking at it now is worth.

Pure: arrays in, arrays out, one number per card; the parameters are settings (`[freshness]`). In short:

- Corrections of a card are a Poisson process whose rate has a Gamma prior, shrunk to its collection and its length.
  With faded corrections `s` and faded days watched `T`, prior shape `a0` and prior mean rate `m`, the posterior is
  Gamma(a = a0 + s, b = a0 / m + T), in days (estimating change from irregular looks: Cho & Garcia-Molina, TOIT 2003).
- What goes wrong is mended unasked sooner or later, after `D` days on average, so of `t` days since the check only
  `g(t) = D (1 - e^(-t/D))` can still show. `P(stale) = 1 - (b / (b + g))^(a nu)`: the Lomax survival of a Gamma
  mixture. `nu` is learnt from the outcomes of checks here (`calibration.py`), so that "25 %" means it.
- Reports multiply the odds; many readers and no report lower them: with `x` reports expected of a stale card's
  readers since the check, by `(1 - e^-x) / x`, the chance that a card that went stale meanwhile drew none.
- What looking now is worth is the index of the best schedule under a budget: the stale days a look averts per look,
  `V = integral of (P(t) - P(s)) ds` over the days since the check. The marginal value and not P orders a queue, because
  a card that is stale again at once gains nothing (Azar et al., PNAS 2018; Busa-Fekete et al., WWW 2025).

Formulas with their derivation, and what they were measured on: docs/freshness.md.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from curator.freshness.evidence import Array, Evidence, Ints
from kb.settings import Freshness

DAYS_A_YEAR = 365.0
INTERVALS = (14, 30, 60, 90, 180, 365)
_MOST_REPORTS = 3.0
# Where to look between the check and now, and how much each look counts: Gauss's rule, closer together after the check.
_STEPS = tuple(
    (((1 + at) / 2) ** 2, (1 + at) / 2 * weight)
    for at, weight in zip(*(column.tolist() for column in np.polynomial.legendre.leggauss(24)), strict=True)
)


class Band(StrEnum):
    """P(stale) as people are shown it. It orders work and never un-verifies."""

    LIKELY_CURRENT = "likely_current"
    WORTH_A_LOOK = "worth_a_look"
    PROBABLY_CHANGED = "probably_changed"
    TREAT_AS_OUTDATED = "treat_as_outdated"


BANDS = ((0.10, Band.LIKELY_CURRENT), (0.25, Band.WORTH_A_LOOK), (0.50, Band.PROBABLY_CHANGED))


@dataclass(frozen=True, slots=True)
class Rates:
    """Corrections a day of a card of ordinary length: of all cards, and by shelf."""

    overall: float
    by_shelf: Array


def shelf_rates(evidence: Evidence, shelf: Ints, settings: Freshness) -> Rates:
    """Shrink each collection to all cards, and all cards to the default rate."""
    watched = evidence.watched * evidence.size
    known = settings.default_weight_days
    default = known / settings.default_days_between_corrections
    overall = float((default + evidence.corrections.sum()) / (known + watched.sum()))
    shelves = int(shelf.max()) + 1 if len(shelf) else 0
    corrections = np.bincount(shelf, weights=evidence.corrections, minlength=shelves)
    days = np.bincount(shelf, weights=watched, minlength=shelves)
    weight = settings.collection_weight
    return Rates(overall, (weight + corrections) / (weight / overall + days))


@dataclass(frozen=True, slots=True)
class Posterior:
    """The Gamma posterior of each card's rate of corrections a day, and the prior mean it was shrunk to."""

    shape: Array
    days: Array
    prior: Array

    @property
    def rate(self) -> Array:
        """The mean rate, corrections a day."""
        return self.shape / self.days


def posterior_of(evidence: Evidence, shelf_rate: Array, multiplier: Array, settings: Freshness) -> Posterior:
    """Shrink each card to what is usual on its shelf (`shelf_rate`, a number per card) for its length."""
    prior = shelf_rate * evidence.size * multiplier
    strength = settings.prior_corrections
    return Posterior(strength + evidence.corrections, strength / prior + evidence.watched, prior)


def p_over_time(posterior: Posterior, days: Array, nu: float, settings: Freshness) -> Array:
    """The probability that something changed and nobody mended it in so many days since the check."""
    return 1.0 - _fresh(posterior, days, settings) ** nu


def p_with_reports(p: Array, flags: Array, views: Array, report_rate: float, settings: Freshness) -> Array:
    """Readers know: each report multiplies the odds, and silence in front of many readers lowers them.

    `views` are those since the check, `report_rate` is how often somebody who reads a stale card reports it.
    """
    sure = np.clip(p, 0.0, 1.0 - 1e-9)
    floor = np.where(flags > 0, np.maximum(sure, 0.005), sure)  # a report says something also on the day of the check
    odds = floor / (1.0 - floor) * settings.report_odds ** np.minimum(flags, _MOST_REPORTS)
    odds *= _silent_readers(report_rate * np.maximum(views, 0.0))
    return odds / (1.0 + odds)


def stale_days_averted(posterior: Posterior, days: Array, p_time: Array, p: Array, settings: Freshness) -> Array:
    """What a look now is worth, in stale days; nothing right after a check that nobody has doubted.

    What readers' reports add to P is a card that is stale now for sure: worth the days until it changes or is mended.
    """
    fresh_days = sum(weight * _fresh(posterior, share * days, settings) for share, weight in _STEPS) * days
    worth = np.maximum(fresh_days - days * _fresh(posterior, days, settings), 0.0)
    lowered = worth * p / np.maximum(p_time, 1e-9)
    raised = worth + (p - p_time) / (posterior.rate + 1.0 / settings.repair_days)
    value = np.where(p < p_time, lowered, raised)
    return np.where((days < settings.rest_days) & (p <= p_time), 0.0, value)


def days_until(posterior: Posterior, target: Array, nu: float, settings: Freshness) -> Array:
    """Days after a check at which P(stale) crosses the target; infinite where it never does."""
    needed = posterior.days * ((1.0 - target) ** (-1.0 / (posterior.shape * nu)) - 1.0)
    share = np.minimum(needed / settings.repair_days, 1.0)
    with np.errstate(divide="ignore"):
        days: Array = -settings.repair_days * np.log1p(-share)
    return days


def suggested_interval(days: float, longest: int | None = None) -> int:
    """A round interval for that many days, and never longer than a person's limit where there is one."""
    rounded = next((step for step in INTERVALS if days <= step * 1.2), INTERVALS[-1])
    return rounded if longest is None else min(rounded, longest)


def band_of(p: float) -> Band:
    """The band that P falls into."""
    return next((band for below, band in BANDS if p < below), Band.TREAT_AS_OUTDATED)


def minutes_for(words: int, settings: Freshness) -> int:
    """Whole minutes that a check takes: to decide, and to read attentively."""
    return max(1, round(settings.check_minutes + words / settings.words_a_minute))


def _fresh(posterior: Posterior, days: Array, settings: Freshness) -> Array:
    """The chance that nothing went wrong, or that it was mended; before it is calibrated."""
    open_days = -settings.repair_days * np.expm1(-np.maximum(days, 0.0) / settings.repair_days)
    fresh: Array = (posterior.days / (posterior.days + open_days)) ** posterior.shape
    return fresh


def _silent_readers(expected: Array) -> Array:
    some = np.maximum(expected, 1e-9)
    silent: Array = np.where(expected > 1e-6, -np.expm1(-some) / some, 1.0)
    return silent
