"""Why a card is thought to be right or not, in words a curator accepts. Pure."""

from dataclasses import dataclass

from kb.sentences import told
from kb.wording import _, decimal, ngettext
from kb.words import count, uncapitalised

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
        _("Long: about %(words)s words", words=decimal(grounds.words)) if grounds.size >= _LONG else "",
        _silence(grounds),
        _("Used %(times)s in four weeks", times=times(grounds.views_a_month)) if grounds.views_a_month else "",
    )
    return tuple(reason for reason in told if reason)[:MOST_REASONS]


def told_in_words(words: str, detail: str) -> str:
    """A finding as a reason: the words of the card it is about, and what is wrong with them."""
    said = told(detail).removesuffix(".")
    return _("“%(words)s”: %(said)s", words=told(words), said=uncapitalised(said)) if words else said


def _doubts(grounds: Grounds) -> tuple[str, ...]:
    reported = count(grounds.reports, "open report") if grounds.reports else ""
    if grounds.detections and not grounds.findings:
        reported = f"{reported}, {_('flagged by a detector')}" if reported else _("Flagged by a detector")
    return reported, _("A verifier took the verification back") if grounds.is_taken_back else ""


def _changes(grounds: Grounds) -> str:
    number = grounds.corrections_in_a_year
    usual = decimal(float(f"{grounds.usual_a_year:.1f}"))
    if number:
        return _(
            "Corrected %(times)s in the last year; cards like it %(usual)s times", times=times(number), usual=usual
        )
    if grounds.age_days < 365:
        return ""
    return _("Not corrected in the last year; cards like it %(usual)s times", usual=usual)


def times(number: int) -> str:
    """ "once", "twice", "3 times"."""
    return {1: _("once"), 2: _("twice")}.get(number) or count(number, "time")


def _check(grounds: Grounds) -> str:
    days = int(grounds.days_since_check)
    if not grounds.was_checked:
        if not days:
            return _("Never checked, published today")
        return ngettext("Never checked, published %(num)s day ago", "Never checked, published %(num)s days ago", days)
    when = _("Checked within the last seven days")
    if days >= 7:
        when = ngettext("Not checked for %(num)s day", "Not checked for %(num)s days", days)
    if grounds.batch_size > 1:
        return ngettext(
            "%(when)s, and then with %(num)s other in one go", "%(when)s, and then with %(num)s others in one go",
            grounds.batch_size - 1, when=when,
        )  # fmt: skip
    return _("%(when)s, and then in bulk", when=when) if grounds.batch_size < 1 else when


def _streak(grounds: Grounds) -> str:
    if grounds.found_at_last:
        return _("The last check found something to correct")
    return (
        ngettext("The last %(num)s checks found nothing", "The last %(num)s checks found nothing", grounds.clean_checks)
        if grounds.clean_checks > 1
        else ""
    )


def _silence(grounds: Grounds) -> str:
    if grounds.reports or grounds.views_since_check < _MANY_VIEWS:
        return ""
    return ngettext(
        "Opened %(num)s times since, and nobody reported it", "Opened %(num)s times since, and nobody reported it",
        grounds.views_since_check,
    )  # fmt: skip
