"""The queue's page in ready words: groups of rows, the open card with its evidence, progress and score."""

from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from curator.duplicates.pending import count_pairs
from curator.pages import Evidence, QueueCard, QueueGroup, QueuePage, QueueRow
from curator.queue.commands import MOST_TIMES, able_people
from curator.queue.evidence import Evidence as Facts
from curator.queue.evidence import evidence_of
from curator.queue.models import Snooze
from curator.queue.queue import Queue, Scope, Section, Waiting, next_deadline
from curator.reports.words import percent
from kb.cards.models import Card
from kb.cards.permissions import Right, may
from kb.cards.queries import card_path
from kb.people.actor import Actor
from kb.trust.models import Flag
from kb.trust.policy import Policy
from kb.trust.shown import FLAG_WORDS, reason_summary, strip
from kb.web.parts import Chip, Choice, Field, Link, Option
from kb.words import Words, count

_LABELS = {
    Section.FLAGGED: "Flagged by people or sources",
    Section.OVERDUE: "Overdue",
    Section.DUE_THIS_WEEK: "Due this week",
    Section.DUE_SOON: "Due soon",
    Section.NEVER_VERIFIED: "Never verified",
    Section.EDITED: "Edited since the check",
}
_SCOPES = {Scope.MINE: "Mine", Scope.GROUP: "My groups", Scope.ALL: "All"}
_LATER = (Option("1", "Tomorrow"), Option("3", "In 3 days"), Option("7", "In a week"))


def queue_page(
    session: Session, actor: Actor, queue: Queue, card_id: int | None, policy: Policy, now: datetime, note: Field
) -> QueuePage:
    """The queue with one card open: the asked one if it waits, else the first. `note` is what was typed before."""
    words = Words(now, policy.zone)
    place = next((index for index, row in enumerate(queue.rows) if row.card.id == card_id), 0)
    current = queue.rows[place] if queue.rows else None
    done, total = len(queue.done), len(queue.done) + queue.total
    return QueuePage(
        heading="Verify your cards",
        summary=_summary(queue),
        scope=queue.scope.value,
        scopes=_scopes(actor, queue),
        pairs=_pairs(session, actor),
        groups=_groups(queue, current, words),
        card=_open_card(session, actor, queue, place, policy, words, note) if current else None,
        done_words=f"{done:,} of {total:,} done" if total else "",
        done_percent=round(100 * done / total) if total else 0,
        score_words=_score(queue),
        empty_words="Nothing to check.",
        empty_more=_next_words(session, actor, policy, now, words),
    )


def address(scope: str, card_id: int | None = None) -> str:
    """Where the queue shows this card."""
    return f"/verify?scope={scope}" + (f"&card={card_id}" if card_id is not None else "")


def _summary(queue: Queue) -> str:
    if not queue.total:
        return "Nothing waits here."
    return f"{queue.total:,} to check, most used first. About {count(queue.minutes, 'minute')}."


def _scopes(actor: Actor, queue: Queue) -> tuple[Chip, ...]:
    shown = [Scope.MINE, *([Scope.GROUP] if actor.group_ids else []), *([Scope.ALL] if actor.curated else [])]
    return tuple(Chip(_SCOPES[s], address(s), s is queue.scope, f"{queue.counts[s]:,}") for s in shown)


def _pairs(session: Session, actor: Actor) -> Chip | None:
    number = count_pairs(session, actor)
    return Chip("Near-duplicates", "/duplicates", count=f"{number:,}") if number else None


def _groups(queue: Queue, current: Waiting | None, words: Words) -> tuple[QueueGroup, ...]:
    groups = []
    for section, label in _LABELS.items():
        rows = tuple(_row(row, queue.scope, row is current, words) for row in queue.section(section))
        if rows:
            groups.append(QueueGroup(label, f"{len(rows):,}", rows))
    done = tuple(QueueRow(card.title, card_path(card), "verified", "Verified", "", is_done=True) for card in queue.done)
    return (*groups, QueueGroup("Done today", f"{len(done):,}", done)) if done else tuple(groups)


def _row(row: Waiting, scope: Scope, is_current: bool, words: Words) -> QueueRow:
    views = f"{row.impressions:,}" if row.impressions else ""
    url, reason = address(scope, row.card.id), reason_summary(row.trust, words)
    return QueueRow(row.card.title, url, row.trust.state.value, reason, views, is_current)


def _open_card(
    session: Session, actor: Actor, queue: Queue, place: int, policy: Policy, words: Words, note: Field
) -> QueueCard:
    row = queue.rows[place]
    card = row.card
    facts = evidence_of(session, actor, card, words.now)
    before = queue.rows[place - 1].card.id if place else None
    after = queue.rows[place + 1].card.id if place + 1 < len(queue.rows) else None
    return QueueCard(
        title=card.title,
        url=card_path(card),
        crumbs=(Link(card.collection.name, f"/collections/{card.collection.slug}"),),
        html=Markup(card.html),  # noqa: S704  (sanitised when it was rendered)
        strip=strip(card, row.trust, words, with_reasons=False),
        version=card.version,
        evidence=_evidence(facts, words),
        changes_heading="What changed since the last check",
        changes=facts.changes,
        verify_action=f"/verify/{card.id}",
        edit_url=f"/cards/{card.id}/edit" if may(actor, Right.EDIT, card) else card_path(card),
        reassign_action=f"/verify/{card.id}/reassign",
        reassign_to=_others(session, actor, card),
        later_action=f"/verify/{card.id}/later",
        later=_later(session, actor, card),
        note_needed=facts.note_needed,
        note=note,
        previous_url=address(queue.scope, before) if before else "",
        next_url=address(queue.scope, after) if after else "",
    )


def _evidence(facts: Facts, words: Words) -> tuple[Evidence, ...]:
    boxes = tuple(_report(flag, words) for flag in facts.reports)
    if not facts.impressions:
        return boxes
    return (*boxes, Evidence("If this is wrong", f"{count(facts.impressions, 'view')} a month show it"))


def _report(flag: Flag, words: Words) -> Evidence:
    if flag.kind == "reported":
        by = flag.raised_by.name if flag.raised_by else "somebody"
        return Evidence(f"Reported by {by}, {words.day(flag.raised_at)}", f"“{flag.detail}”", flag.url or "")
    label = FLAG_WORDS.get(flag.kind, "Reported")
    return Evidence(f"{label}, {words.day(flag.raised_at)}", flag.detail, flag.url or "")


def _others(session: Session, actor: Actor, card: Card) -> Choice:
    if actor.id != card.assignee_id and not may(actor, Right.CURATE, card):
        return Choice(())
    people = [person for person in able_people(session, card) if person.id != card.assignee_id]
    return Choice(tuple(Option(str(person.id), person.name) for person in people))


def _later(session: Session, actor: Actor, card: Card) -> tuple[Option, ...]:
    snooze = session.get(Snooze, (card.id, actor.id))
    return () if snooze is not None and snooze.times >= MOST_TIMES else _LATER


def _score(queue: Queue) -> str:
    now, after = percent(queue.score_now), percent(queue.score_after)
    if not queue.rows or now == after:
        return ""
    return f"Trust score goes from {now} to {after} when you finish"


def _next_words(session: Session, actor: Actor, policy: Policy, now: datetime, words: Words) -> str:
    due = next_deadline(session, actor, policy, now)
    return f"The next one comes up on {words.day(due)}." if due is not None else ""
