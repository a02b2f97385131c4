"""Rules, and what changing them does, as sentences."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from curator.rules.changes import Change, Kind
from curator.rules.replay import Replay
from curator.rules.simulator import Simulation, When
from kb.cards.models import Breach
from kb.trust.rules import Clause, Pace
from kb.words import count

EXPIRY = {
    Breach.SERVE: "given while overdue",
    Breach.WARN: "given with a warning while overdue",
    Breach.WITHHOLD: "withheld while overdue",
}
LIMITS = (
    "From the record of checks, corrections and impressions. Each replayed check is taken as done on the day it is "
    "due; a text that was corrected as wrong from any moment since the check or correction before it, each as likely. "
    "Errors that nobody corrected are in no figure, and tags, templates and collections are those of today."
)


def about(clause: Clause, collections: Mapping[int, str], templates: Mapping[str, str]) -> str:
    """ "Cards of Billing tagged pricing, by the template Battle card, for sales"."""
    where = f" of {collections.get(clause.collection_id, '')}" if clause.collection_id is not None else ""
    tag = f" tagged {clause.tag}" if clause.tag else ""
    audience = f", for {clause.audience}" if clause.audience else ""
    template = f", by the template {templates.get(clause.template, '')}" if clause.template else ""
    is_plain = not (where or tag or template or audience)
    return "All cards" if is_plain else f"Cards{where}{tag}{template}{audience}"


def says(clause: Clause) -> str:
    """ "checked every 30 days, adaptive; withheld while overdue"."""
    rhythm = []
    if clause.check_on is not None:
        rhythm.append(f"checked every year on {_day(clause.check_on)}" if clause.is_yearly
                      else f"checked on {_day(clause.check_on)} {clause.check_on.year}")  # fmt: skip
    if clause.interval_days is not None:
        rhythm.append(f"{'then' if rhythm else 'checked'} every {count(clause.interval_days, 'day')}")
    if clause.pace is not None:
        words = "earlier where a card's history suggests it" if clause.pace is Pace.ADAPTIVE else "at a fixed pace"
        rhythm.append(words)
    parts = [", ".join(rhythm)] if rhythm else []
    if clause.expiry is not None:
        parts.append(EXPIRY[clause.expiry])
    return "; ".join(parts)


def effect(change: Change, found: Simulation) -> tuple[str, ...]:
    """What the change does, the gravest first."""
    sentences = [_overdue(change, len(found.overdue))]
    others = len(found.moves[When.NOW]) - len(found.overdue)
    if others:
        sentences.append(f"{count(others, 'other check')} would get another day.")
    if found.kept:
        verb, stay = ("is", "stays") if len(found.kept) == 1 else ("are", "stay")
        sentences.append(f"{count(len(found.kept), 'card')} {verb} overdue already and {stay} so until checked.")
    return (*sentences, *_answers(found))


def replay_words(found: Replay) -> str:
    """The last twelve weeks in two sentences."""
    before, after = (sum(week.due for week in each) for each in (found.before, found.after))
    due = (
        f"In the last twelve weeks {count(after, 'check')} would have been due, {before:,} as it is now, "
        f"and {count(sum(found.checks_made), 'was', 'were')} made."
    )
    corrections = sum(found.corrections)
    if not corrections:
        return f"{due} Nothing was corrected in that time."
    earlier = [sum(week.found_earlier for week in each) for each in (found.before, found.after)]
    spared = [sum(week.impressions_spared for week in each) for each in (found.before, found.after)]
    return (
        f"{due} Of {count(corrections, 'correction')} about {_about(earlier[1])} would have come earlier, "
        f"{_about(earlier[0])} as it is now; that spares readers about {spared[1]:,.0f} impressions of a wrong text, "
        f"{spared[0]:,.0f} as it is now."
    )


def title_of(change: Change) -> str:
    """The heading of a preview."""
    return {
        Kind.ADD: "New rule", Kind.EDIT: "Changed rule", Kind.REMOVE: "Rule removed", Kind.MOVE: "Rule moved",
        Kind.COLLECTION: "Interval of a collection", Kind.CATCH_UP: "Dates as the policy says",
    }[change.kind]  # fmt: skip


def applied_words(change: Change, when: When, moved: int) -> str:
    """The record of a change that was applied: "New rule, spread: 12 checks moved"."""
    how = {When.NEXT: "from the next check on", When.SPREAD: "spread", When.NOW: "applied now"}[when]
    return f"{title_of(change)}, {how}: {count(moved, 'check')} moved"


def _overdue(change: Change, number: int) -> str:
    subject = "Catching up" if change.kind is Kind.CATCH_UP else "This"
    if not number:
        return f"{subject} makes no card overdue."
    return f"{subject} makes {count(number, 'verified card')} overdue today."


def _answers(found: Simulation) -> list[str]:
    counted = Counter(each.expiry.value if each.expiry else "" for each in found.answers)
    words = {expiry.value: says.removesuffix(" while overdue") for expiry, says in EXPIRY.items()}
    words[""] = "treated as the collection says"
    return [
        f"From now on {count(number, 'overdue answer is', 'overdue answers are')} {words[expiry]}."
        for expiry, number in sorted(counted.items())
    ]


def _about(number: float) -> str:
    return f"{number:,.1f}".removesuffix(".0")


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
