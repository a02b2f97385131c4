"""The page of a handover, before and after, in words."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.absences.marks import away_at
from curator.capacity.forecast import WeekLoad
from curator.owners.handing import Duty, Handed, Handover, Order, Why, plan
from curator.owners.load import Load, Loads, load_of
from curator.owners.pages import HandedPage, HandoverPage, LoadRow, LoadWeek, Named, Stays
from curator.owners.suggest import Suggestion, edits_everywhere, suggest_for
from kb.cards.collections import collections_readable_by
from kb.cards.models import Card, CardVerifier, Collection, CollectionVerifier
from kb.cards.permissions import visible_to
from kb.cards.queries import card_path
from kb.errors import FieldError
from kb.people.actor import Actor
from kb.people.models import Person, Role
from kb.people.queries import active_people
from kb.people.shown import who
from kb.settings import Settings
from kb.trust.assignee import is_able
from kb.web.parts import Choice, Link, Option, Problem
from kb.wording import N_, _, day_and_month, decimal, ngettext
from kb.words import Words, count, first_name, joined

_SHOWN = 12
_OTHERS = 3
_DUTIES = {
    Duty.BOTH: N_("What they own and verify"),
    Duty.OWNING: N_("Only what they own"),
    Duty.VERIFYING: N_("Only what they verify"),
}
_STAYS = {
    Why.NOT_ALLOWED: N_("These stay: you may not change them"),
    Why.NOBODY_ABLE: N_("These stay: none of those people may read them"),
}


def handover_page(
    session: Session, actor: Actor, order: Order, settings: Settings, now: datetime, errors: Sequence[FieldError] = ()
) -> HandoverPage:
    """The form, and, once somebody is chosen, what it makes."""
    found = plan(session, actor, order, settings.freshness)
    cards = [each.card for each in found.handed] + [card for cards in found.stays.values() for card in cards]
    suggested = _suggested(session, actor, order, cards, now)
    chosen = [str(taker.id) for taker in order.takers]
    is_planned = bool(order.takers) and not errors
    loads = load_of(session, actor, found, settings, now) if is_planned else None
    name, shelf = order.giver.name, order.shelf
    return HandoverPage(
        heading=_("Hand over the cards of %(name)s", name=name),
        sentence=_sentence(order, len(cards)),
        back=_back(actor, order.giver),
        action=f"/people/{order.giver.id}/handover",
        duty=Choice(tuple(Option(duty, _(words), duty is order.duty) for duty, words in _DUTIES.items())),
        shelf=_shelves(session, actor, shelf.slug if shelf else ""),
        suggested=tuple(
            Named(str(each.person.id), who(each.person), each.reason, str(each.person.id) in chosen)
            for each in suggested
        ),
        others=_others(session, order.giver, cards, suggested, chosen, now),
        notes=_notes(session, actor, order.giver),
        summary=_summary(found) if is_planned else "",
        week_labels=tuple(day_and_month(day) for day in loads.mondays) if loads else (),
        loads=tuple(_load(each) for each in loads.takers) if loads else (),
        spread_words=_spread_words(loads) if loads else "",
        moves=_moves(found, loads, Words(now, settings.schedule.zone)) if loads else (),
        moves_more=_("and %(number)s more", number=decimal(len(loads.moves) - _SHOWN))
        if loads and len(loads.moves) > _SHOWN
        else "",
        cards=tuple(_handed(each) for each in found.handed[:_SHOWN]) if is_planned else (),
        cards_more=_("and %(number)s more", number=decimal(len(found.handed) - _SHOWN))
        if is_planned and len(found.handed) > _SHOWN
        else "",
        stays=_stays(found) if is_planned else (),
        apply_fields=_fields(order) if is_planned and found.handed else (),
        apply_label=ngettext("Hand over %(num)s card", "Hand over %(num)s cards", len(found.handed))
        if is_planned and found.handed
        else "",
        problems=tuple(Problem(error.field, error.message) for error in errors),
    )


def handed_page(actor: Actor, done: Handover, moved: int = 0) -> HandedPage:
    """What was done, card by card; of so many the check came earlier."""
    giver = done.order.giver
    each_gets = Counter(each.taker.name for each in done.handed)
    parts = [
        _("%(number)s to %(name)s", number=decimal(number), name=name) for name, number in sorted(each_gets.items())
    ]
    dates = _("No check moved its date.")
    if moved:
        dates = ngettext(
            "%(num)s check came earlier, to weeks with time.", "%(num)s checks came earlier, to weeks with time.", moved
        )
    sentence = f"{joined(parts)}. {dates}" if parts else _("There was nothing left to hand over.")
    deactivate = actor.is_admin and giver.is_active and giver.id != actor.id
    return HandedPage(
        heading=ngettext("%(num)s card handed over", "%(num)s cards handed over", len(done.handed)),
        sentence=sentence,
        back=_back(actor, giver),
        cards=tuple(_handed(each) for each in done.handed),
        stays=_stays(done),
        next_step=Link(_("Deactivate %(name)s", name=giver.name), f"/admin/people/{giver.id}#deactivate")
        if deactivate
        else None,
    )


def _suggested(
    session: Session, actor: Actor, order: Order, cards: Sequence[Card], now: datetime
) -> tuple[Suggestion, ...]:  # fmt: skip
    if not cards:
        return ()
    shelves = Counter(card.collection_id for card in cards)
    ids = [card.id for card in cards]
    everywhere = edits_everywhere(session, actor, now)
    return suggest_for(session, actor, ids, shelves, (), everywhere, now, but=(order.giver.id,))


def _sentence(order: Order, number: int) -> str:
    if not number:
        return _("There is nothing to hand over: they own and verify nothing here that you may see.")
    held = {
        Duty.BOTH: ngettext("They own or verify %(num)s card", "They own or verify %(num)s cards", number),
        Duty.OWNING: ngettext("They own %(num)s card", "They own %(num)s cards", number),
        Duty.VERIFYING: ngettext("They verify %(num)s card", "They verify %(num)s cards", number),
    }[order.duty]
    if order.shelf:
        held = _("%(held)s in %(collection)s", held=held, collection=order.shelf.name)
    return f"{held}. {_('No check moves its date, and nothing happens before you saw the load.')}"


def _summary(found: Handover) -> str:
    owned, verified = (sum(getattr(each, name) for each in found.handed) for name in ("owns", "verifies"))
    parts = [ngettext("%(num)s card would go", "%(num)s cards would go", len(found.handed))]
    parts += [_("%(number)s to own", number=decimal(owned))] if owned else []
    parts += [_("%(number)s to verify", number=decimal(verified))] if verified else []
    return ", ".join(parts) + "."


def _load(load: Load) -> LoadRow:
    waits = {"number": decimal(load.assigned), "name": first_name(load.person.name), "overdue": decimal(load.overdue)}
    words = _("%(number)s of them wait for %(name)s from then on, none to check at once.")
    if load.overdue:
        words = _("%(number)s of them wait for %(name)s from then on, %(overdue)s to check at once.")
    now, then = (sum(week.total for week in weeks) for weeks in (load.before, load.after))
    said = [words % waits]
    said.append(_("Twelve weeks: %(now)s minutes now, %(then)s then.", now=decimal(now), then=decimal(then)))
    if load.is_away:
        said.append(_("%(name)s is away now; meanwhile they wait for the next in line.", name=load.person.name))
        said.append(_("The weeks are as if everybody who gets cards were there."))
    return LoadRow(
        load.person.name, count(load.cards, "card"), " ".join(said),
        tuple(_week(before, after) for before, after in zip(load.before, load.after, strict=True)),
        tuple(_week(before, spread) for before, spread in zip(load.before, load.spread, strict=True))
        if load.spread != load.after
        else (),
    )  # fmt: skip


def _spread_words(loads: Loads) -> str:
    if not loads.moves:
        return _("Spreading would move nothing.")
    return ngettext(
        "Spread, %(num)s check would come earlier, to weeks with time.",
        "Spread, %(num)s checks would come earlier, to weeks with time.",
        len(loads.moves),
    )


def _moves(found: Handover, loads: Loads, words: Words) -> tuple[tuple[Link, str], ...]:
    """Which checks go to which week, from when, and whose they are."""
    cards = {each.card.id: each.card for each in found.handed}
    names = {load.person.id: load.person.name for load in loads.takers}
    shown = []
    for move in loads.moves[:_SHOWN]:
        card = cards[move.card_id]
        day = words.day(move.after)
        if move.before:
            day = _("%(day)s instead of %(before)s", day=day, before=words.day(move.before))
        whose = f", {names[move.person_id]}" if move.person_id in names else ""
        shown.append((Link(card.title, card_path(card)), f"{day}{whose}"))
    return tuple(shown)


def _week(before: WeekLoad, after: WeekLoad) -> LoadWeek:
    words = _(
        "%(checks)s, %(minutes)s minutes instead of %(before)s; time for %(budget)s",
        checks=count(after.checks, "check"), minutes=after.total, before=before.total, budget=after.budget,
    )  # fmt: skip
    return LoadWeek(decimal(after.total), words, after.is_over)


def _handed(each: Handed) -> tuple[Link, str]:
    what = _("to own and verify") if each.owns and each.verifies else _("to own") if each.owns else _("to verify")
    return Link(each.card.title, card_path(each.card)), f"{each.taker.name}, {what}"


def _stays(found: Handover) -> tuple[Stays, ...]:
    return tuple(
        Stays(
            _(_STAYS[why]), tuple(Link(card.title, card_path(card)) for card in cards[:_SHOWN]),
            _("and %(number)s more", number=decimal(len(cards) - _SHOWN)) if len(cards) > _SHOWN else "",
        )
        for why, cards in found.stays.items()
    )  # fmt: skip


def _fields(order: Order) -> tuple[tuple[str, str], ...]:
    fields = [("duty", order.duty.value), ("collection", order.shelf.slug if order.shelf else "")]
    return tuple(fields + [("to", str(taker.id)) for taker in order.takers])


def _shelves(session: Session, actor: Actor, chosen: str) -> Choice:
    options = [Option("", _("All collections"), not chosen)]
    shelves = collections_readable_by(session, actor)
    return Choice((*options, *(Option(shelf.slug, shelf.name, shelf.slug == chosen) for shelf in shelves)))


def _others(
    session: Session, giver: Person, cards: Sequence[Card], suggested: Sequence[Suggestion], chosen: Sequence[str],
    now: datetime,
) -> tuple[Choice, ...]:  # fmt: skip
    """Selects for anybody else who could have one of the cards; those chosen stay chosen, and there is always room for
    more."""
    named = {str(each.person.id) for each in suggested}
    shelves, away = {card.collection_id: card.collection for card in cards}.values(), away_at(session, now)
    people = [
        person
        for person in active_people(session, at_least=Role.AUTHOR)
        if person.id != giver.id
        and str(person.id) not in named
        and (str(person.id) in chosen or any(is_able(person, shelf) for shelf in shelves))
    ]
    known = {str(person.id) for person in people}
    rest = [value for value in chosen if value in known]
    return tuple(
        Choice(
            (Option("", _("Nobody"), not value), *(Option(str(p.id), away.name(p), str(p.id) == value) for p in people))
        )
        for value in [*rest, *[""] * max(1, _OTHERS - len(rest))]
    )


def _notes(session: Session, actor: Actor, giver: Person) -> tuple[tuple[str, Link], ...]:
    """What a handover leaves as it is, and where to change it."""
    may_change = Collection.id.in_(actor.curated)
    steward = session.scalars(select(Collection).where(may_change, Collection.steward_id == giver.id))
    named = Collection.verifiers.any(CollectionVerifier.person_id == giver.id)
    defaults = session.scalars(select(Collection).where(may_change, named))
    notes = [(_("Still the steward of %(name)s.", name=shelf.name), _manage(shelf)) for shelf in steward]
    notes += [(_("Still verifies new cards in %(name)s.", name=shelf.name), _manage(shelf)) for shelf in defaults]
    groups = {group.id: group.name for group in giver.groups}
    through = session.scalars(
        select(CardVerifier.group_id)
        .join(Card, Card.id == CardVerifier.card_id)
        .where(CardVerifier.group_id.in_(groups), visible_to(actor))
        .distinct()
    )
    if actor.is_admin:
        names = sorted(groups[number] for number in through if number is not None)
        notes += [
            (_("What %(name)s verifies stays with that group.", name=name), Link(_("Groups"), "/admin/groups"))
            for name in names
        ]
    return tuple(notes)


def _manage(shelf: Collection) -> Link:
    return Link(_("Change it"), f"/admin/collections/{shelf.slug}")


def _back(actor: Actor, giver: Person) -> Link:
    if actor.is_admin:
        return Link(giver.name, f"/admin/people/{giver.id}")
    return Link(_("Owners"), "/reports/owners") if actor.is_curator else Link(_("Account"), "/account")
