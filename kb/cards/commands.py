"""Write, edit, publish, archive, restore, replace and delete cards. Text arrives rendered: nothing slow in here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kb.card_templates import choosing
from kb.card_templates.completeness import demand_whole
from kb.cards import replacements
from kb.cards.fields import VerifierRef
from kb.cards.keepers import check_owner, default_verifiers, put_verifiers
from kb.cards.models import Card, CardTag, Collection, Replacement, Revision, Status
from kb.cards.permissions import Right, demand, demand_approved
from kb.db import hold
from kb.errors import Conflict, Forbidden, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.sentences import sentence
from kb.text.corrections import is_correction
from kb.text.markdown import Rendered
from kb.text.renderer import RENDERER_VERSION
from kb.text.sameness import same_rendering
from kb.trust import assignee
from kb.trust.commands import doubt, verify
from kb.trust.models import Flag, Outcome
from kb.trust.notes import EDITED
from kb.trust.policy import Policy
from kb.trust.reading import NOTHING_SEEN, Seen
from kb.wording import _


@dataclass(frozen=True, slots=True)
class CardText:
    """What a revision says: the source, what it renders to, and its labels. `template`: "" is none, and None leaves
    the one that the card has."""

    title: str
    body: str
    rendered: Rendered
    language: str
    language_chosen: bool = False
    tags: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    template: str | None = None


@dataclass(frozen=True, slots=True)
class CardPolicy:
    """Who keeps a card true and how often; None leaves the collection's default."""

    owner_id: int | None = None
    verifiers: tuple[VerifierRef, ...] | None = None
    interval_days: int | None = None
    check_on: date | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit: the version it was drawn from, what changed in words, and whether the whole card was checked; then
    `seen` goes into the record. `author_id`: who wrote it, if not who saves it."""

    version: int
    note: str = ""
    is_minor: bool = False
    checked: bool = False
    seen: Seen = NOTHING_SEEN
    author_id: int | None = None


@dataclass(slots=True)
class EditOutcome:
    """What an edit did. `changed` is empty when nothing did: another template alone makes no version."""

    changed: list[str] = field(default_factory=list)

    @property
    def reads_differently(self) -> bool:
        """Whether there is a new revision."""
        return any(name != "template" for name in self.changed)


def create_card(
    session: Session, actor: Actor, shelf: Collection, text: CardText, policy: CardPolicy, now: datetime,
    *, external_id: str | None = None, card_id: int | None = None,
) -> Card:  # fmt: skip
    """Write a draft in a collection the actor may write in. Without an owner, the author owns it.

    `card_id` is a number reserved beforehand; usually the database gives one.
    """
    if shelf.id not in actor.readable:
        raise NotFound(_("There is no such collection."))
    if shelf.id not in actor.writable:
        raise Forbidden(_("You may not write cards in %(name)s.", name=shelf.name))
    _keep_external_id_unique(session, shelf, external_id)
    check_owner(session, policy.owner_id)
    card = Card(
        id=card_id, collection_id=shelf.id, external_id=external_id, status=Status.DRAFT, version=1, created_at=now,
        created_by_id=actor.id, updated_at=now, updated_by_id=actor.id,
        owner_id=policy.owner_id if policy.owner_id is not None else actor.id,
        interval_days=policy.interval_days, check_on=policy.check_on, template=choosing.known(session, text.template),
    )  # fmt: skip
    _put_text(card, text)
    session.add(card)
    session.flush()
    verifiers = policy.verifiers if policy.verifiers is not None else default_verifiers(shelf.verifiers)
    put_verifiers(session, card, verifiers)
    _write_revision(session, card, actor.id, now, "")
    session.refresh(card, ["collection", "owner"])
    return card


def edit_card(
    session: Session, actor: Actor, card: Card, text: CardText, edit: Edit, policy: Policy, now: datetime,
    *, shelf: Collection | None = None,
) -> EditOutcome:  # fmt: skip
    """Make a new revision if anything reads differently.

    It verifies when a verifier checked the whole card, leaves the verification alone when a curator calls the edit
    minor, and otherwise un-verifies. Raises Conflict when the card has moved on since `edit.version`.
    """
    if shelf is not None:
        assignee.let_nobody_leave(session)
    demand(actor, Right.EDIT, hold(session, card))
    require_version(card, edit.version)
    if edit.is_minor and card.collection_id not in actor.curated:
        raise Forbidden(_("Only a curator may call an edit minor."))
    if edit.checked and card.status == Status.PUBLISHED:
        demand(actor, Right.VERIFY, card)
    outcome = EditOutcome(differences(card, text, shelf))
    if card.status == Status.PUBLISHED:
        if outcome.changed:
            demand_approved(actor, card, shelf)
        choosing.choose(session, actor, card, text.template, now)
        choosing.demand_parts(session, card, text.rendered.html, whole=edit.checked)
    else:
        choosing.choose(session, actor, card, text.template, now)
    if outcome.reads_differently:
        by = edit.author_id or actor.id
        if shelf is not None and shelf.id != card.collection_id:
            _move(session, actor, card, shelf, now)
        if "body" not in outcome.changed:
            text = _keep_source(card, text)
        corrects = not edit.is_minor and is_correction(card.title, card.body, text.title, text.body)
        _put_text(card, text)
        card.version += 1
        card.updated_at, card.updated_by_id = now, by
        _write_revision(session, card, by, now, edit.note, is_minor=edit.is_minor, corrects=corrects)
    _judge(session, actor, card, edit, outcome, policy, now)
    return outcome


def require_version(card: Card, version: int) -> None:
    """Raise Conflict unless the caller read the card's current version."""
    if version != card.version:
        raise Conflict(
            _(
                "The card is at version %(version)s now; yours was drawn from version %(drawn)s.",
                version=card.version,
                drawn=version,
            )
        )


