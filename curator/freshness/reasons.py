"""Why a card is thought to be right or not, in words a curator accepts. Pure."""

from dataclasses import dataclass

from kb.words import count

MOST_REASONS = 6
_LONG = 1.25
_MANY_VIEWS = 200


@dataclass(frozen=True, slots=True)
class Grounds:
    """The facts about one card that can be put into words."""

    age_days: float
    days_since_check: float
    was_checked: bool
    batch_size: int
    clean_checks: int
    found_at_last: bool
    corrections_in_a_year: int
    usual_a_year: float
    reports: int
    detections: int
    findings: tuple[str, ...]
    is_taken_back: bool
    words: int
    size: float
    views_a_month: int
    views_since_check: int


def reasons_for(grounds: Grounds) -> tuple[str, ...]:
    """The reasons, the strongest kinds first, each a short sentence without a full stop."""
    told = (
        *_doubts(grounds),
        _changes(grounds),
        _check(grounds),
        _streak(grounds),
        *grounds.findings,
        f"Long: about {grounds.words:,} words" if grounds.size >= _LONG else "",
        _silence(grounds),
        f"Used {times(grounds.views_a_month)} in four weeks" if grounds.views_a_month else "",
    )
    return tuple(reason for reason in told if reason)[:MOST_REASONS]


def told_in_words(words: str, detail: str) -> str:
    """A finding as a reason: the words of the card it is about, and what is wrong with them."""
    said = detail.removesuffix(".")
    return f"“{words}”: {said[:1].lower()}{said[1:]}" if words else said


def _doubts(grounds: Grounds) -> tuple[str, ...]:
    reported = f"{count(grounds.reports, 'open report')}" if grounds.reports else ""
    if grounds.detections and not grounds.findings:
        reported = ", ".join(filter(None, (reported, "flagged by a detector" if reported else "Flagged by a detector")))
    return reported, "A verifier took the verification back" if grounds.is_taken_back else ""


def _changes(grounds: Grounds) -> str:
    number = grounds.corrections_in_a_year
    usual = f"; cards like it {grounds.usual_a_year:.1f} times"
    if number:
        return f"Corrected {times(number)} in the last year{usual}"
    return f"Not corrected in the last year{usual}" if grounds.age_days >= 365 else ""


def times(number: int) -> str:
    """ "once", "twice", "3 times"."""
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def _check(grounds: Grounds) -> str:
    days = int(grounds.days_since_check)
    if not grounds.was_checked:
        return f"Never checked, published {count(days, 'day')} ago" if days else "Never checked, published today"
    when = f"Not checked for {count(days, 'day')}" if days >= 7 else "Checked within the last seven days"
    if grounds.batch_size > 1:
        return f"{when}, and then with {count(grounds.batch_size - 1, 'other')} in one go"
    return f"{when}, and then in bulk" if grounds.batch_size < 1 else when


def _streak(grounds: Grounds) -> str:
    if grounds.found_at_last:
        return "The last check found something to correct"
    return f"The last {grounds.clean_checks} checks found nothing" if grounds.clean_checks > 1 else ""


def _silence(grounds: Grounds) -> str:
    if grounds.reports or grounds.views_since_check < _MANY_VIEWS:
        return ""
    return f"Opened {grounds.views_since_check:,} times since, and nobody reported it"
