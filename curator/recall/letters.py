"""The mail that tells of a correction."""

from dataclasses import dataclass

from curator.mail import letter
from kb.cards.models import Card
from kb.cards.queries import card_path
from kb.mail.outbox import Letter
from kb.people.actor import Actor
from kb.people.languages import language_of
from kb.people.models import Person
from kb.settings import Settings
from kb.wording import _, speaking
from kb.words import first_name


@dataclass(frozen=True, slots=True)
class RecallMail:
    """What somebody read was wrong."""

    workspace_name: str
    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    card: str
    card_url: str
    teller: str
    url: str


def recall_letter(
    person: Person, card: Card, words: str, actor: Actor, settings: Settings, *, is_reminder: bool
) -> Letter:
    """The letter to one person; both buttons lead to pages that ask who they are."""
    with speaking(language_of(person, settings)):
        return letter("recall", _mail(person, card, words, actor, settings, is_reminder=is_reminder))


def _mail(person: Person, card: Card, words: str, actor: Actor, settings: Settings, *, is_reminder: bool) -> RecallMail:
    return RecallMail(
        workspace_name=settings.workspace.name,
        subject=_("Reminder: correction of “%(title)s”", title=card.title)
        if is_reminder
        else _("Correction of “%(title)s”", title=card.title),
        greeting=_("Hello %(name)s,", name=first_name(person.name)),
        paragraphs=tuple(line for line in words.splitlines() if line.strip()),
        card=card.title,
        card_url=settings.public_url + card_path(card),
        teller=actor.name,
        url=f"{settings.public_url}/recalls",
    )
