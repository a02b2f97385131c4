"""What a week means, in one or two sentences: where trust goes, and which few cards cost the most."""

from collections import Counter

from curator.reports.weekly import InDoubt, WeeklyReport
from kb.telling_settings import Reports
from kb.trust.state import TrustState
from kb.words import count

_NUMBERS = (
    "No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
)  # fmt: skip
_ORDINALS = ("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh")
_STATES = {TrustState.OVERDUE: "overdue", TrustState.FLAGGED: "flagged", TrustState.UNVERIFIED: "unverified"}


def meaning(report: WeeklyReport) -> str:
    """The report in words."""
    if report.numbers.mix.score is None:
        return "There are no published cards yet."
    return f"{_trust(report)} {_harm(report)}"


def headline(report: WeeklyReport, targets: Reports) -> str:
    """What readers are expected to meet beside the share of verified cards, each with its change and its target."""
    if report.numbers.mix.score is None:
        return ""
    stale, before = report.expected, report.expected_before
    changed = change_words(stale.stale, before.stale) if before is not None else ""
    step = points(report.numbers.mix.score, report.before.mix.score)
    moved = f", {count(abs(step), 'point')} {'more' if step > 0 else 'fewer'}" if step else ""
    number = round(stale.stale)
    meet = f"about {number:,} stale {'answer' if number == 1 else 'answers'}" if number else "hardly any stale answer"
    return (
        f"Readers are expected to meet {meet} a week{f', {changed} than the week before' if changed else ''}: "
        f"{percent(stale.share)} of what they read, and at most {targets.stale_target}% is the target. "
        f"{percent(report.numbers.mix.score)} of the cards are verified{moved}; {targets.trust_target}% is the target."
    )


def change_words(now: float, before: float) -> str:
    """ "18% fewer"; in whole numbers where there was next to nothing; empty where nothing changed to speak of."""
    step = round(now) - round(before)
    if not step:
        return ""
    more = "more" if step > 0 else "fewer"
    share = round(100 * abs(now - before) / before) if round(before) else 0
    return f"{share:,}% {more}" if share else f"{abs(step):,} {more}"


def percent(share: float | None) -> str:
    """ "87%"; a dash where there is nothing to measure. Only all of them are 100%, only none is 0%."""
    if share is None:
        return "–"
    rounded = round(100 * share)
    return f"{min(max(rounded, 1), 99) if 0 < share < 1 else rounded}%"


def points(after: float | None, before: float | None) -> int:
    """The change of two shares in whole points, as the rounded shares show it."""
    if after is None or before is None:
        return 0
    return int(percent(after)[:-1]) - int(percent(before)[:-1])


def in_words(number: int) -> str:
    """ "Five" up to twelve, then "13": for the start of a sentence."""
    return _NUMBERS[number] if number < len(_NUMBERS) else f"{number:,}"


def _trust(report: WeeklyReport) -> str:
    score = report.numbers.mix.score
    change = points(score, report.before.mix.score)
    if not change:
        return f"Trust {'is' if report.before.mix.score is None else 'stays at'} {percent(score)}."
    way, size = "up" if change > 0 else "down", abs(change)
    weeks = _weeks_running(report, 1 if change > 0 else -1)
    if weeks >= 2:
        return f"Trust is {way} for the {_ORDINALS[min(weeks - 2, len(_ORDINALS) - 1)]} week, to {percent(score)}."
    return f"Trust is {way} {size} {'point' if size == 1 else 'points'} to {percent(score)}."


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
        return "No stale answer was shown to anyone."
    guilty = _guiltiest(report)
    if not guilty:
        return "What was shown while stale has been checked since."
    state, collection = guilty[0].state, guilty[0].card.collection
    share = percent(sum(row.stale_impressions for row in guilty) / stale)
    cards = f"{in_words(len(guilty))} {_STATES[state]} {'card' if len(guilty) == 1 else 'cards'}"
    verb = "is" if len(guilty) == 1 else "are"
    return f"{cards} in {collection} {verb} behind {share} of all stale views{_waiting_for(guilty)}."


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
    whole = "all of them wait" if number == len(rows) else f"{in_words(number).lower()} of them wait"
    return f", and {whole} for {name}"
