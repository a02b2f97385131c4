"""What orders hits beside their words: trust, use and the reader's audience, each a bounded factor.

Trust comes from facts and the clock, use from counts that fade, so nothing is indexed again when a date passes or a
card is read. Both engines use these arrays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.trust.state import TrustState

TRUST_ORDER = (
    TrustState.VERIFIED,
    TrustState.DUE_SOON,
    TrustState.OVERDUE,
    TrustState.FLAGGED,
    TrustState.UNVERIFIED,
)
NEVER = np.iinfo(np.int64).max
"""`verify_by` of a card that is never due."""


def microseconds(at: datetime) -> int:
    """An instant as the engines store it: since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class UseCounts:
    """How much some cards were used, most recent use counting most: ids ascending, and their factors (1.0 or more)."""

    ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    factors: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))

    @cached_property
    def most(self) -> float:
        """The largest factor."""
        return float(self.factors.max(initial=1.0))

    def of(self, card_ids: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """The factor of each of these cards; 1.0 where nothing is known."""
        if not len(self.ids):
            return np.ones(len(card_ids), np.float32)
        places = np.minimum(np.searchsorted(self.ids, card_ids), len(self.ids) - 1)
        return np.where(self.ids[places] == card_ids, self.factors[places], np.float32(1.0))


@dataclass(frozen=True, eq=False)
class Boosts:
    """The factors of one search. `audience` is the factor of cards meant for one of `audiences`."""

    now: datetime
    due_soon: timedelta
    trust: Mapping[TrustState, float] = field(default_factory=dict)
    use: UseCounts = field(default_factory=UseCounts)
    audiences: frozenset[str] = frozenset()
    audience: float = 1.0

    @cached_property
    def trust_factors(self) -> NDArray[np.float32]:
        """One per state, in TRUST_ORDER."""
        return np.array([self.trust.get(state, 1.0) for state in TRUST_ORDER], np.float32)


def use_factors(counts: Mapping[int, float], strength: float) -> UseCounts:
    """Factors between 1 and 1 + `strength` from faded counts: logarithmic, with its full strength at 1 000 uses."""
    ids = np.array(sorted(counts), np.int64)
    used = np.array([counts[card_id] for card_id in ids.tolist()], np.float64)
    grown = np.minimum(np.log1p(np.maximum(used, 0.0)) / np.log1p(1000.0), 1.0)
    return UseCounts(ids, (1.0 + strength * grown).astype(np.float32))


def trust_states(
    is_verified: NDArray[np.bool_], is_flagged: NDArray[np.bool_], verify_by: NDArray[np.int64], now: datetime,
    due_soon: timedelta,
) -> NDArray[np.int8]:  # fmt: skip
    """The place in TRUST_ORDER of every card at `now`: the rule of `kb.trust.state` for arrays of microseconds."""
    at = microseconds(now)
    states = np.zeros(len(verify_by), np.int8)
    states[verify_by <= at + due_soon // timedelta(microseconds=1)] = 1
    states[verify_by <= at] = 2
    states[~is_verified] = 4
    states[is_flagged] = 3
    return states


def next_transition(verify_by: NDArray[np.int64], now: datetime, due_soon: timedelta) -> int:
    """Until when, in microseconds, no card's state changes by time alone."""
    at, ahead = microseconds(now), due_soon // timedelta(microseconds=1)
    later = verify_by[verify_by != NEVER]
    due, soon = later[later > at], later[later - ahead > at] - ahead
    return int(min(due.min(initial=NEVER), soon.min(initial=NEVER)))
