"""Saves one prepared item with the commands that people use: a draft, its text, its policy, its past verification."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.card_templates.completeness import gaps, template_of
from kb.cards import commands
from kb.cards.commands import CardPolicy, Edit
from kb.cards.fields import VerifierRef
from kb.cards.models import Attachment, Card, Collection, Status
from kb.cards.permissions import Right, may
from kb.errors import Conflict
from kb.importing.known import KnownCard, last_seen
from kb.importing.models import ImportedSource
from kb.importing.parsed import Notice, NoticeKind
from kb.importing.preparing import Prepared
from kb.importing.report import Outcome
from kb.people.actor import Actor, actor_for
from kb.people.models import Person
from kb.sentences import sentence
from kb.trust.commands import outcome_of, verify
from kb.trust.models import Flag
from kb.trust.notes import IMPORTED, IMPORTED_AGAIN
from kb.trust.policy import Policy


@dataclass(slots=True)
class Saving:
    """One transaction's surroundings: who saves where, under which policy, at which instant."""

    session: Session
    actor: Actor
    shelf: Collection
    policy: Policy
    now: datetime
    publish: bool
    owner_id: int | None


@dataclass(slots=True)
class Saved:
    """What was done to the card, and the card as the next import will find it."""

    outcome: Outcome
    known: KnownCard
    is_policy_new: bool
    notices: list[Notice] = field(default_factory=list)


def save(saving: Saving, prepared: Prepared) -> Saved:
    """Create or update the card of an item, whole."""
    notices: list[Notice] = []
    if prepared.known is None:
        card, changed = _create(saving, prepared), True
    else:
        card = _load(saving, prepared.known)
        changed = _edit(saving, card, prepared)
        changed |= prepared.is_policy_new and _change_policy(saving, card, prepared.policy)
    _attach(saving, card, prepared)
    is_published_now = _publish(saving, card, notices)
    is_policy_new = prepared.is_policy_new or is_published_now
    changed |= is_published_now
    changed |= is_policy_new and _verify_as_of_then(saving, card, prepared, notices)
    if prepared.known is None or prepared.text is not None:
        _keep_age(saving, card, prepared)
    source = _remember(saving, card, prepared)
    outcome = Outcome.CREATED if prepared.known is None else Outcome.UPDATED if changed else Outcome.UNCHANGED
    return Saved(outcome, _as_known(card, source), is_policy_new, notices)


def _create(saving: Saving, prepared: Prepared) -> Card:
    assert prepared.text is not None  # noqa: S101  for the type checker: a new item is always rendered
    owner_id = prepared.policy.owner_id if prepared.policy.owner_id is not None else saving.owner_id
    policy = CardPolicy(owner_id, prepared.policy.verifiers, prepared.policy.interval_days)
    return commands.create_card(
        saving.session, saving.actor, saving.shelf, prepared.text, policy, _written_at(saving, prepared),
        external_id=prepared.item.external_id, card_id=prepared.card_id,
    )  # fmt: skip


def _load(saving: Saving, known: KnownCard) -> Card:
    card = saving.session.get(Card, known.card_id)
    if card is None or card.collection_id != saving.shelf.id:
        raise Conflict("The card was deleted or moved while the import ran. Run it again.")
    return card


def _edit(saving: Saving, card: Card, prepared: Prepared) -> bool:
    """A changed source un-verifies like any edit; links that merely lead elsewhere are a minor one."""
    known = prepared.known
    if prepared.text is None or known is None:
        return False
    is_minor = known.seen is not None and known.seen.hashes.text == prepared.hashes.text
    edit = Edit(known.version, note=sentence(IMPORTED_AGAIN), is_minor=is_minor)
    outcome = commands.edit_card(saving.session, saving.actor, card, prepared.text, edit, saving.policy, saving.now)
    return bool(outcome.changed)


def _change_policy(saving: Saving, card: Card, policy: CardPolicy) -> bool:
    """Take over what the source says. What it does not say stays as it is here."""
    if card.status == Status.ARCHIVED:
        return False
    session, actor, now = saving.session, saving.actor, saving.now
    changes_owner = policy.owner_id is not None and policy.owner_id != card.owner_id
    if changes_owner:
        commands.set_owner(session, actor, card, policy.owner_id, now)
    has = [VerifierRef(row.person_id, row.group_id) for row in card.verifiers]
    changes_verifiers = policy.verifiers is not None and list(policy.verifiers) != has
    if changes_verifiers:
        commands.set_verifiers(session, actor, card, policy.verifiers or (), now)
    changes_interval = policy.interval_days is not None and policy.interval_days != card.interval_days
    if changes_interval:
        commands.set_interval(session, actor, card, policy.interval_days, card.check_on, now)
    return changes_owner or changes_verifiers or changes_interval


