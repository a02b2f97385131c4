"""Mails about questions, queued in the transaction of what they tell about."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from curator.mail import letter
from curator.notices.personal import mail_person
from curator.questions.models import Question
from kb.cards.models import Card
from kb.cards.queries import card_path
from kb.people.actor import actor_for
from kb.people.languages import language_of
from kb.people.models import Person
from kb.sentences import told
from kb.settings import Settings
from kb.wording import _, speaking
from kb.words import first_name, joined


@dataclass(frozen=True, slots=True)
class AskedMail:
    """Somebody needs an answer from you; `card_url` leads to the card it is about, `url` to where it is answered."""

    workspace_name: str
    subject: str
    greeting: str
    sentence: str
    question: str
    detail: str
    card: str
    card_url: str
    why: str
    url: str


@dataclass(frozen=True, slots=True)
class AnsweredMail:
    """The card that answers what you asked; without `card_url` it can't be opened by this person."""

    workspace_name: str
    subject: str
    greeting: str
    sentence: str
    question: str
    card: str
    card_url: str
    url: str


def tell_assignee(session: Session, question: Question, settings: Settings, now: datetime, *, again: str = "") -> bool:
    """Tell whoever is asked, once per person; `again` names a further time and its reason, such as "reminder"."""
    person = question.assignee
    with speaking(language_of(person, settings)):
        written = letter("asked", _asked(question, person, again, settings))
    key = f"question:{question.id}:{person.id}" + (f":{again}" if again else "")
    return mail_person(session, person, "asked", key, written, settings, now)


def _asked(question: Question, person: Person, again: str, settings: Settings) -> AskedMail:
    names = joined([asker.person.name for asker in question.askers])
    card = question.card if question.card is not None and question.card.is_servable else None
    subject = _("Still open: %(names)s asks: %(question)s") if again else _("%(names)s asks: %(question)s")
    is_reminder = again == "reminder"
    begin = _("%(names)s still waits for your answer.") if is_reminder else _("%(names)s needs an answer from you.")
    return AskedMail(
        workspace_name=settings.workspace.name,
        subject=subject % {"names": names, "question": told(question.text)},
        greeting=_("Hello %(name)s,", name=first_name(person.name)),
        sentence=begin % {"names": names},
        question=told(question.text),
        detail=told(question.detail),
        card=card.title if card else "",
        card_url=settings.public_url + card_path(card) if card else "",
        why=told(question.why_assigned),
        url=f"{settings.public_url}/questions/{question.id}",
    )


def tell_askers(session: Session, question: Question, card: Card, settings: Settings, now: datetime) -> None:
    """Tell everybody who asked; whoever can't open the card learns only who answered."""
    for asker in question.askers:
        if asker.person.is_active and asker.person_id != question.closed_by_id:
            with speaking(language_of(asker.person, settings)):
                written = letter("answered", _answered(session, question, asker.person, card, settings))
            key = f"answer:{question.id}:{asker.person_id}"
            mail_person(session, asker.person, "answered", key, written, settings, now)


def _answered(session: Session, question: Question, person: Person, card: Card, settings: Settings) -> AnsweredMail:
    by = question.closed_by.name if question.closed_by is not None else _("Somebody")
    is_open_to = card.collection_id in actor_for(session, person).readable
    sentence = (
        _("%(name)s answered your question.", name=by)
        if is_open_to
        else _("%(name)s has the answer in a card that is not open to you. Ask them.", name=by)
    )
    return AnsweredMail(
        workspace_name=settings.workspace.name,
        subject=_("Answered: %(question)s", question=told(question.text)),
        greeting=_("Hello %(name)s,", name=first_name(person.name)),
        sentence=sentence,
        question=told(question.text),
        card=card.title if is_open_to else "",
        card_url=settings.public_url + card_path(card) if is_open_to else "",
        url=f"{settings.public_url}/questions/{question.id}",
    )
