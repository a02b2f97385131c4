"""The pages of owners: who could own a card, and the report of what is ill owned."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from curator.absences.marks import away_at
from curator.detectors.activity import INACTIVE_AFTER, last_seen
from curator.owners.pages import IllRow, IllSection, Named, OwnerLine, OwnerPage, OwnersPage
from curator.owners.report import Fault, IllOwned, OwnersReport
from curator.owners.suggest import Suggestion, edits_everywhere, suggest_owners
from kb.cards.models import Card
from kb.cards.queries import card_path
from kb.errors import FieldError
from kb.people.actor import Actor
from kb.people.models import Person, Role
from kb.people.queries import active_people
from kb.people.shown import who
from kb.trust.assignee import is_able
from kb.web.parts import Choice, Link, Option, Problem
from kb.wording import N_, _, decimal, ngettext
from kb.words import Words, count

_SHOWN = 25
_HEADINGS = {
    Fault.UNASSIGNED: (N_("Nobody to check them"), N_("This must never be: tell whoever runs the installation.")),
    Fault.NO_OWNER: (N_("Without an owner"), N_("Nobody is accountable for these.")),
    Fault.OWNER_LEFT: (N_("The owner left"), N_("Their cards wait for the next in line.")),
    Fault.OWNER_UNABLE: (N_("The owner can't check them"), N_("They are a rep, or may not read the collection.")),
    Fault.OWNER_INACTIVE: (N_("The owner was not seen for half a year"), N_("Nobody notices what changes.")),
    Fault.VERIFIERS_UNABLE: (
        N_("None of the verifiers can check them"),
        N_("They wait for the owner or the steward instead."),
    ),
}


def owner_page(
    session: Session, card: Card, suggested: Sequence[Suggestion], now: datetime, words: Words,
    errors: Sequence[FieldError] = (),
) -> OwnerPage:  # fmt: skip
    """Three names with reasons, and everybody else."""
    ids = {each.person.id for each in suggested}
    able = [p for p in active_people(session, at_least=Role.AUTHOR) if is_able(p, card.collection)]
    people, away = [p for p in able if p.id not in {*ids, card.owner_id}], away_at(session, now)
    return OwnerPage(
        title=_("Who owns “%(title)s”?", title=card.title),
        card=Link(card.title, card_path(card)),
        owner=card.owner.name if card.owner else _("Nobody"),
        warning=_warning(session, card, now, words),
        action=f"/cards/{card.id}/owner",
        suggested=tuple(Named(str(each.person.id), who(each.person), each.reason) for each in suggested),
        suggested_ids=",".join(str(each.person.id) for each in suggested),
        everybody=Choice((Option("", _("Choose somebody"), True), *(Option(str(p.id), away.name(p)) for p in people))),
        back_url=card_path(card),
        problems=tuple(Problem(error.field, error.message) for error in errors),
    )


def owners_page(session: Session, actor: Actor, report: OwnersReport, now: datetime, words: Words) -> OwnersPage:
    """The report in words; for the first cards of each section, who could own them."""
    everywhere, away = edits_everywhere(session, actor, now), away_at(session, now)

    def suggested(card: Card) -> str:
        but = (card.owner_id,) if card.owner_id is not None else ()
        names = suggest_owners(session, actor, card, (), now, but=but, edited=everywhere)
        return "; ".join(away.name(each.person) for each in names)

    ill = len(report.ill)
    broken = len(report.with_fault(Fault.UNASSIGNED))
    return OwnersPage(
        sentence=(
            ngettext(
                "%(num)s card of %(cards)s is ill owned.", "%(num)s cards of %(cards)s are ill owned.", ill,
                cards=decimal(report.cards),
            )
            if ill
            else ngettext(
                "All %(num)s card are owned by somebody who is there.",
                "All %(num)s cards are owned by somebody who is there.",
                report.cards,
            )
        ),
        invariant=(
            ngettext(
                "%(num)s published card without anybody able to check.",
                "%(num)s published cards without anybody able to check.",
                broken,
            )
            if broken
            else _("Every published card has exactly one able person who checks it.")
        ),
        is_whole=not broken,
        sections=tuple(
            IllSection(
                _(_HEADINGS[fault][0]), decimal(len(found)), _(_HEADINGS[fault][1]),
                tuple(_row(each, fault, suggested(each.card), words) for each in found[:_SHOWN]),
                _("and %(number)s more", number=decimal(len(found) - _SHOWN)) if len(found) > _SHOWN else "",
            )
            for fault in Fault
            if (found := [each for each in report.ill if each.faults[0] is fault])
        ),
        people=tuple(_line(person, number, report, words) for person, number in report.owners),
    )  # fmt: skip


def _line(person: Person, number: int, report: OwnersReport, words: Words) -> OwnerLine:
    seen = _("last seen on %(day)s", day=words.full_day(report.last_seen[person.id])) if person.is_active else _("left")
    return OwnerLine(person.name, f"{count(number, 'card')}, {seen}", f"/people/{person.id}/handover")


def _row(each: IllOwned, fault: Fault, suggested: str, words: Words) -> IllRow:
    card = each.card
    owner = card.owner.name if card.owner else _("No owner")
    seen = (
        _(", last seen on %(day)s", day=words.full_day(each.last_seen))
        if fault is Fault.OWNER_INACTIVE and each.last_seen
        else ""
    )
    return IllRow(
        Link(card.title, card_path(card)), card.collection.name, f"{owner}{seen}",
        card.assignee.name if card.assignee else _("Nobody"), suggested, f"/cards/{card.id}/owner",
    )  # fmt: skip


def _warning(session: Session, card: Card, now: datetime, words: Words) -> str:
    if card.owner is None:
        return _("Nobody is accountable for this card.")
    if card.owner.deactivated_at is not None:
        return _("%(name)s left on %(day)s.", name=card.owner.name, day=words.full_day(card.owner.deactivated_at))
    seen = last_seen(session, [card.owner])[card.owner.id]
    return (
        _("%(name)s was not seen since %(day)s.", name=card.owner.name, day=words.full_day(seen))
        if now - seen >= INACTIVE_AFTER
        else ""
    )