def publish_card(session: Session, actor: Actor, card: Card, now: datetime) -> None:
    """Make a draft an answer. It gets its assignee and counts as never verified."""
    assignee.let_nobody_leave(session)
    demand(actor, Right.READ, hold(session, card))
    if card.status == Status.PUBLISHED:
        return
    demand(actor, Right.PUBLISH, card)
    demand_approved(actor, card)
    if not card.body.strip():
        raise invalid("body", _("Write the answer before you publish it."))
    demand_whole(session, card.template, card.html)
    card.status, card.published_at, card.updated_at = Status.PUBLISHED, now, now
    assignee.assign(session, card, now)
    audit.record(session, actor, "published", "card", card.id, now, version=card.version)


def archive_card(session: Session, actor: Actor, card: Card, now: datetime) -> None:
    """Take a card out of use. It keeps its history and can be restored."""
    demand(actor, Right.ARCHIVE, hold(session, card))
    if card.status == Status.ARCHIVED:
        return
    card.status, card.archived_at, card.updated_at, card.assignee_id = Status.ARCHIVED, now, now, None
    audit.record(session, actor, "archived", "card", card.id, now, version=card.version)


def restore_card(session: Session, actor: Actor, card: Card, now: datetime) -> None:
    """Bring an archived card back: published if it ever was, otherwise as a draft."""
    assignee.let_nobody_leave(session)
    demand(actor, Right.ARCHIVE, hold(session, card))
    if card.status != Status.ARCHIVED:
        raise Conflict(_("The card is not archived."))
    card.status = Status.PUBLISHED if card.published_at else Status.DRAFT
    card.archived_at, card.updated_at = None, now
    assignee.assign(session, card, now)
    audit.record(session, actor, "restored", "card", card.id, now, version=card.version)


def delete_card(session: Session, actor: Actor, card: Card, now: datetime) -> None:
    """Remove an archived card for good. Its verification records stay: the proof outlives the card.

    What it had replaced passes on to its own replacement; without one it is archived, lest old answers come back.
    """
    replacements.let_nobody_replace(session)
    demand(actor, Right.READ, hold(session, card, to_delete=True))
    if actor.is_admin and card.status != Status.ARCHIVED:
        raise Conflict(_("Archive the card first; only archived cards can be deleted."))
    demand(actor, Right.DELETE, card)
    for older in session.scalars(select(Card).where(Card.replaced_by_id == card.id)):
        if card.replaced_by_id is None and older.status == Status.PUBLISHED:
            archive_card(session, actor, older, now)
        replacements.point(session, actor, older, card.replaced_by_id, now)
    session.flush()
    audit.record(session, actor, "deleted", "card", card.id, now, title=card.title)
    for table in (Revision, Replacement, Flag):
        session.execute(delete(table).where(table.card_id == card.id))
    session.delete(card)


def set_owner(session: Session, actor: Actor, card: Card, owner_id: int | None, now: datetime) -> None:
    """Hand the card over. No verification date moves."""
    assignee.let_nobody_leave(session)
    demand(actor, Right.CURATE, hold(session, card))
    check_owner(session, owner_id)
    audit.record(session, actor, "owner", "card", card.id, now, before=card.owner_id, after=owner_id)
    card.owner_id = owner_id
    assignee.assign(session, card, now)
    session.refresh(card, ["owner"])


