"""The page of a preview: what the change does, card by card and week by week, and what it would have done."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.capacity.charts import NARROW, WIDE, Pair, paired_bars
from curator.capacity.time import Calendar
from curator.rules.applying import Preview
from curator.rules.changes import Kind, rule_seen
from curator.rules.pages import Fields, LoadRow, MovedRow, PreviewPage, ReplayPart, ReplayRow
from curator.rules.reading import Wanted
from curator.rules.replay import Replay
from curator.rules.shown import HERE, collection_names, fields_of
from curator.rules.simulator import MOST_WEEKS, Simulation, Touched, When
from curator.rules.terms import PolicyCard
from curator.rules.words import LIMITS, about, effect, replay_words, says, title_of
from kb.card_templates.commands import names as template_names
from kb.cards.models import Collection
from kb.people.actor import Actor
from kb.people.models import Person
from kb.trust.policy import Policy
from kb.trust.rules import clause_of
from kb.web.parts import Chip, Choice, Link, Option
from kb.wording import _, day_and_month, decimal, ngettext, with_one_digit
from kb.words import Words

SHOWN = 50
_WEEKS = (2, 4, 8, MOST_WEEKS)


def preview_page(
    session: Session, actor: Actor, found: Preview, wanted: Wanted, past: Replay | None, policy: Policy,
    now: datetime, *, problem: str = "",
) -> PreviewPage:  # fmt: skip
    """The page. `past` is the replay, if any card is touched."""
    simulation = found.simulation
    sentence, *more = effect(found.change, simulation)
    fields = fields_of(wanted)
    token = (("token", found.token), ("at", simulation.at.isoformat()), ("weeks", str(simulation.weeks)))
    names = collection_names(session, actor)
    return PreviewPage(
        heading=title_of(found.change),
        rule_words=_rule_words(session, actor, found, names),
        sentence=sentence,
        more=tuple(more),
        action=f"{HERE}/changes",
        fields=(*fields, *token),
        back_url=_back(session, found),
        when=_when(simulation, found.change.kind),
        weeks=_weeks(fields, simulation.weeks),
        moved=_moved(session, simulation, names, Words(now, policy.zone)),
        moved_more=_more(len(simulation.moves[When.NOW])),
        loads=_loads(simulation, Calendar.from_this_week(simulation.at, policy.zone)) if simulation.touched else (),
        replay=_replay(past) if past is not None else None,
        problem=problem,
    )


def _rule_words(session: Session, actor: Actor, found: Preview, names: Mapping[int, str]) -> str:
    change = found.change
    clause = change.clause
    if clause is None and change.rule_id is not None:
        clause = clause_of(rule_seen(session, actor, change.rule_id))
    if clause is not None:
        return f"{about(clause, names, template_names(session))}: {says(clause)}."
    if change.shelf is None or change.collection_id is None:
        return _("Checks whose date is not what the policy in force says. Dates that somebody chose are left alone.")
    rhythm = [_("checked as everywhere")]
    if change.shelf.interval_days:
        rhythm = [ngettext("checked every %(num)s day", "checked every %(num)s days", change.shelf.interval_days)]
    if change.shelf.is_adaptive:
        rhythm.append(_("earlier where a card's history suggests it"))
    return f"{names.get(change.collection_id, '')}: {', '.join(rhythm)}."


def _back(session: Session, found: Preview) -> str:
    if found.change.kind is not Kind.COLLECTION:
        return HERE
    return f"/admin/collections/{session.get_one(Collection, found.change.collection_id).slug}"


def _when(found: Simulation, kind: Kind) -> Choice:
    if found.is_plain:
        return Choice((Option(When.NEXT.value, _("Apply"), True),))
    next_ = Option(When.NEXT.value, _("From each card's next check on"), kind is not Kind.CATCH_UP, _("No date moves."))
    spread = Option(
        When.SPREAD.value,
        ngettext("Spread over %(num)s weeks", "Spread over %(num)s weeks", found.weeks),
        kind is Kind.CATCH_UP,
        _("What would be overdue falls due a few at a time, within people's time and never later than today's date."),
    )
    late = ngettext("%(num)s check is overdue at once.", "%(num)s checks are overdue at once.", len(found.overdue))
    at_once = Option(When.NOW.value, _("Apply now"), False, late if found.overdue else _("Dates move."))
    return Choice((spread, at_once) if kind is Kind.CATCH_UP else (next_, spread, at_once))


def _weeks(fields: Fields, chosen: int) -> tuple[Chip, ...]:
    def url(weeks: int) -> str:
        return f"{HERE}/preview?{urlencode([*fields, ('weeks', str(weeks))])}"

    return tuple(
        Chip(ngettext("%(num)s weeks", "%(num)s weeks", weeks), url(weeks), weeks == chosen)
        for weeks in sorted({*_WEEKS, chosen})
    )


def _moved(session: Session, found: Simulation, names: Mapping[int, str], words: Words) -> tuple[MovedRow, ...]:
    """The cards, those that would be overdue first, the most used of them first."""
    late = {card.id for card in found.overdue}
    moving = [each for each in found.touched if each.card.id in found.moves[When.NOW]]
    ordered = sorted(moving, key=lambda each: (each.card.id not in late, -each.card.use, each.card.id))[:SHOWN]
    ids = [each.card.assignee_id for each in ordered if each.card.assignee_id is not None]
    people: dict[int, str] = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(ids))).all())
    return tuple(_moved_row(each, found, late, names, people, words) for each in ordered)


def _moved_row(
    each: Touched, found: Simulation, late: set[int], names: Mapping[int, str], people: Mapping[int, str], words: Words
) -> MovedRow:
    card: PolicyCard = each.card
    due = card.verify_by

    def day(when: When) -> str:
        moved = found.moves[when].get(card.id, due)
        return words.day(moved) if moved is not None else ""

    return MovedRow(
        Link(card.title, f"/cards/{card.id}"), names.get(card.collection_id, ""), people.get(card.assignee_id or 0, ""),
        card.id in late, words.day(due) if due is not None else "", day(When.NOW), day(When.SPREAD),
    )  # fmt: skip


def _more(number: int) -> str:
    return ngettext("and %(num)s more card", "and %(num)s more cards", number - SHOWN) if number > SHOWN else ""


def _loads(found: Simulation, calendar: Calendar) -> tuple[LoadRow, ...]:
    ways = (None, When.NEXT, When.SPREAD, When.NOW)
    return tuple(
        LoadRow(
            _day(calendar, week),
            tuple(_load(found.loads[way][week].checks, found.loads[way][week].minutes) for way in ways),
        )
        for week in range(len(found.loads[None]))
    )


def _load(checks: int, minutes: int) -> str:
    return _("%(checks)s (%(minutes)s min)", checks=decimal(checks), minutes=decimal(minutes))


def _day(calendar: Calendar, week: int) -> str:
    monday = calendar.monday_of(week)
    return day_and_month(monday)


def _replay(past: Replay) -> ReplayPart:
    labels = [day_and_month(monday) for monday in past.mondays]
    pairs = [
        Pair(
            label,
            before.due,
            after.due,
            _(
                "%(due)s checks due as it is now, %(after)s after the change",
                due=decimal(before.due),
                after=decimal(after.due),
            ),
        )
        for label, before, after in zip(labels, past.before, past.after, strict=True)
    ]
    words = replay_words(past)
    rows = tuple(
        ReplayRow(label, decimal(made), decimal(before.due), decimal(after.due), decimal(corrections),
                  with_one_digit(before.found_earlier), with_one_digit(after.found_earlier))
        for label, made, before, after, corrections in zip(
            labels, past.checks_made, past.before, past.after, past.corrections, strict=True)
    )  # fmt: skip
    wide, narrow = (paired_bars(pairs, words, width, keep_first=False) for width in (WIDE, NARROW))
    return ReplayPart(words, _(LIMITS), wide, narrow, rows)
