"""The weekly stale report as a page and as a mail: ready words and numbers."""

from dataclasses import dataclass
from typing import Literal

from curator.reports.charts import MixBar, StackChart
from kb.web.parts import Badge, Chip, Link

Tone = Literal["good", "bad", "same"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the four numbers, its change in words, and what it is measured against."""

    label: str
    value: str
    change: str = ""
    tone: Tone = "same"
    arrow: Literal["up", "down", ""] = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class LateBar:
    """How many cards are late by how much; `percent` of the longest bar."""

    label: str
    count: str
    percent: int


@dataclass(frozen=True, slots=True)
class WeekRow:
    """The same as a bar of the chart, for the table."""

    week: str
    verified: str
    due_soon: str
    overdue: str
    flagged: str
    unverified: str = ""


@dataclass(frozen=True, slots=True)
class FixRow:
    """A card that does the most harm. Nudge: POST to `nudge_action`; `nudged` when it was done."""

    title: str
    url: str
    collection: str
    badge: Badge
    owner: str
    stale_views: str
    days_late: str
    nudge_action: str = ""
    nudged: str = ""
    check_url: str = ""


@dataclass(frozen=True, slots=True)
class ShelfTrust:
    """A collection in the report."""

    name: str
    url: str
    trust: str
    mix: MixBar
    cards: str
    overdue: str
    change: str


@dataclass(frozen=True, slots=True)
class AssigneeRow:
    """Whom the work waits for."""

    name: str
    waiting: str
    overdue: str
    stale_views: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A card whose state changed since last week."""

    card: Link
    words: str
    tone: Tone = "same"


@dataclass(frozen=True, slots=True)
class GapRow:
    """What was searched for in vain."""

    words: str
    url: str
    also: str
    asked: str
    found: str
    card: Link | None = None
    write_url: str = ""
    ask_url: str = ""


@dataclass(frozen=True, slots=True)
class DismissedRow:
    """A question that no card shall answer, and who said so."""

    words: str
    said: str


@dataclass(frozen=True, slots=True)
class GapsPage:
    """/reports/gaps?week=&collection=. Dismiss: POST `words` and `back` to `dismiss_action`; with `do` as `restore` a
    dismissed one is listed again."""

    heading: str
    sentence: str
    gaps: tuple[GapRow, ...]
    subjects: tuple[Chip, ...]
    previous_url: str
    next_url: str = ""
    dismiss_action: str = ""
    here: str = ""
    dismissed: tuple[DismissedRow, ...] = ()
    dismissed_here: str = ""
    is_dismissed_open: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A line about the week: what, and what it came to."""

    label: str
    words: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedChart:
    """Expected stale views by week, in two sizes and as a table."""

    wide: StackChart
    narrow: StackChart
    weeks: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """/reports/weekly?week="""

    kicker: str
    heading: str
    headline: str
    sentence: str
    figures: tuple[Figure, ...]
    work: tuple[Fact, ...]
    gaps: tuple[GapRow, ...]
    unread: tuple[Link, ...]
    subjects: tuple[Chip, ...]
    expected: ExpectedChart
    chart_wide: StackChart
    chart_narrow: StackChart
    weeks: tuple[WeekRow, ...]
    late_heading: str
    late: tuple[LateBar, ...]
    fix_first: tuple[FixRow, ...]
    shelves: tuple[ShelfTrust, ...]
    assignees: tuple[AssigneeRow, ...]
    unowned: tuple[Link, ...]
    changes: tuple[ChangeRow, ...]
    csv_url: str
    oldest: Link | None = None
    oldest_words: str = ""
    unowned_more: str = ""
    changes_more: str = ""
    unread_more: str = ""
    previous_url: str = ""
    next_url: str = ""
    readers_url: str = ""


@dataclass(frozen=True, slots=True)
class ReportMail:
    """The report as a mail: the same words, plain tables. `yours` waits for the reader's own check.

    `url` opens the page, `stop_url` the subscription.
    """

    workspace_name: str
    subject: str
    heading: str
    headline: str
    sentence: str
    figures: tuple[Figure, ...]
    work: tuple[Fact, ...]
    gaps: tuple[GapRow, ...]
    unread: tuple[Link, ...]
    fix_first: tuple[FixRow, ...]
    yours: tuple[FixRow, ...]
    shelves: tuple[ShelfTrust, ...]
    assignees: tuple[AssigneeRow, ...]
    unowned: tuple[Link, ...]
    changes: tuple[ChangeRow, ...]
    url: str
    when: str
    stop_url: str


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One card in the digest."""

    title: str
    url: str
    words: str


@dataclass(frozen=True, slots=True)
class DigestGroup:
    """Cards under one heading: "Flagged", "Overdue", "Due this week"."""

    heading: str
    items: tuple[DigestItem, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class DigestMail:
    """What waits for one person."""

    workspace_name: str
    subject: str
    greeting: str
    sentence: str
    groups: tuple[DigestGroup, ...]
    url: str
    stop_url: str
