"""The weekly report in ready words, for the page and the mail: figures, rows and sentences."""

from typing import Literal

from curator.reports.charts import NARROW, ORDER, WIDE, WeekMix, mix_bar, percent_of, stacked_bars
from curator.reports.facts import CardFacts
from curator.reports.pages import (
    AssigneeRow,
    ChangeRow,
    Figure,
    FixRow,
    LateBar,
    ReportMail,
    ReportPage,
    ShelfTrust,
    Tone,
    WeekRow,
)  # fmt: skip
from curator.reports.weekly import InDoubt, Mix, ShelfNumbers, WeeklyReport
from curator.reports.weeks import Week, week_of
from curator.reports.words import meaning, percent, points
from kb.settings import Settings
from kb.text.slugs import slug
from kb.trust.policy import Policy
from kb.trust.state import TrustState
from kb.web.parts import Badge, Link
from kb.words import count

FIX_FIRST = 10
_LISTED = 20


def report_page(report: WeeklyReport, policy: Policy, nudgeable: frozenset[int], nudged: frozenset[int]) -> ReportPage:
    """The page. `nudgeable` are cards whose assignee this reader may remind, `nudged` those reminded today."""
    bars = [week_mix(day_words(bar.week), bar.mix) for bar in report.trend]
    late = report.numbers.mix.counts[TrustState.OVERDUE]
    longest = max((number for _, number in report.lateness), default=0)
    changes = _changes(report)
    following = Week(report.week.monday).before(-1)
    is_last = report.week == week_of(report.as_of, policy)
    return ReportPage(
        kicker="Weekly stale report",
        heading=f"Week of {_long_day(report.week)}",
        sentence=meaning(report),
        figures=figures(report),
        chart_wide=stacked_bars(bars, WIDE),
        chart_narrow=stacked_bars(bars, NARROW),
        weeks=tuple(_week_row(bar) for bar in reversed(bars)),
        late_heading=_late_heading(late),
        late=tuple(LateBar(label, f"{number:,}", percent_of(number, longest)) for label, number in report.lateness),
        fix_first=fix_rows(report, nudgeable=nudgeable, nudged=nudged),
        shelves=tuple(_shelf(shelf) for shelf in report.shelves),
        assignees=_assignees(report),
        unowned=tuple(card_link(card) for card in report.unowned[:_LISTED]),
        changes=changes[:_LISTED],
        csv_url=f"/reports/weekly.csv?week={report.week.key}",
        oldest=card_link(report.oldest.card) if report.oldest else None,
        oldest_words=_oldest_words(report.oldest),
        unowned_more=_more(len(report.unowned)),
        changes_more=_more(len(changes)),
        previous_url=f"/reports/weekly?week={report.week.before().key}",
        next_url="" if is_last else f"/reports/weekly?week={following.key}",
        readers_url="/account",
    )


def report_mail(report: WeeklyReport, settings: Settings) -> ReportMail:
    """The same as a mail, with whole addresses."""
    heading = f"Week of {_long_day(report.week)}"
    return ReportMail(
        workspace_name=settings.workspace.name,
        subject=f"{settings.workspace.name}: weekly stale report, {heading[0].lower()}{heading[1:]}",
        heading=heading,
        sentence=meaning(report),
        figures=figures(report),
        fix_first=fix_rows(report, base=settings.public_url),
        shelves=tuple(_shelf(shelf) for shelf in report.shelves),
        assignees=_assignees(report),
        unowned=tuple(_absolute(card_link(card), settings) for card in report.unowned[:_LISTED]),
        changes=tuple(
            ChangeRow(_absolute(row.card, settings), row.words, row.tone) for row in _changes(report)[:_LISTED]
        ),
        url=f"{settings.public_url}/reports/weekly?week={report.week.key}",
        stop_url=f"{settings.public_url}/account",
    )


def _absolute(link: Link, settings: Settings) -> Link:
    return Link(link.label, settings.public_url + link.url)


def figures(report: WeeklyReport) -> tuple[Figure, ...]:
    """The four numbers, each with its change since the week before."""
    now, before = report.numbers, report.before
    change = points(now.mix.score, before.mix.score)
    overdue, flagged = _doubtful(now.mix)
    doubt = overdue + flagged - sum(_doubtful(before.mix))
    return (
        Figure("Trust score", percent(now.mix.score), *_change(change, _points(change), more_is_good=True)),
        _stale_figure(report),
        Figure(
            "Overdue or flagged", f"{overdue + flagged:,}",
            *_change(doubt, f"{abs(doubt):,} {'more' if doubt > 0 else 'fewer'}"),
            note=f"{overdue:,} overdue, {flagged:,} flagged",
        ),
        _time_figure(now.median_days, before.median_days),
    )  # fmt: skip


