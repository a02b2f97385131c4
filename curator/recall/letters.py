"""The mail that tells of a correction."""

from dataclasses import dataclass

from curator.mail import letter
from kb.cards.models import Card
from kb.cards.queries import card_path
from kb.mail.outbox import Letter
from kb.people.actor import Actor
from kb.people.models import Person
from kb.settings import Settings
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
    subject = f"Correction of “{card.title}”"
    mail = RecallMail(
        workspace_name=settings.workspace.name,
        subject=f"Reminder: {subject[0].lower()}{subject[1:]}" if is_reminder else subject,
        greeting=f"Hello {first_name(person.name)},",
        paragraphs=tuple(line for line in words.splitlines() if line.strip()),
        card=card.title,
        card_url=settings.public_url + card_path(card),
        teller=actor.name,
        url=f"{settings.public_url}/recalls",
    )
    return letter("recall", mail)
