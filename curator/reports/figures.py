"""The four numbers on top: each with its change since the week before, in words, and what it is measured against."""

from typing import Literal

from curator.reports.pages import Figure, Tone
from curator.reports.weekly import Mix, WeeklyReport
from curator.reports.words import change_words, percent, points
from kb.telling_settings import Reports
from kb.trust.state import TrustState
from kb.words import count


def figures(report: WeeklyReport, targets: Reports) -> tuple[Figure, ...]:
    """What readers are expected to meet, the share of verified cards, the work that waits, how quickly it is done."""
    now, before = report.numbers, report.before
    change = points(now.mix.score, before.mix.score)
    overdue, flagged = _doubtful(now.mix)
    doubt = overdue + flagged - sum(_doubtful(before.mix))
    return (
        _stale_figure(report, targets),
        Figure(
            "Trust score", percent(now.mix.score), *_change(change, _points(change), more_is_good=True),
            note=f"Verified cards. Target {targets.trust_target}%",
        ),
        Figure(
            "Overdue or flagged", f"{overdue + flagged:,}",
            *_change(doubt, f"{abs(doubt):,} {'more' if doubt > 0 else 'fewer'}"),
            note=f"{overdue:,} overdue, {flagged:,} flagged",
        ),
        _time_figure(now.median_days, before.median_days, targets),
    )  # fmt: skip


def _doubtful(mix: Mix) -> tuple[int, int]:
    return mix.counts[TrustState.OVERDUE], mix.counts[TrustState.FLAGGED]


def _change(change: float, words: str, *, more_is_good: bool = False) -> tuple[str, Tone, Literal["up", "down", ""]]:
    if not change:
        return "No change", "same", ""
    return words, "good" if (change > 0) is more_is_good else "bad", "up" if change > 0 else "down"


def _points(change: int) -> str:
    return f"{count(abs(change), 'point')} {'better' if change > 0 else 'worse'}"


def _stale_figure(report: WeeklyReport, targets: Reports) -> Figure:
    now, before = report.expected, report.expected_before
    change = _fewer(now.stale, before.stale) if before is not None else ("", "same", "")
    note = f"{percent(now.share)} of views. Target {targets.stale_target}%"
    return Figure("Expected stale views", f"{round(now.stale):,} a week", *change, note=note)


def _fewer(now: float, before: float) -> tuple[str, Tone, Literal["up", "down", ""]]:
    words = change_words(now, before)
    return _change(now - before if words else 0, words)


def _time_figure(now: float | None, before: float | None, targets: Reports) -> Figure:
    if now is None:
        return Figure("Time to re-verify", "–", note="Nothing was re-verified")
    change = round(now - before, 1) if before is not None else 0.0
    words = f"{abs(change):.1f} days {'slower' if change > 0 else 'faster'}"
    return Figure(
        "Time to re-verify",
        f"{now:.1f} days",
        *_change(change, words),
        note=f"Median, goal {targets.reverify_goal_days}",
    )
