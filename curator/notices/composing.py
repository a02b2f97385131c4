"""What a person's notices come to in words: those that still hold, about cards the person may read at this moment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.notices.kinds import ASKED, ESCALATED, FOLLOW_THE_CARD, HEADINGS, NEVER_VERIFIED, NEWS, RANK, TALK
from curator.notices.models import Notice
from curator.notices.talk import comments_of, path_of, told_to, words_of_comment
from curator.reports.pages import DigestGroup, DigestItem
from kb.cards.models import Card
from kb.cards.queries import with_people
from kb.people.actor import active_actor
from kb.people.models import Person
from kb.sentences import told
from kb.trust.policy import Policy
from kb.trust.queries import trust_by_card
from kb.trust.state import Trust
from kb.wording import _, decimal, ngettext
from kb.words import joined

LONGEST_GROUP = 20
_STATES = {"due_soon", "overdue", "flagged", "unverified"}


@dataclass(frozen=True, slots=True)
class Told:
    """A notice that holds, with its card and one line about it."""

    notice: Notice
    card: Card
    words: str

    @property
    def path(self) -> str:
        """Where it leads."""
        return path_of(self.notice, self.card)


def holding(session: Session, person: Person, notices: Sequence[Notice], policy: Policy, now: datetime) -> list[Told]:
    """Those that hold, gravest first. Of several about one card, the gravest stands for all; and one comment."""
    actor = active_actor(session, person.id)
    if actor is None:
        return []
    seen = select(Notice.id).join(Card, Card.id == Notice.card_id).where(told_to(actor))
    kept = set(session.scalars(seen.where(Notice.id.in_([notice.id for notice in notices]))))
    notices = [notice for notice in notices if notice.id in kept]
    query = select(Card).where(Card.id.in_({notice.card_id for notice in notices})).options(*with_people())  # type: ignore[arg-type]
    cards = {card.id: card for card in session.scalars(query).unique()}
    trust = trust_by_card(session, [card for card in cards.values() if card.is_servable], policy, now)
    names, said = names_of(session, notices), comments_of(session, notices)
    found: list[Told] = []
    taken: set[tuple[int, bool]] = set()
    for notice in sorted(notices, key=lambda each: (RANK[each.kind], each.id)):
        card, place = cards.get(notice.card_id), (notice.card_id, notice.kind in TALK)
        if card is None or place in taken or not _holds(notice, card, trust.get(notice.card_id), person):
            continue
        taken.add(place)
        found.append(Told(notice, card, words_of(notice, trust.get(card.id), names, said)))
    return found


def grouped(told: Iterable[Told], public_url: str) -> tuple[DigestGroup, ...]:
    """Under the headings of their kinds."""
    items: dict[str, list[DigestItem]] = {}
    for each in told:
        item = DigestItem(each.card.title, public_url + each.path, each.words)
        items.setdefault(each.notice.kind, []).append(item)
    return tuple(_group(_(HEADINGS[kind]), found) for kind, found in items.items())


def summary(told: Sequence[Told]) -> str:
    """ "2 cards wait for your check and there is news of 1 card"."""
    waiting = sum(each.notice.kind in FOLLOW_THE_CARD or each.notice.kind == ESCALATED for each in told)
    talk = sum(each.notice.kind in TALK for each in told)
    news = len(told) - waiting - talk
    parts = [
        (waiting, ngettext("%(num)s card waits for your check", "%(num)s cards wait for your check", waiting)),
        (news, ngettext("there is news of %(num)s card", "there is news of %(num)s cards", news)),
        (talk, ngettext("there is %(num)s comment for you", "there are %(num)s comments for you", talk)),
    ]
    words = joined([sentence for number, sentence in parts if number])
    return words[:1].upper() + words[1:]


def _holds(notice: Notice, card: Card, trust: Trust | None, person: Person) -> bool:
    if notice.kind in NEWS or notice.kind in TALK:
        return True
    if trust is None:
        return False  # archived or replaced: nobody has to do anything about it
    if notice.kind in FOLLOW_THE_CARD and card.assignee_id != person.id:
        return False
    if notice.kind == NEVER_VERIFIED:
        return card.verified_at is None
    if notice.kind in _STATES:
        return notice.kind == trust.state
    return card.verified_at is None or card.verified_at < notice.at


def words_of(notice: Notice, trust: Trust | None, names: Mapping[int, str], said: Mapping[int, str]) -> str:
    """One line about the card, under the heading of the notice's kind."""
    if notice.kind in TALK:
        return words_of_comment(notice, names, said)
    if notice.kind == ASKED:
        return f"{names.get(notice.by_id or 0) or _('Somebody')}: {told(notice.detail)}"
    if notice.detail:
        return told(notice.detail)
    if notice.kind in NEWS or trust is None:
        by = names.get(notice.by_id or 0)
        return _("By %(name)s.", name=by) if by else ""
    return trust.reasons[0].detail


def names_of(session: Session, notices: Iterable[Notice]) -> dict[int, str]:
    """Who caused them, by number."""
    ids = {notice.by_id for notice in notices if notice.by_id is not None}
    return dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(ids))).all()) if ids else {}


def _group(heading: str, items: list[DigestItem]) -> DigestGroup:
    rest = len(items) - LONGEST_GROUP
    return DigestGroup(
        heading, tuple(items[:LONGEST_GROUP]), _("and %(number)s more", number=decimal(rest)) if rest > 0 else ""
    )
