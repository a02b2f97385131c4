"""The open card of the queue in ready words: why it is here, the evidence, and only then the card and the buttons."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from markupsafe import Markup
from sqlalchemy.orm import Session

from curator.absences.marks import away_at
from curator.pages import QueueCard
from curator.queue.boxes import CHANGED, band_words, boxes_of, pieces_of, sources_of
from curator.queue.commands import MOST_TIMES, able_people
from curator.queue.evidence import evidence_of
from curator.queue.models import Snooze
from curator.queue.queue import Queue, Waiting
from kb.cards.models import Card
from kb.cards.permissions import Right, may
from kb.cards.queries import card_path
from kb.people.actor import Actor
from kb.trust.policy import Policy
from kb.trust.reading import write_note
from kb.trust.shown import badge, reason_summary, strip
from kb.trust.state import TrustState
from kb.web.parts import Choice, Field, Link, Option, Strip
from kb.wording import N_, _
from kb.words import Words

_LATER = {"1": N_("Tomorrow"), "3": N_("In 3 days"), "7": N_("In a week")}


@dataclass(frozen=True, slots=True)
class Desk:
    """What a page of the queue is drawn with: the policy, the key that signs notes, and the instant."""

    policy: Policy
    secret: bytes
    now: datetime

    @property
    def words(self) -> Words:
        """Dates as of now, in the installation's zone."""
        return Words(self.now, self.policy.zone)


def address(scope: str, card_id: int | None = None, after: int | None = None) -> str:
    """Where the queue shows this card; if it does not wait any more, the one `after` it."""
    shown = f"&card={card_id}" if card_id is not None else ""
    return f"/verify?scope={scope}{shown}" + (f"&after={after}" if after is not None else "")


def open_card(session: Session, actor: Actor, queue: Queue, row: Waiting, desk: Desk, note: Field) -> QueueCard:
    """The sheet of one row. `note` is what was typed before."""
    card, words, scope = row.card, desk.words, queue.scope
    facts = evidence_of(session, actor, card, desk.now)
    boxes = boxes_of(facts, words, card_path(card))
    before, after = queue.beside(row)
    reading = write_note(
        desk.secret, actor.id, card.id, card.version, pieces_of(facts, words), facts.last_flag, desk.now
    )
    return QueueCard(
        title=card.title,
        url=card_path(card),
        crumbs=(Link(card.collection.name, f"/collections/{card.collection.slug}"),),
        language=card.language,
        html=Markup(card.html),  # noqa: S704  (sanitised when it was rendered)
        strip=_strip(actor, row, words),
        version=card.version,
        reading=reading,
        band=band_words(row.assessment),
        why=row.assessment.reasons,
        evidence=boxes,
        changes_heading=_(CHANGED),
        changes=facts.changes,
        changes_url=f"/cards/{card.id}/diff?from={card.verified_version}&to={card.version}" if facts.changes else "",
        sources=sources_of(facts, words),
        verify_action=f"/verify/{card.id}",
        edit_url=_edit_url(actor, card, reading, address(scope, card.id, after)),
        reassign_action=f"/verify/{card.id}/reassign",
        reassign_to=_others(session, actor, card, desk.now),
        later_action=f"/verify/{card.id}/later",
        later=_later(session, actor, card),
        archive_action=f"/verify/{card.id}/archive" if may(actor, Right.ARCHIVE, card) else "",
        after=str(after or ""),
        note_needed=facts.note_needed,
        note=note,
        previous_url=address(scope, before) if before else "",
        next_url=address(scope, after) if after else "",
    )


def _strip(actor: Actor, row: Waiting, words: Words) -> Strip:
    """What is the matter, for somebody who decides about it: readers are told whom to ask instead."""
    card, trust = row.card, row.trust
    said = strip(card, trust, words, with_reasons=False)
    if trust.is_good or trust.verified_at is None:
        return said
    day = words.full_day(trust.verified_at)
    checked = _("You verified it on %(day)s.", day=day)
    if card.verified_by_id != actor.id:
        checked = _("%(name)s verified it on %(day)s.", name=trust.verified_by or _("An import"), day=day)
    if trust.state is TrustState.OVERDUE:
        return Strip(said.state, _("Overdue: %(reasons)s", reasons=reason_summary(trust, words)), checked)
    if trust.state is TrustState.FLAGGED:
        return Strip(said.state, _("Flagged: %(reasons)s", reasons=badge(trust, words).detail), checked)
    return Strip(said.state, said.sentence, checked)


def _edit_url(actor: Actor, card: Card, reading: str, back: str) -> str:
    """The editor takes along what was read here, and leads back here."""
    if not may(actor, Right.EDIT, card):
        return card_path(card)
    return f"/cards/{card.id}/edit?{urlencode({'reading': reading, 'back': back})}"


def _others(session: Session, actor: Actor, card: Card, now: datetime) -> Choice:
    if actor.id != card.assignee_id and not may(actor, Right.CURATE, card):
        return Choice(())
    people = [person for person in able_people(session, card) if person.id != card.assignee_id]
    away = away_at(session, now)
    return Choice(tuple(Option(str(person.id), away.name(person)) for person in people))


def _later(session: Session, actor: Actor, card: Card) -> tuple[Option, ...]:
    snooze = session.get(Snooze, (card.id, actor.id))
    is_over = snooze is not None and snooze.times >= MOST_TIMES
    return () if is_over else tuple(Option(days, _(label)) for days, label in _LATER.items())
