"""What an import did, item by item."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from kb.importing.parsed import Notice


class Outcome(StrEnum):
    """What became of an item."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Item:
    """One item: where it came from, what became of it, and why if it failed."""

    where: str
    outcome: Outcome
    external_id: str | None = None
    title: str | None = None
    card_id: int | None = None
    reason: str | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """All items in the order of their source; `notices` are about the source as a whole.

    In a dry run the numbers of cards that would be made are left out.
    """

    collection: str
    is_dry_run: bool
    items: tuple[Item, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many items had which outcome."""
        counted = Counter(item.outcome for item in self.items)
        return {outcome: counted[outcome] for outcome in Outcome}

    @property
    def warnings(self) -> list[tuple[str, Notice]]:
        """Every notice with the source it is about."""
        return [(item.where, notice) for item in self.items for notice in item.notices]
