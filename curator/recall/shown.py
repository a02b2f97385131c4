"""The pages of recalls in ready words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.recall.commands import can_be_told
from curator.recall.pages import NoticeRow, NoticesPage, ReachedRow, RecallPage, RecallRow
from curator.recall.reach import Reach, Reached, Wrong
from curator.recall.receipts import Notice, RecallState, Receipt
from kb.cards.models import Card, Revision, Status
from kb.cards.queries import card_path
from kb.people.actor import Actor
from kb.people.models import Person
from kb.web.parts import Choice, Field, Link, Option
from kb.wording import N_, _, ngettext
from kb.words import Words, count, joined

LISTED = 200
_WAYS = {"shown": N_("was given it"), "view": N_("opened it"), "copy": N_("copied it")}


def blank_page(session: Session, card: Card, wrong: Wrong | None, words: Words) -> RecallPage:
    """The page with what was wrong, and nobody counted yet."""
    revisions = session.execute(
        select(Revision.number, Revision.at).where(Revision.card_id == card.id).order_by(Revision.number.desc())
    ).all()
    dated = [
        (str(number), _("Version %(number)s, %(when)s", number=number, when=words.exact(at)))
        for number, at in revisions
    ]
    last = str(wrong.last_version) if wrong else ""
    suggested = _("As far as is known: since %(when)s", when=words.exact(wrong.since)) if wrong else _("Not known")
    return RecallPage(
        title=card.title,
        card_url=card_path(card),
        crumbs=(Link(card.collection.name, f"/collections/{card.collection.slug}"),),
        action=f"/cards/{card.id}/recall",
        sentence=_sentence(card, wrong, words),
        since=Field(hint=_("Empty: since the first wrong version was written. Else at this time or later.")),
        zone=words.zone.key,
        first=Choice((Option("", suggested), *(Option(value, label) for value, label in reversed(dated)))),
        last=Choice(tuple(Option(value, label, value == last) for value, label in dated)),
    )


def recall_page(
    session: Session, actor: Actor, card: Card, wrong: Wrong, reach: Reach, states: Sequence[RecallState],
    words: Words, typed: Field | None = None,
) -> RecallPage:  # fmt: skip
    """Who saw the wrong versions, the form that tells them, and how earlier recalls stand."""
    told = _told_already(wrong, states)
    waiting = [each for each in reach.people if each.person_id not in told and each.person_id != actor.id]
    people = {person.id: person for person in session.scalars(
        select(Person).where(Person.id.in_([each.person_id for each in reach.people])))}  # fmt: skip
    rows = tuple(_reached(session, actor, card, each, people, told, words) for each in reach.people[:LISTED])
    more = len(reach.people) - len(rows)
    fields = (("first", str(wrong.first_version)), ("last", str(wrong.last_version)),
              ("since", wrong.since.isoformat()))  # fmt: skip
    return replace(
        blank_page(session, card, wrong, words),
        numbers=_numbers(reach),
        people=rows,
        more_words=ngettext("And %(num)s more person.", "And %(num)s more people.", more) if more else "",
        fields=fields,
        words=typed or Field(_suggested(session, card, wrong, words)),
        step=ngettext("Tell %(num)s person", "Tell %(num)s people", len(waiting)) if waiting else "",
        recalls=tuple(_recall(state, words) for state in states),
    )


def notices_page(notices: Sequence[Notice], words: Words) -> NoticesPage:
    """The corrections that the reader was told of."""
    return NoticesPage(tuple(_notice(each, words) for each in notices))


def _told_already(wrong: Wrong, states: Sequence[RecallState]) -> dict[int, Receipt]:
    same = [state for state in states if (state.recall.first_version, state.recall.last_version, state.recall.since)
            == (wrong.first_version, wrong.last_version, wrong.since)]  # fmt: skip
    return {receipt.person.id: receipt for state in same for receipt in state.receipts}


def _sentence(card: Card, wrong: Wrong | None, words: Words) -> str:
    if wrong is None:
        return _("Nothing was corrected yet: the card has one version, and it stands.")
    which = _("versions %(first)s to %(last)s", first=wrong.first_version, last=wrong.last_version)
    if wrong.first_version == wrong.last_version:
        which = _("version %(number)s", number=wrong.first_version)
    return _("Wrong: %(which)s, seen since %(when)s.", which=which, when=words.exact(wrong.since))


def _suggested(session: Session, card: Card, wrong: Wrong, words: Words) -> str:
    """What the teller may change before it is sent: a draft in the teller's language, one whole text per cause."""
    next_one = session.get(Revision, (card.id, wrong.last_version + 1))
    at: datetime | None
    if card.replaced_by_id is not None:
        what, at = _("“%(title)s” was replaced by another card on %(day)s."), card.updated_at
    elif card.status == Status.ARCHIVED:
        what, at = _("“%(title)s” was withdrawn on %(day)s."), card.archived_at
    elif next_one is not None:
        what, at = _("“%(title)s” was corrected on %(day)s."), next_one.at
    else:
        what, at = _("“%(title)s” is in doubt since %(day)s."), card.unverified_at
    if at is None:
        what = _("“%(title)s” is in doubt.")
    advice = _("What you saw was wrong. Please check what you told customers since, and use the card as it is now.")
    return f"{what % {'title': card.title, 'day': words.full_day(at) if at else ''}} {advice}"