def _attach(saving: Saving, card: Card, prepared: Prepared) -> None:
    """Pictures of earlier revisions stay: their history shows them."""
    if not prepared.pictures:
        return
    present = set(saving.session.scalars(select(Attachment.sha256).where(Attachment.card_id == card.id)))
    for sha256, (picture, file_name) in prepared.pictures.items():
        if sha256 not in present:
            saving.session.add(
                Attachment(
                    card_id=card.id, sha256=sha256, media_type=picture.media_type, file_name=file_name[-200:],
                    content=picture.content, created_at=saving.now,
                )
            )  # fmt: skip


def _publish(saving: Saving, card: Card, notices: list[Notice]) -> bool:
    """Publish a draft, if that is asked for and its template's required parts are there."""
    if not saving.publish or card.status != Status.DRAFT:
        return False
    lacking = gaps(template_of(saving.session, card.template), card.html)
    if lacking:
        names = ", ".join(f"“{part.heading}”" for part in lacking)
        notices.append(Notice(NoticeKind.CARD, f"It stays a draft: its template {card.template} asks for {names}."))
        return False
    commands.publish_card(saving.session, saving.actor, card, saving.now)
    return True


def _verify_as_of_then(saving: Saving, card: Card, prepared: Prepared, notices: list[Notice]) -> bool:
    """Record the verification that the source tells of, as made then by that person. Otherwise say why not."""
    at = prepared.item.verified_at
    if at is None or card.status != Status.PUBLISHED:
        return False
    if card.verified_at is not None and at <= card.verified_at:
        return False
    person = saving.session.get(Person, prepared.verifier_id) if prepared.verifier_id is not None else None
    actor = actor_for(saving.session, person) if person is not None else None
    reason = _why_not(saving, card, prepared, actor, at)
    if reason is not None or actor is None:
        notices.append(Notice(NoticeKind.FIELD, f"verified_at was left out: {reason}."))
        return False
    verify(
        saving.session, actor, card, card.version, saving.policy, at, note=IMPORTED, basis="import",
        outcome=outcome_of(card),
    )  # fmt: skip
    return True


def _why_not(saving: Saving, card: Card, prepared: Prepared, actor: Actor | None, at: datetime) -> str | None:
    if actor is None:
        return "it is not known here who verified it"
    if at > saving.now:
        return "it lies in the future"
    if prepared.item.updated_at is not None and at < prepared.item.updated_at:
        return "the text changed after it"
    if card.unverified_at is not None and at <= card.unverified_at < saving.now:
        return "it was taken back since"
    if not may(actor, Right.VERIFY, card):
        return f"{actor.email} may not verify this card"
    is_flagged = select(Flag.id).where(Flag.card_id == card.id, Flag.resolved_at.is_(None))
    if saving.session.scalars(is_flagged).first() is not None:
        return "problems were reported since"
    return None


def _keep_age(saving: Saving, card: Card, prepared: Prepared) -> None:
    """A text is as old as its source says, not as its arrival here."""
    if prepared.item.updated_at is not None:
        card.updated_at = _written_at(saving, prepared)


def _written_at(saving: Saving, prepared: Prepared) -> datetime:
    return min(prepared.item.updated_at or saving.now, saving.now)


def _remember(saving: Saving, card: Card, prepared: Prepared) -> ImportedSource | None:
    """Keep only what was taken over: the changes of an archived card's source wait until it is restored."""
    stored = saving.session.get(ImportedSource, card.id)
    if card.status == Status.ARCHIVED:
        return stored
    if stored is None:
        stored = ImportedSource(card_id=card.id)
        saving.session.add(stored)
    if prepared.text is not None:
        stored.version = card.version
        stored.text_hash, stored.links_hash = prepared.hashes.text, prepared.hashes.links
    if prepared.text is not None or prepared.is_policy_new:
        stored.policy_hash, stored.imported_at = prepared.hashes.policy, saving.now
    saving.session.flush()
    return stored


def _as_known(card: Card, source: ImportedSource | None) -> KnownCard:
    return KnownCard(card.id, card.version, card.status == Status.ARCHIVED, card.headings, last_seen(source))
