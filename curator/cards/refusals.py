"""Why a bulk action leaves a card out: one rule per action, with its words."""

from collections.abc import Callable
from enum import Enum

from curator.cards.orders import Action, BulkOrder, When
from kb.cards.models import Card, Status
from kb.cards.permissions import Right, may
from kb.people.actor import Actor
from kb.wording import N_, _

MOST_TAGS = 20
_RIGHTS = {Action.ARCHIVE: Right.ARCHIVE, Action.VERIFY: Right.VERIFY}


class Refusal(Enum):
    """A reason, in words for one card and for several."""

    NOT_ALLOWED = (N_("you may not change it"), N_("you may not change them"))
    REPORTED = (N_("it has open reports"), N_("they have open reports"))
    CHANGED = (N_("it changed since you opened the list"), N_("they changed since you opened the list"))
    ARCHIVED = (N_("it is archived"), N_("they are archived"))
    NOT_SERVED = (N_("it is a draft, archived or replaced"), N_("they are drafts, archived or replaced"))
    SAME = (N_("it is like that already"), N_("they are like that already"))
    TOO_MANY_TAGS = (N_("it has 20 tags already"), N_("they have 20 tags already"))
    TAKEN = (N_("its external id is taken there"), N_("their external ids are taken there"))

    def words(self, number: int) -> str:
        """The reason, for so many cards."""
        one, many = self.value
        return _(str(one if number == 1 else many))


def refusal(
    actor: Actor, order: BulkOrder, card: Card, *, is_flagged: bool, seen_version: int, taken: frozenset[str]
) -> Refusal | None:
    """Why this card is left out, or None when the action can be done on it."""
    if card.status == Status.ARCHIVED:
        return Refusal.SAME if order.action is Action.ARCHIVE else Refusal.ARCHIVED
    if order.action in (Action.VERIFY, Action.REQUEST_CHECK) and not card.is_servable:
        return Refusal.NOT_SERVED
    if not may(actor, _RIGHTS.get(order.action, Right.CURATE), card):
        return Refusal.NOT_ALLOWED
    if order.action is Action.VERIFY and is_flagged:
        return Refusal.REPORTED
    if order.action is Action.VERIFY and seen_version != card.version:
        return Refusal.CHANGED
    if order.is_complete and _is_done(order, card):
        return Refusal.SAME
    if order.tag and order.action is Action.ADD_TAG and len(card.tag_rows) >= MOST_TAGS:
        return Refusal.TOO_MANY_TAGS
    return Refusal.TAKEN if card.external_id in taken else None


def _is_done(order: BulkOrder, card: Card) -> bool:
    checks: dict[Action, Callable[[], bool]] = {
        Action.OWNER: lambda: card.owner_id == order.owner_id,
        Action.ADD_TAG: lambda: order.tag in card.tags,
        Action.REMOVE_TAG: lambda: order.tag not in card.tags,
        Action.MOVE: lambda: card.collection_id == order.collection_id,
        Action.TEMPLATE: lambda: (card.template or "") == order.template,
        Action.INTERVAL: lambda: (
            order.when is When.NEXT and card.interval_days == order.interval_days and card.check_on is None
        ),
    }
    return order.action in checks and checks[order.action]()
