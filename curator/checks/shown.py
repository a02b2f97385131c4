"""The page of quick series in ready words: who, when, how fast beside how long reading takes; facts, no verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from curator.checks.pace import Timed
from curator.checks.series import DAYS, Series
from kb.cards.queries import card_path
from kb.people.actor import Actor
from kb.people.shown import who
from kb.web.parts import Field, Who
from kb.wording import N_, _, ngettext
from kb.words import Words, count

_MOST = 30
REASON = N_("It should be read once more.")


@dataclass(frozen=True, slots=True)
class QuickCheck:
    """One check of a series."""

    title: str
    url: str
    taken: str
    reading: str
    state: str


@dataclass(frozen=True, slots=True)
class QuickSeries:
    """A person's series. With `records`, POST them to fine or, with a reason, to again."""

    key: str
    person: Who
    heading: str
    when: str
    sentence: str
    checks: tuple[QuickCheck, ...]
    records: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChecksPage:
    """/reports/checks"""

    summary: str
    series: tuple[QuickSeries, ...]
    reason: Field
    more: str = ""


def checks_page(actor: Actor, found: Sequence[Series], words: Words, reason: Field) -> ChecksPage:
    """The page. Whoever made the checks sees them too, but does not decide about them."""
    more = (
        ngettext("%(num)s older series not shown.", "%(num)s older series not shown.", len(found) - _MOST)
        if len(found) > _MOST
        else ""
    )
    return ChecksPage(
        summary=ngettext(
            "%(num)s series in the last %(days)s days.",
            "%(num)s series in the last %(days)s days.",
            len(found),
            days=DAYS,
        )
        if found
        else "",
        series=tuple(_series(actor, each, words) for each in found[:_MOST]),
        reason=reason,
        more=more,
    )


def _series(actor: Actor, series: Series, words: Words) -> QuickSeries:
    taken = sum(each.taken or 0.0 for each in series.run)
    reading = sum(each.reading for each in series.run)
    first, last = series.run[0].check, series.run[-1].check
    is_own = series.person.id == actor.id
    return QuickSeries(
        key=str(first.record_id),
        person=who(series.person),
        heading=ngettext(
            "%(name)s: %(num)s card in %(duration)s",
            "%(name)s: %(num)s cards in %(duration)s",
            len(series.run),
            name=series.person.name,
            duration=duration(taken),
        ),
        when=words.exact(last.at),
        sentence=_("Reading them takes about %(duration)s.", duration=duration(reading))
        + (f" {_('These are your own checks: another curator decides about them.')}" if is_own else ""),
        checks=tuple(_check(each, series) for each in series.run),
        records=() if is_own else tuple(("record", str(each.check.record_id)) for each in series.run),
    )


def _check(each: Timed, series: Series) -> QuickCheck:
    card = series.cards[each.check.card_id]
    state = _("stands") if each.check.record_id in series.standing else _("checked or taken back since")
    return QuickCheck(card.title, card_path(card), duration(each.taken or 0.0), duration(each.reading), state)


def duration(seconds: float) -> str:
    """ "40 seconds", "6 minutes"."""
    if seconds < 90:
        return count(round(seconds), "second")
    return count(round(seconds / 60), "minute")
