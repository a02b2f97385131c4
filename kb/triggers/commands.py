"""Make, change and delete triggers. They are for curators; what they show is decided for each reader."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.cards.permissions import servable_to
from kb.db import hold
from kb.errors import Conflict, Forbidden, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.people.models import Group, Role
from kb.triggers.models import Trigger, TriggerCard
from kb.triggers.rule import MOST_CARDS, Rule
from kb.wording import _, decimal

MOST_TRIGGERS = 20_000


def demand_keeper(actor: Actor) -> None:
    """Raise Forbidden unless the actor is a curator or an admin: a trigger speaks to the whole audience."""
    if actor.role.rank < Role.CURATOR.rank:
        raise Forbidden(_("Only curators and admins keep triggers."))


def make_trigger(
    session: Session, actor: Actor, rule: Rule, card_ids: Sequence[int], groups: Sequence[Group], now: datetime
) -> Trigger:
    """A new trigger, on at once."""
    demand_keeper(actor)
    if (session.scalar(select(func.count()).select_from(Trigger)) or 0) >= MOST_TRIGGERS:
        raise Conflict(_("There are %(most)s triggers. Delete some first.", most=decimal(MOST_TRIGGERS)))
    trigger = Trigger(site=rule.site, path=rule.path, texts=list(rule.texts), label=rule.label, is_on=True, version=1,
                      made_by_id=actor.id, updated_at=now)  # fmt: skip
    session.add(trigger)
    _show(session, actor, trigger, card_ids)
    trigger.groups = list(groups)
    session.flush()
    session.refresh(trigger, ["cards"])
    audit.record(session, actor, "added", "trigger", trigger.id, now, site=rule.site)
    return trigger


def change_trigger(
    session: Session, actor: Actor, trigger_id: int, version: int, rule: Rule, card_ids: Sequence[int],
    groups: Sequence[Group], now: datetime, *, is_on: bool,
) -> Trigger:  # fmt: skip
    """Put another rule in its place. Raises Conflict when somebody else changed it since `version`."""
    trigger = trigger_kept_by(session, actor, trigger_id)
    hold(session, trigger)
    if trigger.version != version:
        raise Conflict(_("Somebody else changed this trigger meanwhile. Load the page again."))
    trigger.site, trigger.path, trigger.texts, trigger.label = rule.site, rule.path, list(rule.texts), rule.label
    trigger.is_on, trigger.groups = is_on, list(groups)
    trigger.version, trigger.updated_at = version + 1, now
    _show(session, actor, trigger, card_ids)
    session.flush()
    session.refresh(trigger, ["cards"])
    audit.record(session, actor, "changed", "trigger", trigger.id, now, site=rule.site, on=is_on)
    return trigger


def delete_trigger(session: Session, actor: Actor, trigger_id: int, now: datetime) -> None:
    """Remove it for good."""
    trigger = trigger_kept_by(session, actor, trigger_id)
    audit.record(session, actor, "deleted", "trigger", trigger.id, now, site=trigger.site)
    session.delete(trigger)


def trigger_kept_by(session: Session, actor: Actor, trigger_id: int) -> Trigger:
    """The trigger, for whoever keeps triggers."""
    demand_keeper(actor)
    trigger = session.get(Trigger, trigger_id)
    if trigger is None:
        raise NotFound(_("There is no such trigger."))
    return trigger


def inherit_triggers(session: Session, survivor_id: int, loser_id: int) -> None:
    """Where one card was shown, the one it was merged into is."""
    mine = set(session.scalars(select(TriggerCard.trigger_id).where(TriggerCard.card_id == survivor_id)))
    for shown in session.scalars(select(TriggerCard).where(TriggerCard.card_id == loser_id)).all():
        if shown.trigger_id not in mine:
            session.add(TriggerCard(trigger_id=shown.trigger_id, card_id=survivor_id, position=shown.position))
        session.delete(shown)
    session.flush()


def _show(session: Session, actor: Actor, trigger: Trigger, card_ids: Sequence[int]) -> None:
    wanted = list(dict.fromkeys(card_ids))
    if not 1 <= len(wanted) <= MOST_CARDS:
        raise invalid("cards", _("Choose 1 to %(most)s cards.", most=MOST_CARDS))
    kept = {shown.card_id: shown for shown in trigger.shown}
    servable = set(session.scalars(select(Card.id).where(Card.id.in_(wanted), servable_to(actor))))
    missing = [str(card_id) for card_id in wanted if card_id not in servable and card_id not in kept]
    if missing:
        raise invalid("cards", _("There is no such answer: %(words)s.", words=", ".join(missing)))
    trigger.shown = [kept.get(card_id) or TriggerCard(card_id=card_id) for card_id in wanted]
    for place, shown in enumerate(trigger.shown):
        shown.position = place