def fix_rows(
    report: WeeklyReport, *, base: str = "",
    nudgeable: frozenset[int] = frozenset(), nudged: frozenset[int] = frozenset(),
) -> tuple[FixRow, ...]:  # fmt: skip
    """The first of the cards in doubt; only those that somebody was shown while they were stale."""
    return tuple(
        FixRow(
            title=row.card.title, url=base + card_link(row.card).url, collection=row.card.collection,
            badge=doubt_badge(row), owner=row.card.owner or "No owner", stale_views=f"{row.stale_impressions:,}",
            days_late=f"{row.days_late:,}" if row.days_late else "–",
            nudge_action=f"/reports/weekly/nudges/{row.card.id}"
            if row.card.id in nudgeable and row.card.id not in nudged else "",
            nudged="Nudged today" if row.card.id in nudged else "",
        )
        for row in report.in_doubt[:FIX_FIRST] if row.stale_impressions
    )  # fmt: skip


def card_link(card: CardFacts) -> Link:
    """The card's title and address."""
    return Link(card.title, f"/cards/{card.id}/{slug(card.title)}")


def doubt_badge(row: InDoubt) -> Badge:
    """The state of a card in doubt, as of the report."""
    if row.state is TrustState.FLAGGED:
        return Badge("flagged", "Flagged", count(row.reports, "report"))
    if row.state is TrustState.OVERDUE:
        return Badge("overdue", "Overdue", count(row.days_late, "day"))
    verified = any(record.is_verified for record in row.card.history.records)
    return Badge("unverified", "Not verified" if verified else "Not verified yet")


def week_mix(label: str, mix: Mix) -> WeekMix:
    """A mix as the charts take it."""
    counts = {state.value: number for state, number in mix.counts.items()}
    return WeekMix(label, **counts)


def day_words(week: Week) -> str:
    """The Monday, short: "16 Nov"."""
    return f"{week.monday.day} {week.monday:%b}"


def _long_day(week: Week) -> str:
    return f"{week.monday.day} {week.monday:%B %Y}"


def _doubtful(mix: Mix) -> tuple[int, int]:
    return mix.counts[TrustState.OVERDUE], mix.counts[TrustState.FLAGGED]


def _change(change: float, words: str, *, more_is_good: bool = False) -> tuple[str, Tone, Literal["up", "down", ""]]:
    if not change:
        return "No change", "same", ""
    return words, "good" if (change > 0) is more_is_good else "bad", "up" if change > 0 else "down"


def _points(change: int) -> str:
    return f"{count(abs(change), 'point')} {'better' if change > 0 else 'worse'}"


def _stale_figure(report: WeeklyReport) -> Figure:
    now, before = report.numbers.stale_impressions, report.before.stale_impressions
    more = "more" if now > before else "fewer"
    words = f"{round(100 * abs(now - before) / before):,}% {more}" if before else f"{abs(now - before):,} {more}"
    note = f"{percent(report.numbers.stale_share)} of all views"
    return Figure("Stale views", f"{now:,}", *_change(now - before, words), note=note)


def _time_figure(now: float | None, before: float | None) -> Figure:
    if now is None:
        return Figure("Time to re-verify", "–", note="Nothing was re-verified")
    change = round(now - before, 1) if before is not None else 0.0
    words = f"{abs(change):.1f} days {'slower' if change > 0 else 'faster'}"
    return Figure("Time to re-verify", f"{now:.1f} days", *_change(change, words), note="Median")


def _week_row(bar: WeekMix) -> WeekRow:
    return WeekRow(bar.label, *(f"{bar.count(kind):,}" for kind in ORDER))


def _shelf(shelf: ShelfNumbers) -> ShelfTrust:
    change = points(shelf.mix.score, shelf.before.score)
    return ShelfTrust(
        name=shelf.name,
        url=f"/cards?collection={shelf.slug}",
        trust=percent(shelf.mix.score),
        mix=mix_bar(week_mix(shelf.name, shelf.mix)),
        cards=f"{shelf.mix.total:,}",
        overdue=f"{shelf.mix.counts[TrustState.OVERDUE]:,}",
        change=f"+{change}" if change > 0 else f"−{-change}" if change < 0 else "0",
    )


def _assignees(report: WeeklyReport) -> tuple[AssigneeRow, ...]:
    return tuple(
        AssigneeRow(load.name, f"{load.waiting:,}", f"{load.overdue:,}", f"{load.stale_impressions:,}")
        for load in report.loads
    )


def _changes(report: WeeklyReport) -> tuple[ChangeRow, ...]:
    kinds: tuple[tuple[tuple[CardFacts, ...], str, Tone], ...] = (
        (report.changes.became_flagged, "Became flagged", "bad"),
        (report.changes.became_overdue, "Became overdue", "bad"),
        (report.changes.verified_again, "Verified again", "good"),
        (report.changes.new, "New", "same"),
    )
    return tuple(ChangeRow(card_link(card), words, tone) for cards, words, tone in kinds for card in cards)


def _late_heading(late: int) -> str:
    if not late:
        return "Nothing is overdue"
    return "How late is the overdue card" if late == 1 else f"How late are the {late:,} overdue cards"


def _oldest_words(oldest: InDoubt | None) -> str:
    if oldest is None:
        return ""
    return f", {count(oldest.days_late, 'day')}" + ("" if oldest.card.is_owned else ", no owner") + "."


def _more(number: int) -> str:
    return f"and {number - _LISTED:,} more" if number > _LISTED else ""
