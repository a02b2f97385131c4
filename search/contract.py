"""What a reader asks for beside words, and what an answer must be to be given as *the* answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kb.trust.state import RANK, Trust, TrustState


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search. Empty means everything."""

    collections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    trust: tuple[TrustState, ...] = ()
    owner_id: int | None = None
    language: str | None = None
    updated_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """What an answer must satisfy to be given as *the* answer. `due_soon` counts as verified: it still is."""

    min_trust: TrustState | None = None
    max_age_days: int | None = None

    def refuses(self, trust: Trust, now: datetime) -> str:
        """Why the contract does not accept this trust; empty if it does."""
        if self.min_trust is not None and RANK[trust.state] < min(RANK[self.min_trust], RANK[TrustState.DUE_SOON]):
            return f"The best card is {trust.state.value.replace('_', ' ')}; {self.min_trust.value} is demanded."
        if self.max_age_days is None:
            return ""
        if trust.verified_at is None or trust.verified_at < now - timedelta(days=self.max_age_days):
            return f"The best card was not verified within the last {self.max_age_days} days."
        return ""
