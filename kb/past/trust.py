"""The trust that a card had at an earlier instant."""

from datetime import datetime

from kb.past.replay import Records, Then, state_of
from kb.trust.policy import Policy
from kb.trust.state import TrustState, state_from


def trust_at(records: Records, instant: datetime, policy: Policy) -> TrustState | None:
    """The state that its readers saw; None while it was no answer."""
    then = state_of(records, instant)
    return trust_then(then, instant, policy) if then is not None and then.is_servable else None


def trust_then(then: Then, instant: datetime, policy: Policy) -> TrustState:
    """The same from the facts of then."""
    checked = then.verified
    is_verified = checked.verified_at is not None and checked.unverified_at is None
    is_late = is_verified and checked.verify_by is not None and instant >= checked.verify_by
    return state_from(bool(then.doubts), is_verified, is_late, checked.verify_by, policy, instant)
