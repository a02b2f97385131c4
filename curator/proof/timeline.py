"""Everything that is on record about one card, newest first: what was done to it, and who saw which version when."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from curator.proof.words import change_words, check_words
from curator.recall.models import Recall
from kb.cards.models import Card, Replacement, Revision
from kb.past.records import records_of
from kb.past.replay import Records
from kb.past.trust import trust_at
from kb.people.models import AuditEntry, Named, Person
from kb.sentences import told
from kb.trust.models import Flag, Verification
from kb.trust.policy import Policy
from kb.use.models import Sighting
from kb.wording import N_, _

_SEEN = {
    "shown": N_("was given version %(version)s as an answer"),
    "view": N_("opened version %(version)s"),
    "copy": N_("copied version %(version)s"),
}


class Kind(StrEnum):
    """What an entry tells of."""

    REVISION = "revision"
    VERIFICATION = "verification"
    FLAG = "flag"
    RESOLUTION = "resolution"
    CHANGE = "change"
    REPLACEMENT = "replacement"
    RECALL = "recall"
    SIGHTING = "sighting"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `at` is a sighting's last time. `trust` is what its readers saw of the trust then."""

    at: datetime
    kind: Kind
    words: str
    person: Named | None
    version: int | None = None
    trust: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: those that touch the time between two instants, by people whose name or address has these words,
    or by one of whom the address is known."""

    person: str = ""
    email: str = ""
    since: datetime | None = None
    until: datetime | None = None
    kinds: frozenset[Kind] = frozenset()

    def takes(self, entry: Entry) -> bool:
        """Whether the entry is among them."""
        if self.kinds and entry.kind not in self.kinds:
            return False
        first = entry.detail.get("first_at", entry.at)
        if (self.since and entry.at < self.since) or (self.until and first >= self.until):
            return False
        wanted, who = self.person.casefold(), entry.person
        if self.email and (who is None or who.email != self.email):
            return False
        return not wanted or (who is not None and (wanted in who.name.casefold() or wanted in who.email.casefold()))


def timeline(session: Session, card: Card, policy: Policy, wanted: Wanted) -> list[Entry]:
    """The entries that are wanted, newest first; of one instant, what was written last comes first.

    The caller has decided that the actor may read them.
    """
    records = records_of(session, [card.id])[card.id]
    found = [*_revisions(session, card), *_checks(session, card), *_flags(session, card), *_changes(session, card),
             *_replacements(session, card), *_recalls(session, card),
             *_sightings(session, card, records, policy)]  # fmt: skip
    people = _people(session, {by for _entry, by in found})
    entries = [_by(entry, people.get(by or 0)) for entry, by in found]
    return sorted(filter(wanted.takes, entries), key=lambda entry: (entry.at, entry.kind), reverse=True)


Found = Iterator[tuple[Entry, int | None]]


def _revisions(session: Session, card: Card) -> Found:
    for each in session.scalars(select(Revision).where(Revision.card_id == card.id).order_by(Revision.number.desc())):
        words = told(each.note) or (_("Written") if each.number == 1 else _("Edited"))
        yield (
            Entry(each.at, Kind.REVISION, words, None, each.number, detail={"is_minor": each.is_minor}),
            each.author_id,
        )


def _checks(session: Session, card: Card) -> Found:
    names = ("id", "verdict", "basis", "note", "text_hash", "hash", "outcome", "batch_size", "seconds", "whole_card",
             "evidence", "verify_by", "actor")  # fmt: skip
    for each in session.scalars(
        select(Verification).where(Verification.card_id == card.id).order_by(Verification.id.desc())
    ):
        detail = {name: getattr(each, name) for name in names}
        yield Entry(each.at, Kind.VERIFICATION, check_words(each), None, each.version, detail=detail), each.actor_id


def _flags(session: Session, card: Card) -> Found:
    for each in session.scalars(select(Flag).where(Flag.card_id == card.id).order_by(Flag.id.desc())):
        detail = {"flag_id": each.id, "kind": each.kind, "url": each.url}
        said = _("Flagged: %(words)s", words=told(each.detail))
        yield Entry(each.raised_at, Kind.FLAG, said, None, each.version, detail=detail), each.raised_by_id
        if each.resolved_at is not None:
            words = f"{_('Report resolved')}: {told(each.resolution or '')}".rstrip(": ")
            yield Entry(each.resolved_at, Kind.RESOLUTION, words, None, detail=detail), each.resolved_by_id


def _changes(session: Session, card: Card) -> Found:
    """Of the card, and of the collection it stands in: who may read it, and what its answers must be."""
    of_card = (AuditEntry.subject == "card") & (AuditEntry.subject_id == card.id) & (AuditEntry.action != "verified")
    of_shelf = (AuditEntry.subject == "collection") & (AuditEntry.subject_id == card.collection_id)
    wanted = or_(of_card, of_shelf & (AuditEntry.action == "changed"))
    rows = session.scalars(select(AuditEntry).where(wanted).order_by(AuditEntry.id.desc())).all()
    named = (row.detail.get(side) for row in rows for side in ("before", "after"))
    people = _people(session, {number for number in named if isinstance(number, int)})
    for row in rows:
        words = change_words(row, {number: who.name for number, who in people.items()})
        yield Entry(row.at, Kind.CHANGE, words, None, row.detail.get("version"), detail={"action": row.action}), (
            row.actor_id)  # fmt: skip


def _replacements(session: Session, card: Card) -> Found:
    for each in session.scalars(
        select(Replacement).where(Replacement.card_id == card.id).order_by(Replacement.id.desc())
    ):
        words = _("Stands for itself again") if each.is_undone else _("Replaced by another card")
        yield Entry(each.at, Kind.REPLACEMENT, words, None), each.actor_id


def _recalls(session: Session, card: Card) -> Found:
    for each in session.scalars(select(Recall).where(Recall.card_id == card.id).order_by(Recall.id.desc())):
        words = _("Told who saw a wrong version: %(words)s", words=each.words)
        yield Entry(each.at, Kind.RECALL, words, None, each.last_version, detail={"recall_id": each.id}), each.by_id


def _sightings(session: Session, card: Card, records: Records, policy: Policy) -> Found:
    for each in session.scalars(select(Sighting).where(Sighting.card_id == card.id).order_by(Sighting.id.desc())):
        first, last = (trust_at(records, at, policy) for at in (each.first_at, each.last_at))
        detail = {"seen": each.kind, "first_at": each.first_at, "times": each.times,
                  "trust_first": first.value if first else None}  # fmt: skip
        words, trust = _(_SEEN[each.kind], version=each.version), last.value if last else None
        yield Entry(each.last_at, Kind.SIGHTING, words, None, each.version, trust, detail), each.person_id


def _people(session: Session, ids: Iterable[object]) -> dict[int, Named]:
    wanted = sorted({number for number in ids if isinstance(number, int)})
    rows = session.execute(select(Person.id, Person.name, Person.email).where(Person.id.in_(wanted)))
    return {row[0]: Named(*row) for row in rows}


def _by(entry: Entry, person: Named | None) -> Entry:
    return Entry(entry.at, entry.kind, entry.words, person, entry.version, entry.trust, entry.detail)
