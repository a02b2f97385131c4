"""What the pages about freshness show."""

from dataclasses import dataclass

from kb.web.parts import Link


@dataclass(frozen=True, slots=True)
class FreshnessPanel:
    """Beside a card, for whoever may verify it: the band, what it means, and why."""

    band: str
    sentence: str
    cost: str
    reasons: tuple[str, ...]
    interval: str
    rate: str
    minutes: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with what it is, and what to make of it."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class BandRow:
    """The cards of one band; `percent` of all expected stale impressions."""

    band: str
    meaning: str
    cards: str
    stale: str
    percent: int


@dataclass(frozen=True, slots=True)
class ReliabilityLine:
    """What was said of the checked cards of one band, and what the checks found."""

    band: str
    said: str
    found: str
    checks: str


@dataclass(frozen=True, slots=True)
class ShelfLine:
    """A collection: its cards, use, expected stale impressions a week, and how many of its cards are in doubt."""

    shelf: Link
    cards: str
    views: str
    stale: str
    share: str
    doubtful: str


@dataclass(frozen=True, slots=True)
class CostlyRow:
    """A card whose check averts most for the time it takes."""

    card: Link
    band: str
    stale: str
    minutes: str
    why: str


@dataclass(frozen=True, slots=True)
class FreshnessPage:
    """/reports/freshness."""

    sentence: str
    figures: tuple[Figure, ...]
    bands: tuple[BandRow, ...]
    reliability: tuple[ReliabilityLine, ...]
    reliability_words: str
    shelves: tuple[ShelfLine, ...]
    costly: tuple[CostlyRow, ...]
