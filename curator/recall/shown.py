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
from kb.words import Words, count, joined

LISTED = 200
_WAYS = {"shown": "was given it", "view": "opened it", "copy": "copied it"}


def blank_page(session: Session, card: Card, wrong: Wrong | None, words: Words) -> RecallPage:
    """The page with what was wrong, and nobody counted yet."""
    revisions = session.execute(
        select(Revision.number, Revision.at).where(Revision.card_id == card.id).order_by(Revision.number.desc())
    ).all()
    dated = [(str(number), f"Version {number}, {words.exact(at)}") for number, at in revisions]
    last = str(wrong.last_version) if wrong else ""
    suggested = f"As far as is known: since {words.exact(wrong.since)}" if wrong else "Not known"
    return RecallPage(
        title=card.title,
        card_url=card_path(card),
        crumbs=(Link(card.collection.name, f"/collections/{card.collection.slug}"),),
        action=f"/cards/{card.id}/recall",
        sentence=_sentence(card, wrong, words),
        since=Field(hint="Empty: since the first wrong version was written. Else at this time or later."),
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
        more_words=f"And {count(more, 'more person', 'more people')}." if more else "",
        fields=fields,
        words=typed or Field(_suggested(session, card, wrong, words)),
        step=f"Tell {count(len(waiting), 'person', 'people')}" if waiting else "",
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
        return "Nothing was corrected yet: the card has one version, and it stands."
    which = f"version {wrong.first_version}" if wrong.first_version == wrong.last_version else (
        f"versions {wrong.first_version} to {wrong.last_version}")  # fmt: skip
    return f"Wrong: {which}, seen since {words.exact(wrong.since)}."


def _suggested(session: Session, card: Card, wrong: Wrong, words: Words) -> str:
    next_one = session.get(Revision, (card.id, wrong.last_version + 1))
    at: datetime | None
    if card.replaced_by_id is not None:
        what, at = "was replaced by another card", card.updated_at
    elif card.status == Status.ARCHIVED:
        what, at = "was withdrawn", card.archived_at
    elif next_one is not None:
        what, at = "was corrected", next_one.at
    else:
        what, at = "is in doubt", card.unverified_at
    since = f" {'since' if what.startswith('is') else 'on'} {words.full_day(at)}" if at else ""
    return (
        f"“{card.title}” {what}{since}. What you saw was wrong. "
        "Please check what you told customers since, and use the card as it is now."
    )


def _numbers(reach: Reach) -> tuple[tuple[str, str], ...]:
    everybody = count(len(reach.people), "person", "people")
    rows = [("Saw it", everybody), ("Copied it", str(reach.in_way("copy"))), ("Opened it", str(reach.in_way("view"))),
            ("Were given it as an answer", str(reach.in_way("shown")))]  # fmt: skip
    if reach.forgotten:
        rows.append(("Seen by people who are not known any more", count(reach.forgotten, "record")))
    return tuple(rows)


def _reached(
    session: Session, actor: Actor, card: Card, each: Reached, people: Mapping[int, Person],
    told: Mapping[int, Receipt], words: Words,
) -> ReachedRow:  # fmt: skip
    person = people[each.person_id]
    ways = joined([_WAYS[kind] for kind in ("shown", "view", "copy") if kind in each.kinds])
    said = f"{ways[0].upper()}{ways[1:]}: version {each.version}, last {words.exact(each.last_at)}"
    receipt = told.get(each.person_id)
    if receipt is not None:
        return ReachedRow(person.name, said, _receipt_words(receipt, words))
    if each.person_id == actor.id:
        return ReachedRow(person.name, said, "You")
    return ReachedRow(person.name, said, "" if can_be_told(session, person, card) else "Can't read it any more")


def _recall(state: RecallState, words: Words) -> RecallRow:
    recall, told = state.recall, state.told
    hidden = f"; {count(state.hidden, 'other')} can't read it any more" if state.hidden else ""
    is_waiting = state.seen < len(told)
    return RecallRow(
        heading=f"Told by {state.by}, {words.exact(recall.at)}",
        words=recall.words,
        summary=f"{state.seen} of {len(told)} have seen it{hidden}.",
        receipts=tuple(ReachedRow(each.person.name, _receipt_words(each, words)) for each in told),
        remind_action=f"/recalls/{recall.id}/reminder" if is_waiting and recall.reminded_at is None else "",
        reminded=f"Reminded {words.exact(recall.reminded_at)}" if recall.reminded_at else "",
    )


def _receipt_words(receipt: Receipt, words: Words) -> str:
    if not receipt.is_told:
        return "Can't read it any more"
    return f"Seen {words.exact(receipt.seen_at)}" if receipt.seen_at else "Told, not seen yet"


def _notice(notice: Notice, words: Words) -> NoticeRow:
    return NoticeRow(
        title=notice.card.title,
        url=card_path(notice.card),
        words=notice.words,
        when=words.exact(notice.at),
        seen=f"Seen {words.exact(notice.seen_at)}" if notice.seen_at else "",
        seen_action="" if notice.seen_at else f"/recalls/{notice.recall_id}/receipt",
    )