def set_verifiers(session: Session, actor: Actor, card: Card, verifiers: Sequence[VerifierRef], now: datetime) -> None:
    """Say who verifies the card, in order. No verification date moves."""
    assignee.let_nobody_leave(session)
    demand(actor, Right.CURATE, hold(session, card))
    put_verifiers(session, card, verifiers)
    after = [[v.person_id, v.group_id] for v in verifiers]
    audit.record(session, actor, "verifiers", "card", card.id, now, after=after)
    card.assignee_id = None  # the new order decides, not who happened to have it
    assignee.assign(session, card, now)


def set_interval(
    session: Session, actor: Actor, card: Card, interval_days: int | None, check_on: date | None, now: datetime
) -> None:
    """Change how often the card is checked, from its next check on: the check that is pending keeps its date."""
    demand(actor, Right.CURATE, card)
    audit.record(session, actor, "interval", "card", card.id, now, before=card.interval_days, after=interval_days)
    card.interval_days, card.check_on = interval_days, check_on


def apply_interval_now(session: Session, actor: Actor, card: Card, due: datetime, now: datetime) -> None:
    """Move the pending check to `due`: the explicit second step, after the effect was shown."""
    demand(actor, Right.CURATE, card)
    audit.record(session, actor, "next_check", "card", card.id, now, after=due.isoformat())
    card.verify_by = due


def _judge(
    session: Session, actor: Actor, card: Card, edit: Edit, outcome: EditOutcome, policy: Policy, now: datetime
) -> None:
    if card.status != Status.PUBLISHED:
        return
    if edit.checked:
        is_corrected = not {"title", "body"}.isdisjoint(outcome.changed)
        verify(
            session, actor, card, card.version, policy, now, note=edit.note, basis="edited", whole_card=True,
            outcome=Outcome.CORRECTED if is_corrected else Outcome.STILL_RIGHT, seconds=edit.seen.seconds,
            evidence=edit.seen.evidence, last_flag=edit.seen.last_flag,
        )  # fmt: skip
    elif outcome.reads_differently and not edit.is_minor and card.verified_at and card.unverified_at is None:
        doubt(session, actor, card, "edited", edit.note or sentence(EDITED), now)


def differences(card: Card, text: CardText, shelf: Collection | None) -> list[str]:
    """What would read differently, were the card to say this."""
    pairs = {
        "title": text.title != card.title,
        "body": not same_rendering(card.html, text.rendered.html),
        "tags": sorted(text.tags) != card.tags,
        "language": text.language != card.language,
        "audience": sorted(text.audience) != sorted(card.audience),
        "collection": shelf is not None and shelf.id != card.collection_id,
        "template": text.template is not None and (text.template or None) != card.template,
    }
    return [name for name, differs in pairs.items() if differs]


def _keep_source(card: Card, text: CardText) -> CardText:
    return CardText(text.title, card.body, text.rendered, text.language, text.language_chosen, text.tags, text.audience)


def _put_text(card: Card, text: CardText) -> None:
    card.title, card.body, card.html = text.title, text.body, text.rendered.html
    card.text, card.headings = text.rendered.text, "\n".join(text.rendered.headings)
    card.renderer_version = RENDERER_VERSION
    choosing.note_parts(card)
    card.language, card.language_chosen = text.language, text.language_chosen
    card.audience = sorted(set(text.audience))
    have = {row.tag: row for row in card.tag_rows}
    card.tag_rows = [have.get(tag) or CardTag(tag=tag) for tag in sorted(set(text.tags))]


def _write_revision(
    session: Session, card: Card, by: int | None, now: datetime, note: str, *, is_minor: bool = False,
    corrects: bool = False,
) -> None:  # fmt: skip
    session.add(Revision(
        card_id=card.id, number=card.version, title=card.title, body=card.body, tags=card.tags, language=card.language,
        note=note, is_minor=is_minor, corrects=corrects, author_id=by, at=now, text=card.text,
        headings=card.headings, audience=card.audience, collection_id=card.collection_id,
    ))  # fmt: skip
    session.flush()


def _move(session: Session, actor: Actor, card: Card, shelf: Collection, now: datetime) -> None:
    if shelf.id not in actor.readable:
        raise NotFound(_("There is no such collection."))
    if shelf.id not in actor.writable:
        raise Forbidden(_("You may not write cards in %(name)s.", name=shelf.name))
    _keep_external_id_unique(session, shelf, card.external_id)
    card.collection_id = shelf.id
    session.flush()
    session.refresh(card, ["collection"])
    assignee.assign(session, card, now)


def _keep_external_id_unique(session: Session, shelf: Collection, external_id: str | None) -> None:
    same = select(Card.id).where(Card.collection_id == shelf.id, Card.external_id == external_id)
    if external_id is not None and session.scalar(same) is not None:
        raise Conflict(_("Another card of that collection has this external id already."))
