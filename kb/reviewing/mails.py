"""Mails about proposals, queued in the transaction of what they tell about. They name the card, not its new text."""

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import delete
from sqlalchemy.orm import Session

from kb.mail.models import OutgoingMail
from kb.mail.outbox import Letter, enqueue
from kb.people.actor import Actor, actor_for
from kb.people.languages import language_of
from kb.people.models import Person, Role
from kb.people.queries import active_people
from kb.people.quiet import quiet_hours_of
from kb.reviewing.models import Proposal, State
from kb.settings import Settings
from kb.wording import _, language, speaking
from kb.words import first_name

_HTML = Markup(
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{subject}</title></head>'
    '<body style="font-family:Arial,sans-serif;line-height:1.5"><p>{greeting} {sentence}</p>'
    '<p><a href="{url}">{label}</a></p></body></html>'
)


def tell_approvers(session: Session, proposal: Proposal, settings: Settings, now: datetime) -> None:
    """Tell the collection's steward; without one who could approve, all its curators."""
    author = session.get(Person, proposal.author_id) if proposal.author_id is not None else None
    for person in _approvers(session, proposal):
        with speaking(language_of(person, settings)):
            name, title = author.name if author is not None else _("Somebody"), proposal.card.title
            subject = _("For review: %(title)s", title=title)
            sentence = (
                _("%(name)s sent the new card “%(title)s” for review.", name=name, title=title)
                if proposal.publishes
                else _("%(name)s sent a change of “%(title)s” for review.", name=name, title=title)
            )
            _send(session, proposal, person, subject, sentence, _("Review it"), settings, now)


def tell_author(session: Session, proposal: Proposal, by: Actor, settings: Settings, now: datetime) -> None:
    """Tell whoever wrote it what became of it."""
    author = session.get(Person, proposal.author_id) if proposal.author_id is not None else None
    if author is None or not author.is_active or author.id == by.id:
        return
    if proposal.card.collection_id not in actor_for(session, author).readable:
        return
    title = proposal.title if proposal.state == State.SENT_BACK else proposal.card.title
    with speaking(language_of(author, settings)):
        if proposal.state == State.APPROVED:
            subject = _("Approved: %(title)s", title=title)
            sentence = _("%(name)s approved your text; readers see it now.", name=by.name)
        else:
            subject = _("Sent back: %(title)s", title=title)
            sentence = _("%(name)s sent your text back: %(words)s", name=by.name, words=proposal.words)
        _send(session, proposal, author, subject, sentence, _("See it"), settings, now)


def take_back(session: Session, proposal: Proposal) -> None:
    """What still waits for the end of somebody's quiet hours and is no longer true: it was decided meanwhile."""
    session.execute(
        delete(OutgoingMail).where(
            OutgoingMail.key.startswith(_stem(proposal), autoescape=True), OutgoingMail.state == "new",
            OutgoingMail.tries == 0,
        )
    )  # fmt: skip


def _approvers(session: Session, proposal: Proposal) -> Sequence[Person]:
    shelf = proposal.card.collection
    able = [
        person
        for person in active_people(session, at_least=Role.AUTHOR)
        if person.id != proposal.author_id and shelf.id in actor_for(session, person).curated
    ]
    steward = [person for person in able if person.id == shelf.steward_id]
    return steward or able


def _send(
    session: Session, proposal: Proposal, to: Person, subject: str, sentence: str, label: str, settings: Settings,
    now: datetime,
) -> None:  # fmt: skip
    greeting, url = _("Hello %(name)s,", name=first_name(to.name)), f"{settings.public_url}/reviews/{proposal.id}"
    text = f"{greeting} {sentence}\n\n{label}: {url}\n"
    html = _HTML.format(
        language=language(), subject=subject, greeting=greeting, sentence=sentence, url=url, label=label
    )
    key = f"{_stem(proposal)}{proposal.state}:{to.id}"
    chance = quiet_hours_of(session, to, settings).next_chance(now)
    enqueue(session, key, to.email, Letter(subject, text, str(html)), now, not_before=chance)


def _stem(proposal: Proposal) -> str:
    return f"proposal:{proposal.id}:"
