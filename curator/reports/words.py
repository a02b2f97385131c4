"""What a week means, in one or two sentences: where trust goes, and which few cards cost the most."""

from collections import Counter

from curator.reports.weekly import InDoubt, WeeklyReport
from kb.telling_settings import Reports
from kb.trust.state import TrustState
from kb.wording import N_, _, decimal, ngettext, percentage
from kb.words import uncapitalised

_NUMBERS = (
    N_("No"),
    N_("One"),
    N_("Two"),
    N_("Three"),
    N_("Four"),
    N_("Five"),
    N_("Six"),
    N_("Seven"),
    N_("Eight"),
    N_("Nine"),
    N_("Ten"),
    N_("Eleven"),
    N_("Twelve"),
)
_ORDINALS = (
    N_("second"),
    N_("third"),
    N_("fourth"),
    N_("fifth"),
    N_("sixth"),
    N_("seventh"),
    N_("eighth"),
    N_("ninth"),
    N_("tenth"),
    N_("eleventh"),
)


def meaning(report: WeeklyReport) -> str:
    """The report in words."""
    if report.numbers.mix.score is None:
        return _("There are no published cards yet.")
    return f"{_trust(report)} {_harm(report)}"


def headline(report: WeeklyReport, targets: Reports) -> str:
    """What readers are expected to meet beside the share of verified cards, each with its change and its target."""
    if report.numbers.mix.score is None:
        return ""
    stale, before = report.expected, report.expected_before
    changed = change_words(stale.stale, before.stale) if before is not None else ""
    step = points(report.numbers.mix.score, report.before.mix.score)
    number = round(stale.stale)
    meet = _("hardly any stale answer a week")
    if number:
        meet = ngettext("about %(num)s stale answer a week", "about %(num)s stale answers a week", number)
    if changed:
        meet = _("%(answers)s, %(change)s than the week before", answers=meet, change=changed)
    met = _(
        "Readers are expected to meet %(answers)s: %(share)s of what they read, and at most "
        "%(target)s%% is the target.",
        answers=meet,
        share=percent(stale.share),
        target=targets.stale_target,
    )
    return f"{met} {_verified(percent(report.numbers.mix.score), step, targets.trust_target)}"


def _verified(share: str, step: int, target: float) -> str:
    if not step:
        return _("%(share)s of the cards are verified; %(target)s%% is the target.", share=share, target=target)
    change = ngettext("%(num)s point fewer", "%(num)s points fewer", -step)
    if step > 0:
        change = ngettext("%(num)s point more", "%(num)s points more", step)
    return _(
        "%(share)s of the cards are verified, %(change)s; %(target)s%% is the target.",
        share=share, change=change, target=target,
    )  # fmt: skip


def change_words(now: float, before: float) -> str:
    """ "18% fewer"; in whole numbers where there was next to nothing; empty where nothing changed to speak of."""
    step = round(now) - round(before)
    if not step:
        return ""
    share = round(100 * abs(now - before) / before) if round(before) else 0
    if not share:
        return more_or_fewer(step)
    part = percentage(share)
    return _("%(share)s more", share=part) if step > 0 else _("%(share)s fewer", share=part)


def more_or_fewer(step: int) -> str:
    """ "3 more", "2 fewer"."""
    number = abs(step)
    if step > 0:
        return ngettext("%(num)s more", "%(num)s more", number)
    return ngettext("%(num)s fewer", "%(num)s fewer", number)


def percent(share: float | None) -> str:
    """ "87%"; a dash where there is nothing to measure. Only all of them are 100%, only none is 0%."""
    if share is None:
        return "–"
    return percentage(_whole(share))


def points(after: float | None, before: float | None) -> int:
    """The change of two shares in whole points, as the rounded shares show it."""
    if after is None or before is None:
        return 0
    return _whole(after) - _whole(before)


def _whole(share: float) -> int:
    rounded = round(100 * share)
    return min(max(rounded, 1), 99) if 0 < share < 1 else rounded


