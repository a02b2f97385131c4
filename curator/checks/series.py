"""Finds the implausibly fast series among the last four weeks' checks of what the actor curates."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from curator.checks.pace import Checked, Timed, runs
from curator.freshness.facts import CHARACTERS_A_WORD
from kb.cards.models import Card, Revision
from kb.people.actor import Actor
from kb.people.models import AuditEntry, Person
from kb.trust.models import Outcome, Verdict, Verification

DAYS = 28
DECISIONS = ("check_fine", "check_again")
SUBJECT = "verification"
_LONGEST = 50_000
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Series:
    """A person's run of quick checks, the cards by number, and which of the records still stand."""

    person: Person
    run: tuple[Timed, ...]
    cards: Mapping[int, Card]
    standing: frozenset[int]


def quick_series(session: Session, actor: Actor, now: datetime) -> list[Series]:
    """Series that nobody has decided about and of which at least one check still stands, the latest first.

    Only cards of collections that the actor curates are looked at. Checks in a batch say so themselves and count half;
    they are no series.
    """
    checks = _checks(session, actor, now)
    suspected = {each.check.record_id for run in _runs(checks) for each in run}
    known = _known_words(session, [check for check in checks if check.record_id in suspected])
    checks = [replace(check, known=min(known.get(check.record_id, 0), check.words)) for check in checks]
    found = [_series(session, run) for run in _runs(checks)]
    return sorted((each for each in found if each.standing), key=lambda each: each.run[-1].check.at, reverse=True)


def stands(record: Verification, card: Card) -> bool:
    """Whether the card's trust still rests on this very check."""
    rests = (card.verified_at, card.verified_by_id, card.verified_version) == (
        record.at,
        record.actor_id,
        record.version,
    )
    return rests and card.unverified_at is None and card.is_servable


def _checks(session: Session, actor: Actor, now: datetime) -> list[Checked]:
    decided = select(AuditEntry.subject_id).where(AuditEntry.subject == SUBJECT, AuditEntry.action.in_(DECISIONS))
    rows = session.execute(
        select(Verification.id, Verification.card_id, Verification.actor_id, Verification.at, Verification.seconds,
               func.length(Revision.body))
        .join(Card, Card.id == Verification.card_id)
        .join(Revision, and_(Revision.card_id == Verification.card_id, Revision.number == Verification.version))
        .where(
            Card.collection_id.in_(actor.curated), Verification.verdict == Verdict.VERIFIED,
            Verification.outcome == Outcome.STILL_RIGHT, Verification.basis == "checked", Verification.batch_size == 1,
            Verification.at > now - timedelta(days=DAYS), Verification.actor_id.is_not(None),
            Verification.id.not_in(decided),
        )
        .order_by(Verification.id.desc()).limit(_LONGEST)
    )  # fmt: skip
    checks = [
        Checked(record, card, person, at, seconds, int(size) // CHARACTERS_A_WORD)
        for record, card, person, at, seconds, size in rows
    ]
    return checks[::-1]


def _runs(checks: Iterable[Checked]) -> list[tuple[Timed, ...]]:
    by_person: dict[int, list[Checked]] = defaultdict(list)
    for check in checks:
        by_person[check.person_id].append(check)
    return [run for own in by_person.values() for run in runs(own)]


def _known_words(session: Session, checks: list[Checked]) -> dict[int, int]:
    """For each of these checks, how many of the card's words the person had checked before, if they had."""
    found: dict[int, int] = {}
    for start in range(0, len(checks), _CHUNK):
        for check in checks[start : start + _CHUNK]:
            before = session.scalars(
                select(Verification.version)
                .where(Verification.card_id == check.card_id, Verification.actor_id == check.person_id)
                .where(Verification.id < check.record_id, Verification.verdict == Verdict.VERIFIED)
                .order_by(Verification.id.desc()).limit(1)
            ).first()  # fmt: skip
            record = session.get_one(Verification, check.record_id)
            if before is not None:
                found[check.record_id] = _in_common(session, check.card_id, before, record.version)
    return found


def _in_common(session: Session, card_id: int, old: int, new: int) -> int:
    texts = [session.get(Revision, (card_id, number)) for number in (old, new)]
    words = [Counter((revision.body if revision else "").split()) for revision in texts]
    return (words[0] & words[1]).total()


def _series(session: Session, run: tuple[Timed, ...]) -> Series:
    cards = {each.check.card_id: session.get_one(Card, each.check.card_id) for each in run}
    records = [session.get_one(Verification, each.check.record_id) for each in run]
    standing = frozenset(record.id for record in records if stands(record, cards[record.card_id]))
    return Series(session.get_one(Person, run[0].check.person_id), run, cards, standing)
