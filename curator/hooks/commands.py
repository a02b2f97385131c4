"""Make and delete hooks, and carry out what is delivered to one."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from curator.hooks.flagging import flag_touched
from curator.hooks.models import Hook, HookDelivery
from curator.hooks.proof import is_signed
from curator.hooks.touched import Change
from kb.errors import Conflict, Forbidden, NotFound, SignInNeeded, invalid
from kb.people import audit
from kb.people.actor import Actor, system_actor
from kb.text.slugs import slug
from kb.wording import N_, _

MOST_HOOKS = 100
_KEPT = timedelta(days=90)
_LARGEST_ID = 2**31 - 1
_REFUSED = N_("The signature, its time or the name of the hook is not right.")


@dataclass(frozen=True, slots=True)
class Message:
    """What arrived at a hook: who sent it is proved by the signature over the raw body."""

    delivery_id: str
    timestamp: str
    signature: str
    body: bytes


def demand_admin(actor: Actor) -> None:
    """Raise Forbidden unless the actor is an admin: whoever holds a hook's secret can doubt any card."""
    if not actor.is_admin:
        raise Forbidden(_("Only admins keep hooks."))


def all_hooks(session: Session) -> Sequence[Hook]:
    """Every hook, by name."""
    return session.scalars(select(Hook).order_by(Hook.name)).all()


def make_hook(session: Session, actor: Actor, name: str, key: bytes, now: datetime) -> tuple[Hook, str]:
    """A new hook and its secret, which is shown this once."""
    demand_admin(actor)
    wanted = slug(name)[:60]
    if not any(letter.isalnum() for letter in name):
        raise invalid("name", _("Give the hook a name with at least one letter or digit."))
    known = {hook.name for hook in all_hooks(session)}
    if wanted in known:
        raise invalid("name", _("There is a hook %(wanted)s already.", wanted=wanted))
    if len(known) >= MOST_HOOKS:
        raise invalid("name", _("There are %(most)s hooks already. Delete one first.", most=MOST_HOOKS))
    hook = Hook(name=wanted, salt=secrets.token_hex(16), created_at=now, created_by_id=actor.id)
    session.add(hook)
    session.flush()
    audit.record(session, actor, "hook_made", "hook", hook.id, now, name=wanted)
    return hook, secret_of(hook, key)


def delete_hook(session: Session, actor: Actor, hook_id: int, now: datetime) -> None:
    """Its secret is worthless from now on."""
    demand_admin(actor)
    hook = session.get(Hook, hook_id) if 0 < hook_id <= _LARGEST_ID else None
    if hook is None:
        raise NotFound(_("There is no such hook."))
    audit.record(session, actor, "hook_deleted", "hook", hook.id, now, name=hook.name)
    session.delete(hook)


def secret_of(hook: Hook, key: bytes) -> str:
    """Derived from the installation's key: neither a stolen database nor a backup tells it."""
    return "vith_" + hmac.new(key, b"hook\0" + hook.salt.encode(), sha256).hexdigest()


def deliver(
    session: Session, name: str, message: Message, change: Change, key: bytes, now: datetime, *, dry_run: bool
) -> dict[str, Any]:
    """Carry out what was delivered: each delivery once, however often it arrives. Returns the answer.

    Raises SignInNeeded for a wrong signature, an old one, and a hook that does not exist, all alike.
    """
    hook = session.scalars(select(Hook).where(Hook.name == name)).first()
    # A hook that is not there costs as much time as one that is.
    secret = secret_of(hook or Hook(salt=""), key)
    is_right = is_signed(secret, message.timestamp, message.signature, message.body, now)
    if hook is None or not is_right:
        raise SignInNeeded(_REFUSED)
    if dry_run:
        return _answer(session, change, now, dry_run=True)
    digest = sha256(message.body).hexdigest()
    if not _claim(session, hook, message, digest, now):
        known = session.get_one(HookDelivery, (hook.id, message.delivery_id)).answer
        if known["body"] != digest:
            raise Conflict(_("This delivery id was used for another message. Give each message an id of its own."))
        return {**known["answer"], "repeated": True}
    hook.used_at = now
    answer = _answer(session, change, now, dry_run=False)
    session.get_one(HookDelivery, (hook.id, message.delivery_id)).answer = {"body": digest, "answer": answer}
    session.execute(delete(HookDelivery).where(HookDelivery.at < now - _KEPT))
    return answer


def _answer(session: Session, change: Change, now: datetime, *, dry_run: bool) -> dict[str, Any]:
    touched = flag_touched(session, system_actor(session), change, now, dry_run=dry_run)
    return {
        "dry_run": dry_run,
        "repeated": False,
        "flagged": sum(each.is_new for each in touched),
        "cards": [{"id": each.card_id, "is_new": each.is_new} for each in touched],
    }


def _claim(session: Session, hook: Hook, message: Message, digest: str, now: datetime) -> bool:
    """Whether this transaction may do it. A second one with the same id waits for the first, then gets False."""
    insert = postgresql.insert if session.connection().dialect.name == "postgresql" else sqlite.insert
    values = {"hook_id": hook.id, "delivery_id": message.delivery_id, "at": now, "answer": {"body": digest}}
    statement = insert(HookDelivery).values(**values).on_conflict_do_nothing().returning(HookDelivery.hook_id)
    return session.execute(statement).first() is not None
