"""The page behind a link in a mail: the card, what changed, what was reported; or why the link no longer holds."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from curator.queue.boxes import boxes_of
from curator.queue.evidence import evidence_of
from curator.reports.mailed.commands import Followed, LinkState
from curator.reports.mailed.links import CheckLink
from curator.reports.mailed.pages import CheckPage, MailedCard
from kb.cards.models import Card
from kb.cards.queries import card_path
from kb.people.actor import Actor
from kb.trust.policy import Policy
from kb.trust.queries import trust_of_card
from kb.trust.reading import Piece, write_note
from kb.trust.shown import badge
from kb.trust.state import Trust
from kb.web.parts import Field, Strip
from kb.wording import N_, _
from kb.words import Words, count

_WHY = {
    LinkState.WITHDRAWN: N_(
        "You can't check this card any more: it or your account has changed since the mail was sent."
    ),
    LinkState.EXPIRED: N_("It was valid for %(days)s after the mail was sent."),
    LinkState.USED: N_("%(name)s verified version %(used)s of the card on %(day)s, after the mail was sent."),
    LinkState.CHANGED: N_(
        "It was made for version %(link)s of the card, which is at version %(now)s now. Read it again."
    ),
}
_HEADINGS = {
    LinkState.WITHDRAWN: N_("This link was withdrawn"),
    LinkState.EXPIRED: N_("This link has expired"),
    LinkState.USED: N_("This link was used, or is not needed any more"),
    LinkState.CHANGED: N_("The card has changed since the mail was sent"),
}


@dataclass(frozen=True, slots=True)
class Visit:
    """A link that was opened: as it stands in the address, as it reads, and what was typed on its page before."""

    signed: str
    link: CheckLink
    secret: bytes
    note: Field


def check_page(session: Session, visit: Visit, followed: Followed, policy: Policy, now: datetime) -> CheckPage:
    """The page. Only a link that holds shows anything of the card."""
    link = visit.link
    if followed.state is LinkState.OPEN and followed.card is not None and followed.actor is not None:
        actor, card = followed.actor, followed.card
        sentence = _(
            "Read it, then say whether it is still correct. The link is %(name)s's alone: don't pass it on.",
            name=actor.name,
        )
        shown = _card(session, actor, card, visit, Words(now, policy.zone), policy)
        return CheckPage(_("Is this still correct, %(name)s?", name=actor.name), sentence, _queue(link), shown)
    return CheckPage(_(_HEADINGS[followed.state]), _why(link, followed, Words(now, policy.zone)), _queue(link))


def done_page(card: Card, due: datetime | None, policy: Policy, now: datetime) -> CheckPage:
    """After the check."""
    said = [_("“%(title)s” is verified.", title=card.title)]
    if due is not None:
        said.append(_("The next check is on %(day)s.", day=Words(now, policy.zone).full_day(due)))
    return CheckPage(_("Verified"), " ".join([*said, _("Thank you.")]), "/verify")


def _queue(link: CheckLink) -> str:
    return f"/verify?card={link.card_id}"


def _why(link: CheckLink, followed: Followed, words: Words) -> str:
    used, card = followed.used, followed.card
    return _(
        _WHY[followed.state],
        days=count(link.hours // 24, "day"),
        used=used.version if used else "",
        name=_("You") if used and used.actor_id == link.person_id else _("Somebody else"),
        day=words.full_day(used.at) if used else "",
        link=link.version,
        now=card.version if card else "",
    )


def _strip(trust: Trust, words: Words) -> Strip:
    """What is the matter, for who decides about it; readers are told whom to ask instead."""
    mark = badge(trust, words)
    said = f"{mark.words} {mark.detail}".strip()
    if trust.verified_at is None:
        return Strip(mark.state, said)
    by = trust.verified_by or _("an import")
    return Strip(
        mark.state, said, _("Last verified by %(name)s, %(day)s.", name=by, day=words.full_day(trust.verified_at))
    )


def _card(session: Session, actor: Actor, card: Card, visit: Visit, words: Words, policy: Policy) -> MailedCard:
    facts = evidence_of(session, actor, card, words.now)
    trust = trust_of_card(session, card, policy, words.now)
    boxes = boxes_of(facts, words, card_path(card))
    pieces = [Piece(box.key, box.kind, box.words) for box in boxes]
    if facts.changes:
        pieces.append(
            Piece("changes", "changes", _("What changed since version %(version)s", version=facts.verified_version))
        )
    return MailedCard(
        title=card.title,
        collection=card.collection.name,
        html=Markup(card.html),  # noqa: S704  (sanitised when it was rendered)
        strip=_strip(trust, words),
        evidence=boxes,
        changes=facts.changes,
        action=f"/check/{visit.signed}",
        reading=write_note(visit.secret, actor.id, card.id, card.version, pieces, facts.last_flag, words.now),
        until=words.full_day(visit.link.expires_at),
        note_needed=facts.note_needed,
        note=visit.note,
    )
