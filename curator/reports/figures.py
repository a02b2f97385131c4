"""The four numbers on top: each with its change since the week before, in words, and what it is measured against."""

from typing import Literal

from curator.reports.pages import Figure, Tone
from curator.reports.weekly import Mix, WeeklyReport
from curator.reports.words import change_words, more_or_fewer, percent, points
from kb.telling_settings import Reports
from kb.trust.state import TrustState
from kb.wording import _, decimal, ngettext, with_one_digit


def figures(report: WeeklyReport, targets: Reports) -> tuple[Figure, ...]:
    """What readers are expected to meet, the share of verified cards, the work that waits, how quickly it is done."""
    now, before = report.numbers, report.before
    change = points(now.mix.score, before.mix.score)
    overdue, flagged = _doubtful(now.mix)
    doubt = overdue + flagged - sum(_doubtful(before.mix))
    return (
        _stale_figure(report, targets),
        Figure(
            _("Trust score"), percent(now.mix.score), *_change(change, _points(change), more_is_good=True),
            note=_("Verified cards. Target %(target)s%%", target=targets.trust_target),
        ),
        Figure(
            _("Overdue or flagged"), decimal(overdue + flagged),
            *_change(doubt, more_or_fewer(doubt)),
            note=_("%(overdue)s overdue, %(flagged)s flagged", overdue=decimal(overdue), flagged=decimal(flagged)),
        ),
        _time_figure(now.median_days, before.median_days, targets),
    )  # fmt: skip


def _doubtful(mix: Mix) -> tuple[int, int]:
    return mix.counts[TrustState.OVERDUE], mix.counts[TrustState.FLAGGED]


def _change(change: float, words: str, *, more_is_good: bool = False) -> tuple[str, Tone, Literal["up", "down", ""]]:
    if not change:
        return _("No change"), "same", ""
    return words, "good" if (change > 0) is more_is_good else "bad", "up" if change > 0 else "down"


def _points(change: int) -> str:
    number = abs(change)
    if change > 0:
        return ngettext("%(num)s point better", "%(num)s points better", number)
    return ngettext("%(num)s point worse", "%(num)s points worse", number)


def _stale_figure(report: WeeklyReport, targets: Reports) -> Figure:
    now, before = report.expected, report.expected_before
    change = _fewer(now.stale, before.stale) if before is not None else ("", "same", "")
    note = _("%(percent)s of views. Target %(target)s%%", percent=percent(now.share), target=targets.stale_target)
    return Figure(
        _("Expected stale views"), _("%(number)s a week", number=decimal(round(now.stale))), *change, note=note
    )


def _fewer(now: float, before: float) -> tuple[str, Tone, Literal["up", "down", ""]]:
    words = change_words(now, before)
    return _change(now - before if words else 0, words)


def _time_figure(now: float | None, before: float | None, targets: Reports) -> Figure:
    if now is None:
        return Figure(_("Time to re-verify"), "–", note=_("Nothing was re-verified"))
    change = round(now - before, 1) if before is not None else 0.0
    days = _days_words(abs(change))
    words = _("%(days)s slower", days=days) if change > 0 else _("%(days)s faster", days=days)
    return Figure(
        _("Time to re-verify"),
        _days_words(now),
        *_change(change, words),
        note=_("Median, goal %(days)s", days=targets.reverify_goal_days),
    )


def _days_words(days: float) -> str:
    """ "4.5 days", with one digit behind the point always."""
    return _("%(days)s days", days=with_one_digit(days))