def in_words(number: int) -> str:
    """ "Five" up to twelve, then "13": for the start of a sentence."""
    return _(_NUMBERS[number]) if number < len(_NUMBERS) else decimal(number)


def _trust(report: WeeklyReport) -> str:
    score = report.numbers.mix.score
    change = points(score, report.before.mix.score)
    if not change:
        is_first = report.before.mix.score is None
        return (_("Trust is %(share)s.") if is_first else _("Trust stays at %(share)s.")) % {"share": percent(score)}
    size = abs(change)
    weeks = _weeks_running(report, 1 if change > 0 else -1)
    if weeks >= 2:
        ordinal = _(_ORDINALS[min(weeks - 2, len(_ORDINALS) - 1)])
        if change > 0:
            return _("Trust is up for the %(ordinal)s week, to %(share)s.", ordinal=ordinal, share=percent(score))
        return _("Trust is down for the %(ordinal)s week, to %(share)s.", ordinal=ordinal, share=percent(score))
    to = percent(score)
    if change > 0:
        return ngettext(
            "Trust is up %(num)s point to %(share)s.", "Trust is up %(num)s points to %(share)s.", size, share=to
        )
    return ngettext(
        "Trust is down %(num)s point to %(share)s.", "Trust is down %(num)s points to %(share)s.", size, share=to
    )


def _weeks_running(report: WeeklyReport, sign: int) -> int:
    """For how many weeks in a row, up to this one, trust moved that way."""
    scores = [bar.mix.score for bar in report.trend]
    weeks = 0
    for later, earlier in zip(scores[::-1], scores[-2::-1], strict=False):
        if points(later, earlier) * sign <= 0:
            break
        weeks += 1
    return weeks


def _harm(report: WeeklyReport) -> str:
    stale = report.numbers.stale_impressions
    if not stale:
        return _("No stale answer was shown to anyone.")
    guilty = _guiltiest(report)
    if not guilty:
        return _("What was shown while stale has been checked since.")
    state, collection = guilty[0].state, guilty[0].card.collection
    share = percent(sum(row.stale_impressions for row in guilty) / stale)
    number, cards = len(guilty), in_words(len(guilty))
    sentence = {
        TrustState.OVERDUE: ngettext(
            "%(cards)s overdue card in %(collection)s is behind %(share)s of all stale views",
            "%(cards)s overdue cards in %(collection)s are behind %(share)s of all stale views",
            number, cards=cards, collection=collection, share=share,
        ),
        TrustState.FLAGGED: ngettext(
            "%(cards)s flagged card in %(collection)s is behind %(share)s of all stale views",
            "%(cards)s flagged cards in %(collection)s are behind %(share)s of all stale views",
            number, cards=cards, collection=collection, share=share,
        ),
        TrustState.UNVERIFIED: ngettext(
            "%(cards)s unverified card in %(collection)s is behind %(share)s of all stale views",
            "%(cards)s unverified cards in %(collection)s are behind %(share)s of all stale views",
            number, cards=cards, collection=collection, share=share,
        ),
    }[state]  # fmt: skip
    return f"{sentence}{_waiting_for(guilty)}."


def _guiltiest(report: WeeklyReport) -> list[InDoubt]:
    """The cards of one state in one collection that cost the most together."""
    cost: Counter[tuple[TrustState, int]] = Counter()
    for row in report.in_doubt:
        cost[row.state, row.card.collection_id] += row.stale_impressions
    if not cost or cost.most_common(1)[0][1] == 0:
        return []
    worst = cost.most_common(1)[0][0]
    return [r for r in report.in_doubt if (r.state, r.card.collection_id) == worst and r.stale_impressions]


def _waiting_for(rows: list[InDoubt]) -> str:
    people = Counter(row.card.assignee for row in rows if row.card.assignee)
    if len(rows) < 2 or not people:
        return ""
    name, number = people.most_common(1)[0]
    if number < 2:
        return ""
    if number == len(rows):
        return _(", and all of them wait for %(name)s", name=name)
    return _(", and %(number)s of them wait for %(name)s", number=uncapitalised(in_words(number)), name=name)
