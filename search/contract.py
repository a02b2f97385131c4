"""What a reader asks for beside words: filters, and the contract of `kb.trust.contract`."""

from dataclasses import dataclass
from datetime import datetime

from kb.trust.contract import Contract
from kb.trust.state import TrustState

__all__ = ["Contract", "Filters"]


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search. Empty means everything."""

    collections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    trust: tuple[TrustState, ...] = ()
    owner_id: int | None = None
    language: str | None = None
    updated_since: datetime | None = None
