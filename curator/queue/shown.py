"""The queue's page in ready words: groups of rows, the open card, progress and score."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from curator.duplicates.pending import count_pairs
from curator.pages import QueueGroup, QueuePage, QueueRow
from curator.queue.places import Section
from curator.queue.queue import Queue, Scope, Waiting, next_deadline
from curator.queue.sheet import Desk, address, open_card
from curator.reports.words import percent
from kb.card_templates.completeness import is_incomplete
from kb.cards.models import Card
from kb.cards.permissions import servable_to
from kb.cards.queries import card_path
from kb.people.actor import Actor
from kb.trust.shown import reason_summary
from kb.web.parts import Chip, Field
from kb.wording import N_, _, decimal, ngettext
from kb.words import Words, count

MOST_ROWS = 100
_LABELS = {
    Section.FLAGGED: N_("Flagged by people or sources"),
    Section.OVERDUE: N_("Overdue"),
    Section.DUE_THIS_WEEK: N_("Due this week"),
    Section.DUE_SOON: N_("Due soon"),
    Section.NEVER_VERIFIED: N_("Never verified"),
    Section.EDITED: N_("Edited since the check"),
    Section.WORTH_A_LOOK: N_("Worth a look, not due yet"),
}
_SCOPES = {Scope.MINE: N_("Mine"), Scope.GROUP: N_("My groups"), Scope.ALL: N_("All")}


def queue_page(
    session: Session, actor: Actor, queue: Queue, wanted: Sequence[int | None], desk: Desk, note: Field
) -> QueuePage:
    """The queue with one card open: the first of the wanted ones that waits, else the first of all. `note` is what was
    typed before."""
    waiting = {row.card.id: row for row in queue.rows}
    current = next((waiting[card_id] for card_id in wanted if card_id in waiting), next(iter(queue.rows), None))
    done, total = len(queue.done), len(queue.done) + queue.total
    return QueuePage(
        heading=_("Verify your cards"),
        summary=_summary(queue),
        scope=queue.scope.value,
        scopes=_scopes(actor, queue),
        pairs=_pairs(session, actor),
        incomplete=_incomplete(session, actor),
        quick=Chip(_("Quick series"), "/reports/checks") if actor.curated and queue.scope is Scope.ALL else None,
        groups=_groups(queue, current, desk.words),
        card=open_card(session, actor, queue, current, desk, note) if current else None,
        done_words=_("%(done)s of %(total)s done", done=decimal(done), total=decimal(total)) if total else "",
        done_percent=round(100 * done / total) if total else 0,
        score_words=_score(queue),
        empty_words=_("Nothing to check."),
        empty_more=_next_words(session, actor, desk),
    )


def _summary(queue: Queue) -> str:
    if not queue.total:
        nothing, number = _("Nothing is due here."), len(queue.order)
        look = ngettext("%(num)s card is worth a look.", "%(num)s cards are worth a look.", number)
        return f"{nothing} {look}" if number else nothing
    return ngettext(
        "%(total)s to check, most harmful first. About %(num)s minute.",
        "%(total)s to check, most harmful first. About %(num)s minutes.",
        queue.minutes, total=decimal(queue.total),
    )  # fmt: skip


def _scopes(actor: Actor, queue: Queue) -> tuple[Chip, ...]:
    shown = [Scope.MINE, *([Scope.GROUP] if actor.group_ids else []), *([Scope.ALL] if actor.curated else [])]
    return tuple(Chip(_(_SCOPES[s]), address(s), s is queue.scope, decimal(queue.counts[s])) for s in shown)


def _pairs(session: Session, actor: Actor) -> Chip | None:
    number = count_pairs(session, actor)
    return Chip(_("Near-duplicates"), "/duplicates", count=decimal(number)) if number else None


def _incomplete(session: Session, actor: Actor) -> Chip | None:
    """Answers without a part that their template asks for. Mending them is no check, so they are listed elsewhere."""
    mendable = (Card.template.is_not(None), Card.collection_id.in_(actor.writable), servable_to(actor))
    number = session.scalar(select(func.count()).select_from(Card).where(*mendable, is_incomplete())) or 0
    return Chip(_("Incomplete"), "/cards?incomplete=1", count=decimal(number)) if number else None


def _groups(queue: Queue, current: Waiting | None, words: Words) -> tuple[QueueGroup, ...]:
    groups = []
    for section, label in _LABELS.items():
        rows = tuple(_row(row, queue.scope, row is current, words) for row in queue.rows if row.section is section)
        if rows:
            groups.append(QueueGroup(_(label), decimal(queue.sizes[section]), rows))
    done = tuple(
        QueueRow(card.title, card_path(card), "verified", _("Verified"), "", is_done=True)
        for card in queue.done[:MOST_ROWS]
    )
    return (*groups, QueueGroup(_("Done today"), decimal(len(queue.done)), done)) if done else tuple(groups)


def _row(row: Waiting, scope: Scope, is_current: bool, words: Words) -> QueueRow:
    views = decimal(row.impressions) if row.impressions else ""
    reason, minutes = reason_summary(row.trust, words), count(row.assessment.minutes, "minute")
    if row.section is Section.WORTH_A_LOOK:
        reason = next(iter(row.assessment.reasons), reason)
    url = address(scope, row.card.id)
    return QueueRow(row.card.title, url, row.trust.state.value, reason, views, minutes, is_current)


def _score(queue: Queue) -> str:
    now, after = percent(queue.score_now), percent(queue.score_after)
    if not queue.rows or now == after:
        return ""
    return _("Trust score goes from %(now)s to %(after)s when you finish", now=now, after=after)


def _next_words(session: Session, actor: Actor, desk: Desk) -> str:
    due = next_deadline(session, actor, desk.policy, desk.now)
    return _("The next one comes up on %(day)s.", day=desk.words.day(due)) if due is not None else ""
