"""Rules, and what changing them does, as sentences."""

from collections import Counter
from collections.abc import Mapping

from curator.rules.changes import Change, Kind
from curator.rules.replay import Replay
from curator.rules.simulator import Simulation, When
from kb.cards.models import Breach
from kb.sentences import Sentence, nsentence, sentence
from kb.trust.rules import Clause, Pace
from kb.wording import N_, _, day_and_month, decimal, full_day, ngettext

EXPIRY = {
    Breach.SERVE: N_("given while overdue"),
    Breach.WARN: N_("given with a warning while overdue"),
    Breach.WITHHOLD: N_("withheld while overdue"),
}
_TITLES = {
    Kind.ADD: N_("New rule"),
    Kind.EDIT: N_("Changed rule"),
    Kind.REMOVE: N_("Rule removed"),
    Kind.MOVE: N_("Rule moved"),
    Kind.COLLECTION: N_("Interval of a collection"),
    Kind.CATCH_UP: N_("Dates as the policy says"),
}
_HOW = {When.NEXT: N_("from the next check on"), When.SPREAD: N_("spread"), When.NOW: N_("applied now")}
LIMITS = N_(
    "From the record of checks, corrections and impressions. Each replayed check is taken as done on "
    "the day it is due; a text that was corrected as wrong from any moment since the check or "
    "correction before it, each as likely. Errors that nobody corrected are in no figure, and tags, "
    "templates and collections are those of today."
)


def about(clause: Clause, collections: Mapping[int, str], templates: Mapping[str, str]) -> str:
    """ "Cards of Billing tagged pricing, by the template Battle card, for sales"."""
    where = clause.collection_id is not None and collections.get(clause.collection_id, "")
    if not (clause.collection_id is not None or clause.tag or clause.template or clause.audience):
        return _("All cards")
    if clause.collection_id is not None and clause.tag:
        cards = _("Cards of %(collection)s tagged %(tag)s", collection=where, tag=clause.tag)
    elif clause.collection_id is not None:
        cards = _("Cards of %(collection)s", collection=where)
    else:
        cards = _("Cards tagged %(tag)s", tag=clause.tag) if clause.tag else _("Cards")
    if clause.template:
        cards = _("%(cards)s, by the template %(template)s", cards=cards, template=templates.get(clause.template, ""))
    return _("%(cards)s, for %(audience)s", cards=cards, audience=clause.audience) if clause.audience else cards


def says(clause: Clause) -> str:
    """ "checked every 30 days, adaptive; withheld while overdue"."""
    rhythm = []
    if clause.check_on is not None:
        rhythm.append(
            _("checked every year on %(day)s", day=day_and_month(clause.check_on))
            if clause.is_yearly
            else _("checked on %(day)s", day=full_day(clause.check_on))
        )
    if clause.interval_days is not None:
        rhythm.append(
            ngettext("then every %(num)s day", "then every %(num)s days", clause.interval_days)
            if rhythm
            else ngettext("checked every %(num)s day", "checked every %(num)s days", clause.interval_days)
        )
    if clause.pace is not None:
        words = (
            _("earlier where a card's history suggests it") if clause.pace is Pace.ADAPTIVE else _("at a fixed pace")
        )
        rhythm.append(words)
    parts = [", ".join(rhythm)] if rhythm else []
    if clause.expiry is not None:
        parts.append(_(EXPIRY[clause.expiry]))
    return "; ".join(parts)


def effect(change: Change, found: Simulation) -> tuple[str, ...]:
    """What the change does, the gravest first."""
    sentences = [_overdue(change, len(found.overdue))]
    others = len(found.moves[When.NOW]) - len(found.overdue)
    if others:
        sentences.append(
            ngettext(
                "%(num)s other check would get another day.", "%(num)s other checks would get another day.", others
            )
        )
    if found.kept:
        sentences.append(
            ngettext(
                "%(num)s card is overdue already and stays so until checked.",
                "%(num)s cards are overdue already and stay so until checked.",
                len(found.kept),
            )
        )
    return (*sentences, *_answers(found))


def replay_words(found: Replay) -> str:
    """The last twelve weeks in two sentences."""
    before, after = (sum(week.due for week in each) for each in (found.before, found.after))
    made = sum(found.checks_made)
    due = ngettext(
        "In the last twelve weeks %(num)s check would have been due, %(before)s as it is now, and %(made)s.",
        "In the last twelve weeks %(num)s checks would have been due, %(before)s as it is now, and %(made)s.",
        after, before=decimal(before), made=ngettext("%(num)s was made", "%(num)s were made", made),
    )  # fmt: skip
    corrections = sum(found.corrections)
    if not corrections:
        return f"{due} {_('Nothing was corrected in that time.')}"
    earlier = [sum(week.found_earlier for week in each) for each in (found.before, found.after)]
    spared = [sum(week.impressions_spared for week in each) for each in (found.before, found.after)]
    worth = ngettext(
        "Of %(num)s correction about %(after)s would have come earlier, %(before)s as it is now; that "
        "spares readers about "
        "%(spared)s impressions of a wrong text, %(spared_before)s as it is now.",
        "Of %(num)s corrections about %(after)s would have come earlier, %(before)s as it is now; "
        "that spares readers about "
        "%(spared)s impressions of a wrong text, %(spared_before)s as it is now.",
        corrections,
        after=_about(earlier[1]),
        before=_about(earlier[0]),
        spared=decimal(round(spared[1])),
        spared_before=decimal(round(spared[0])),
    )
    return f"{due} {worth}"


def title_of(change: Change) -> str:
    """The heading of a preview."""
    return _(_TITLES[change.kind])


def applied_words(change: Change, when: When, moved: int) -> Sentence:
    """The record of a change that was applied: "New rule, spread: 12 checks moved"."""
    return nsentence(
        "%(change)s, %(how)s: %(num)s check moved", "%(change)s, %(how)s: %(num)s checks moved", moved,
        change=sentence(_TITLES[change.kind]), how=sentence(_HOW[when]),
    )  # fmt: skip


def _overdue(change: Change, number: int) -> str:
    if change.kind is Kind.CATCH_UP:
        if not number:
            return _("Catching up makes no card overdue.")
        return ngettext(
            "Catching up makes %(num)s verified card overdue today.",
            "Catching up makes %(num)s verified cards overdue today.",
            number,
        )
    if not number:
        return _("This makes no card overdue.")
    return ngettext(
        "This makes %(num)s verified card overdue today.", "This makes %(num)s verified cards overdue today.", number
    )


def _answers(found: Simulation) -> list[str]:
    counted = Counter(each.expiry.value if each.expiry else "" for each in found.answers)
    words = {
        Breach.SERVE.value: _("given"), Breach.WARN.value: _("given with a warning"),
        Breach.WITHHOLD.value: _("withheld"), "": _("treated as the collection says"),
    }  # fmt: skip
    return [
        ngettext(
            "From now on %(num)s overdue answer is %(treated)s.",
            "From now on %(num)s overdue answers are %(treated)s.",
            number,
            treated=words[expiry],
        )
        for expiry, number in sorted(counted.items())
    ]


def _about(number: float) -> str:
    rounded = round(number, 1)
    return decimal(int(rounded) if rounded == int(rounded) else rounded)
