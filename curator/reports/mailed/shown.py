"""The page behind a link in a mail: the card, what changed, what was reported; or why the link no longer holds."""

from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from curator.queue.boxes import boxes_of
from curator.queue.evidence import evidence_of
from curator.reports.mailed.commands import Followed, LinkState
from curator.reports.mailed.links import CheckLink
from curator.reports.mailed.pages import CheckPage, MailedCard
from kb.cards.models import Card
from kb.people.actor import Actor
from kb.trust.policy import Policy
from kb.trust.queries import trust_of_card
from kb.trust.shown import strip
from kb.web.parts import Field
from kb.words import Words, count

_WHY = {
    LinkState.WITHDRAWN: "You can't check this card any more: it or your account has changed since the mail was sent.",
    LinkState.EXPIRED: "It was valid for {days} after the mail was sent.",
    LinkState.USED: "{by} verified version {used} of the card on {day}, after the mail was sent.",
    LinkState.CHANGED: "It was made for version {link} of the card, which is at version {now} now. Read it again.",
}
_HEADINGS = {
    LinkState.WITHDRAWN: "This link was withdrawn",
    LinkState.EXPIRED: "This link has expired",
    LinkState.USED: "This link was used, or is not needed any more",
    LinkState.CHANGED: "The card has changed since the mail was sent",
}


def check_page(
    session: Session, link: CheckLink, signed: str, followed: Followed, policy: Policy, now: datetime, note: Field
) -> CheckPage:
    """The page. Only a link that holds shows anything of the card."""
    if followed.state is LinkState.OPEN and followed.card is not None and followed.actor is not None:
        actor, card = followed.actor, followed.card
        sentence = f"Read it, then say whether it is still correct. The link is {actor.name}'s alone: don't pass it on."
        shown = _card(session, actor, card, link, signed, Words(now, policy.zone), policy, note)
        return CheckPage(f"Is this still correct, {actor.name}?", sentence, _queue(link), shown)
    return CheckPage(_HEADINGS[followed.state], _why(link, followed, Words(now, policy.zone)), _queue(link))


def done_page(card: Card, due: datetime | None, policy: Policy, now: datetime) -> CheckPage:
    """After the check."""
    following = f" The next check is on {Words(now, policy.zone).full_day(due)}." if due is not None else ""
    return CheckPage("Verified", f"“{card.title}” is verified.{following} Thank you.", "/verify")


def _queue(link: CheckLink) -> str:
    return f"/verify?card={link.card_id}"


def _why(link: CheckLink, followed: Followed, words: Words) -> str:
    used, card = followed.used, followed.card
    return _WHY[followed.state].format(
        days=count(link.hours // 24, "day"),
        used=used.version if used else "",
        by="You" if used and used.actor_id == link.person_id else "Somebody else",
        day=words.full_day(used.at) if used else "",
        link=link.version,
        now=card.version if card else "",
    )


def _card(
    session: Session, actor: Actor, card: Card, link: CheckLink, signed: str, words: Words, policy: Policy, note: Field
) -> MailedCard:
    facts = evidence_of(session, actor, card, words.now)
    trust = trust_of_card(session, card, policy, words.now)
    return MailedCard(
        title=card.title,
        collection=card.collection.name,
        html=Markup(card.html),  # noqa: S704  (sanitised when it was rendered)
        strip=strip(card, trust, words, with_reasons=False),
        evidence=boxes_of(facts, words),
        changes=facts.changes,
        action=f"/check/{signed}",
        until=words.full_day(link.expires_at),
        note_needed=facts.note_needed,
        note=note,
    )
