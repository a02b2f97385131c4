"""The second step of a bulk action: carry a plan out, at most 100 cards per transaction, and name what failed.

Each card stands in a savepoint of its own, so one that moved on meanwhile spoils nothing for the others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from curator.cards.orders import Action, BulkOrder
from curator.cards.plan import BulkPlan, Planned
from curator.notices.transitions import REQUESTED, Transition, write
from kb.cards import commands
from kb.cards.commands import CardText, Edit
from kb.cards.models import Card, Collection
from kb.cards.permissions import Right, demand
from kb.cards.queries import card_visible_to
from kb.db import Database
from kb.errors import Conflict, SignInNeeded, VitrineError
from kb.people.actor import Actor, actor_for
from kb.people.models import Person
from kb.sentences import sentence, shortened
from kb.text.markdown import Rendered
from kb.trust.commands import verify
from kb.trust.policy import Policy
from kb.trust.queries import open_flags
from kb.wording import _

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Failed:
    """A card that the action could not be done on, and why."""

    card_id: int
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What was done and what was not."""

    done: tuple[int, ...]
    failed: tuple[Failed, ...]


@dataclass(frozen=True, slots=True)
class _Turn:
    session: Session
    actor: Actor
    order: BulkOrder
    policy: Policy
    now: datetime
    batch_size: int


def carry_out(database: Database, person_id: int, plan: BulkPlan, policy: Policy, now: datetime) -> BulkResult:
    """Do what was planned, with the rights the person has at each transaction."""
    if not plan.order.is_complete:
        raise Conflict(_("Say first what the cards should get."))
    done: list[int] = []
    failed: list[Failed] = []
    for start in range(0, len(plan.planned), AT_ONCE):
        part = plan.planned[start : start + AT_ONCE]
        try:
            with database.transaction() as session:
                turn = _Turn(session, _actor(session, person_id), plan.order, policy, now, len(plan.planned))
                part_done, part_failed = _do_part(turn, part)
        except VitrineError as error:
            part_done, part_failed = [], [Failed(each.card_id, each.title, error.detail) for each in part]
        done += part_done
        failed += part_failed
    return BulkResult(tuple(done), tuple(failed))


def _actor(session: Session, person_id: int) -> Actor:
    person = session.get(Person, person_id)
    if person is None or not person.is_active:
        raise SignInNeeded(_("Sign in to go on."))
    return actor_for(session, person)


def _do_part(turn: _Turn, part: tuple[Planned, ...]) -> tuple[list[int], list[Failed]]:
    done, failed = [], []
    for planned in part:
        why = _do_one(turn, planned)
        if why is None:
            done.append(planned.card_id)
        else:
            failed.append(Failed(planned.card_id, planned.title, why))
    return done, failed


def _do_one(turn: _Turn, planned: Planned) -> str | None:
    """None when it is done, otherwise why not."""
    try:
        with turn.session.begin_nested():
            card = card_visible_to(turn.session, turn.actor, planned.card_id)
            _ACTIONS[turn.order.action](turn, card, planned)
    except VitrineError as error:
        return error.detail
    except IntegrityError:
        return _("Another card has taken its external id there.")
    return None


def _set_owner(turn: _Turn, card: Card, _planned: Planned) -> None:
    commands.set_owner(turn.session, turn.actor, card, turn.order.owner_id, turn.now)


def _set_interval(turn: _Turn, card: Card, planned: Planned) -> None:
    commands.set_interval(turn.session, turn.actor, card, turn.order.interval_days, None, turn.now)
    if planned.due is not None and card.verified_at is not None and card.unverified_at is None:
        commands.apply_interval_now(turn.session, turn.actor, card, planned.due, turn.now)


def _add_tag(turn: _Turn, card: Card, _planned: Planned) -> None:
    _retag(turn, card, {*card.tags, turn.order.tag}, sentence("Tag %(tag)s added", tag=turn.order.tag))


def _remove_tag(turn: _Turn, card: Card, _planned: Planned) -> None:
    _retag(turn, card, {*card.tags} - {turn.order.tag}, sentence("Tag %(tag)s removed", tag=turn.order.tag))


def _move(turn: _Turn, card: Card, _planned: Planned) -> None:
    shelf = turn.session.get(Collection, turn.order.collection_id)
    if shelf is None:
        raise Conflict(_("The collection was deleted meanwhile."))
    _edit(turn, card, set(card.tags), sentence("Moved to %(collection)s", collection=shelf.name), shelf)


def _set_template(turn: _Turn, card: Card, _planned: Planned) -> None:
    """No version is made of it, and no card is unpublished for what its template asks: it is listed as incomplete."""
    _edit(turn, card, set(card.tags), "", None, turn.order.template)


def _archive(turn: _Turn, card: Card, _planned: Planned) -> None:
    commands.archive_card(turn.session, turn.actor, card, turn.now)


def _verify(turn: _Turn, card: Card, planned: Planned) -> None:
    if open_flags(turn.session, [card.id]):
        raise Conflict(_("It has open reports. Check it by itself."))
    version, batch = planned.version, turn.batch_size
    verify(turn.session, turn.actor, card, version, turn.policy, turn.now, basis="bulk", batch_size=batch)


def _request_check(turn: _Turn, card: Card, _planned: Planned) -> None:
    """Once per card and day, however many ask."""
    demand(turn.actor, Right.CURATE, card)
    day = turn.now.astimezone(turn.policy.zone).date().isoformat()
    write(turn.session, [Transition(card.id, card.assignee_id, REQUESTED, day)], turn.now)


def _retag(turn: _Turn, card: Card, tags: set[str], note: str) -> None:
    _edit(turn, card, tags, note, None)


def _edit(
    turn: _Turn, card: Card, tags: set[str], note: str, shelf: Collection | None, template: str | None = None
) -> None:
    """A minor edit: neither a tag nor a shelf says anything about whether the text is still true."""
    rendered = Rendered(card.html, card.text, card.headings.splitlines(), [], 0)
    text = CardText(
        card.title, card.body, rendered, card.language, card.language_chosen, tuple(sorted(tags)), tuple(card.audience),
        template,
    )  # fmt: skip
    edit = Edit(card.version, shortened(note, 300), is_minor=True)
    commands.edit_card(turn.session, turn.actor, card, text, edit, turn.policy, turn.now, shelf=shelf)


_ACTIONS: dict[Action, Callable[[_Turn, Card, Planned], None]] = {
    Action.OWNER: _set_owner,
    Action.INTERVAL: _set_interval,
    Action.ADD_TAG: _add_tag,
    Action.REMOVE_TAG: _remove_tag,
    Action.MOVE: _move,
    Action.TEMPLATE: _set_template,
    Action.ARCHIVE: _archive,
    Action.VERIFY: _verify,
    Action.REQUEST_CHECK: _request_check,
}
