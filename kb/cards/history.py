"""A card's history: everything that happened to it, newest first, and what two versions say differently."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards.models import Card, Revision
from kb.cards.permissions import Right, may
from kb.cards.queries import card_path, revisions_of
from kb.people.actor import Actor
from kb.people.models import AuditEntry, Person
from kb.sentences import told
from kb.text.diff import DiffLine, diff
from kb.trust.models import Flag, Verification
from kb.trust.notes import note_words
from kb.trust.queries import verifications_of
from kb.web.pages import (
    DiffPage,
    EventRow,
    HistoryEntry,
    HistoryPage,
)  # fmt: skip
from kb.web.parts import Choice, Link, Option
from kb.wording import N_, _, decimal, ngettext
from kb.words import Words

_VERDICTS = {
    "undo": N_("check undone"),
    "import": N_("verified before it was imported"),
    "archived": N_("checked, and archived"),
}
_DONE = {
    "published": ("edit", N_("Published")),
    "archived": ("archive", N_("Archived")),
    "restored": ("archive", N_("Restored")),
    "owner": ("person", N_("Owner changed")),
    "verifiers": ("person", N_("Verifiers changed")),
    "interval": ("edit", N_("Interval changed")),
    "next_check": ("edit", N_("Next check moved")),
    "template": ("edit", N_("Template changed")),
    "first_check": ("edit", N_("First check planned")),
    "approved": ("edit", N_("Approved")),
    "escalated": ("person", N_("Moved on, because nobody acted on it")),
}


def history_events(session: Session, card: Card, words: Words) -> tuple[EventRow, ...]:
    """What happened to the card, newest first, short."""
    return tuple(
        EventRow(e.kind, e.words, f"{e.by}, {words.day(at)}", e.strong, e.diff_url)
        for at, e in _entries(session, card, words)
    )


def history_page(session: Session, actor: Actor, card: Card, words: Words) -> HistoryPage:
    """The whole history."""
    revisions = revisions_of(session, card)
    options = [Option(str(r.number), _("Version %(number)s", number=r.number)) for r in revisions]
    older = str(max(card.version - 1, 1))
    return HistoryPage(
        title=card.title,
        card_url=card_path(card),
        crumbs=(Link(card.collection.name, f"/collections/{card.collection.slug}"),),
        scopes=(),
        entries=tuple(entry for _, entry in _entries(session, card, words)),
        compare_url=f"/cards/{card.id}/diff",
        compare_from=Choice(tuple(Option(o.value, o.label, o.value == older) for o in options)),
        compare_to=Choice(tuple(Option(o.value, o.label, o.value == str(card.version)) for o in options)),
        audit_url=f"/cards/{card.id}/audit" if may(actor, Right.AUDIT, card) else "",
    )


def diff_page(actor: Actor, card: Card, old: Revision, new: Revision, words: Words) -> DiffPage:
    """Two revisions compared, with the way back to the older one."""
    lines = diff_lines(f"{old.title}\n\n{old.body}", f"{new.title}\n\n{new.body}")
    removed, added = (sum(line.kind == kind for line in lines) for kind in ("removed", "added"))
    can_restore = old.number != card.version and may(actor, Right.EDIT, card)
    return DiffPage(
        title=card.title,
        card_url=card_path(card),
        history_url=f"/cards/{card.id}/history",
        crumbs=(Link(card.collection.name, f"/collections/{card.collection.slug}"),),
        from_words=_("version %(number)s", number=old.number),
        to_words=_("version %(number)s", number=new.number),
        summary=ngettext(
            "%(num)s line added, %(removed)s removed.",
            "%(num)s lines added, %(removed)s removed.",
            added,
            removed=removed,
        ),
        lines=lines,
        restore_action=f"/cards/{card.id}/restore" if can_restore else "",
        restore_words=_("Restore version %(number)s", number=old.number),
        revision=old.number,
        version=card.version,
    )


def diff_lines(old: str, new: str) -> tuple[DiffLine, ...]:
    """The comparison as the templates take it; empty when nothing differs."""
    return tuple(diff(old, new)) if old != new else ()


def _entries(session: Session, card: Card, words: Words) -> list[tuple[datetime, HistoryEntry]]:
    found = [*_revision_entries(session, card), *_verification_entries(session, card), *_flag_entries(session, card),
             *_audit_entries(session, card)]  # fmt: skip
    found.sort(key=lambda pair: pair[0], reverse=True)
    return [(at, _dated(entry, at, words)) for at, entry in found]


def _dated(entry: HistoryEntry, at: datetime, words: Words) -> HistoryEntry:
    return HistoryEntry(
        entry.kind,
        entry.words,
        entry.by,
        words.day(at),
        words.exact(at),
        entry.strong,
        entry.note,
        entry.url,
        entry.diff_url,
    )


def _revision_entries(session: Session, card: Card) -> Sequence[tuple[datetime, HistoryEntry]]:
    entries = []
    for r in revisions_of(session, card):
        said = told(r.note) or (_("written") if r.number == 1 else _("edited")) + (_(", minor") if r.is_minor else "")
        url = f"/cards/{card.id}/diff?from={r.number - 1}&to={r.number}" if r.number > 1 else ""
        by = r.author.name if r.author else _("Import")
        entries.append(
            (r.at, HistoryEntry("edit", said, by, "", "", _("Version %(number)s", number=r.number), "", "", url))
        )
    return entries


def _verification_entries(session: Session, card: Card) -> Sequence[tuple[datetime, HistoryEntry]]:
    records = verifications_of(session, card.id)
    names = _names(session, [record.actor_id for record in records])
    return [
        (
            r.at,
            HistoryEntry(
                "verified" if r.verdict == "verified" else "unverified",
                _came_to(r),
                names.get(r.actor_id or 0, _("Import")),
                "",
                "",
                _("Version %(version)s", version=r.version),
                note_words(r.note),
            ),
        )
        for r in records
    ]


def _came_to(record: Verification) -> str:
    if record.batch_size > 1:
        return _("verified in a batch of %(number)s", number=decimal(record.batch_size))
    if record.outcome == "corrected" and record.basis not in _VERDICTS:
        return _("corrected and verified")
    return _(_VERDICTS.get(record.basis, record.verdict))


def _flag_entries(session: Session, card: Card) -> Sequence[tuple[datetime, HistoryEntry]]:
    entries = []
    for flag in session.scalars(select(Flag).where(Flag.card_id == card.id)):
        by = flag.raised_by.name if flag.raised_by else "Vitrine"
        entries.append(
            (flag.raised_at, HistoryEntry("flag", _("Flagged: %(words)s", words=told(flag.detail)), by, "", ""))
        )
        if flag.resolved_at is not None:
            name = _names(session, [flag.resolved_by_id]).get(flag.resolved_by_id or 0, "Vitrine")
            entries.append((flag.resolved_at, HistoryEntry("comment", _("Report resolved"), name, "", "", "",
                                                           told(flag.resolution or ""))))  # fmt: skip
    return entries


def _audit_entries(session: Session, card: Card) -> Sequence[tuple[datetime, HistoryEntry]]:
    rows = session.scalars(
        select(AuditEntry).where(AuditEntry.subject == "card", AuditEntry.subject_id == card.id)
    ).all()
    names = _names(session, [row.actor_id for row in rows])
    return [
        (row.at, HistoryEntry(_DONE[row.action][0], _(_DONE[row.action][1]),  # type: ignore[arg-type]
                              names.get(row.actor_id or 0, "Vitrine"), "", ""))
        for row in rows if row.action in _DONE
    ]  # fmt: skip


def _names(session: Session, ids: Sequence[int | None]) -> dict[int, str]:
    wanted = [person_id for person_id in ids if person_id is not None]
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return dict(rows.all())