def _numbers(reach: Reach) -> tuple[tuple[str, str], ...]:
    everybody = count(len(reach.people), "person", "people")
    rows = [
        (_("Saw it"), everybody),
        (_("Copied it"), str(reach.in_way("copy"))),
        (_("Opened it"), str(reach.in_way("view"))),
        (_("Were given it as an answer"), str(reach.in_way("shown"))),
    ]
    if reach.forgotten:
        rows.append((_("Seen by people who are not known any more"), count(reach.forgotten, "record")))
    return tuple(rows)


def _reached(
    session: Session, actor: Actor, card: Card, each: Reached, people: Mapping[int, Person],
    told: Mapping[int, Receipt], words: Words,
) -> ReachedRow:  # fmt: skip
    person = people[each.person_id]
    ways = joined([_(_WAYS[kind]) for kind in ("shown", "view", "copy") if kind in each.kinds])
    said = _(
        "%(ways)s: version %(version)s, last %(when)s",
        ways=ways[0].upper() + ways[1:], version=each.version, when=words.exact(each.last_at),
    )  # fmt: skip
    receipt = told.get(each.person_id)
    if receipt is not None:
        return ReachedRow(person.name, said, _receipt_words(receipt, words))
    if each.person_id == actor.id:
        return ReachedRow(person.name, said, _("You"))
    return ReachedRow(person.name, said, "" if can_be_told(session, person, card) else _("Can't read it any more"))


def _recall(state: RecallState, words: Words) -> RecallRow:
    recall, told = state.recall, state.told
    hidden = (
        ngettext("; %(num)s other can't read it any more", "; %(num)s others can't read it any more", state.hidden)
        if state.hidden
        else ""
    )
    is_waiting = state.seen < len(told)
    return RecallRow(
        heading=_("Told by %(name)s, %(when)s", name=state.by, when=words.exact(recall.at)),
        words=recall.words,
        summary=_("%(seen)s of %(number)s have seen it%(hidden)s.", seen=state.seen, number=len(told), hidden=hidden),
        receipts=tuple(ReachedRow(each.person.name, _receipt_words(each, words)) for each in told),
        remind_action=f"/recalls/{recall.id}/reminder" if is_waiting and recall.reminded_at is None else "",
        reminded=_("Reminded %(when)s", when=words.exact(recall.reminded_at)) if recall.reminded_at else "",
    )


def _receipt_words(receipt: Receipt, words: Words) -> str:
    if not receipt.is_told:
        return _("Can't read it any more")
    return _("Seen %(when)s", when=words.exact(receipt.seen_at)) if receipt.seen_at else _("Told, not seen yet")


def _notice(notice: Notice, words: Words) -> NoticeRow:
    return NoticeRow(
        title=notice.card.title,
        url=card_path(notice.card),
        words=notice.words,
        when=words.exact(notice.at),
        seen=_("Seen %(when)s", when=words.exact(notice.seen_at)) if notice.seen_at else "",
        seen_action="" if notice.seen_at else f"/recalls/{notice.recall_id}/receipt",
    )
