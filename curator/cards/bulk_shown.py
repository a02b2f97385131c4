"""A bulk action in ready words: before it is done, and after."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.cards.carry import BulkResult
from curator.cards.filters import NOBODY
from curator.cards.orders import DEFAULT, Action, When
from curator.cards.plan import BulkPlan, Planned
from curator.cards.shown import ACTIONS
from curator.pages import BulkDonePage, BulkFailure, BulkPage, LeftOut
from kb.card_templates.commands import names
from kb.cards.collections import collections_readable_by
from kb.cards.queries import card_path
from kb.people.actor import Actor
from kb.people.models import Person
from kb.web.parts import Choice, Field, Link, Option
from kb.wording import N_, _, decimal, ngettext
from kb.words import count

_LISTED = 20
_LABELS = {
    Action.OWNER: N_("New owner"),
    Action.INTERVAL: N_("Days between checks"),
    Action.ADD_TAG: N_("Tag to add"),
    Action.REMOVE_TAG: N_("Tag to remove"),
    Action.MOVE: N_("Collection"),
    Action.TEMPLATE: N_("Template"),
}
_DONE = {
    Action.OWNER: N_("Owner changed"),
    Action.INTERVAL: N_("Interval set"),
    Action.ADD_TAG: N_("Tag added"),
    Action.REMOVE_TAG: N_("Tag removed"),
    Action.MOVE: N_("Moved"),
    Action.TEMPLATE: N_("Template chosen"),
    Action.ARCHIVE: N_("Archived"),
    Action.VERIFY: N_("Verified"),
    Action.REQUEST_CHECK: N_("Check requested"),
}
_WHEN = (
    (When.NEXT, N_("From each card's next check"), N_("No date moves now.")),
    (When.SPREAD, N_("Spread over 4 weeks"), N_("The most used card first.")),
    (When.NOW, N_("Now"), ""),
)


def bulk_page(
    session: Session, actor: Actor, made: BulkPlan, typed: Mapping[str, str], back_url: str, error: str = ""
) -> BulkPage:
    """What would be done, and the field for the value if the action needs one."""
    action, number = made.order.action, len(made.planned)
    value = typed.get("value", "")
    choice = _choice(session, actor, action, value, error)
    is_text = action in (Action.INTERVAL, Action.ADD_TAG, Action.REMOVE_TAG)
    hint = _("“%(word)s” takes the collection's interval.", word=DEFAULT) if action is Action.INTERVAL else ""
    is_shown_first = action is not Action.INTERVAL or made.order.is_complete
    return BulkPage(
        heading=_(ACTIONS[action]),
        sentence=ngettext(
            "%(num)s card of %(chosen)s chosen.",
            "%(num)s cards of %(chosen)s chosen.",
            number,
            chosen=decimal(made.chosen),
        ),
        action="/cards/bulk",
        fields=(("do", action.value), ("chosen", written(made.planned)), ("back", back_url.partition("?")[2])),
        apply_label=f"{_(ACTIONS[action])}: {count(number, 'card')}",
        back_url=back_url,
        cards=tuple(Link(each.title, f"/cards/{each.card_id}") for each in made.planned[:_LISTED]),
        cards_more=_more(number),
        left_out=_left_out(made),
        left_out_words=made.left_out_words,
        value_name="value" if choice or is_text else "",
        value_label=_(_LABELS.get(action, "")),
        choice=choice,
        value=Field(value, error, hint) if is_text else None,
        effect=made.effect,
        spread=_spread(made) if made.effect else None,
        can_apply=bool(made.planned) and is_shown_first and not error,
    )


def done_page(made: BulkPlan, result: BulkResult, back_url: str) -> BulkDonePage:
    """What was done, what failed, and what had been left out."""
    failures = tuple(BulkFailure(Link(each.title, f"/cards/{each.card_id}"), each.why) for each in result.failed)
    sentence = _("%(number)s not done, see below.", number=decimal(len(failures))) if failures else _("All of them.")
    heading = f"{_(_DONE[made.order.action])}: {count(len(result.done), 'card')}"
    return BulkDonePage(heading, sentence, back_url, failures, _left_out(made))


def written(planned: Sequence[Planned]) -> str:
    """Ids with the versions that are on the screen, in one field."""
    return ",".join(f"{each.card_id}:{each.version}" for each in planned)


def read_chosen(value: str) -> dict[int, int]:
    """The same, read back; what is no pair of numbers is left out."""
    pairs = (pair.partition(":")[::2] for pair in value[:20_000].split(","))
    return {int(card): int(version) for card, version in pairs if is_row_number(card) and is_row_number(version)}


def is_row_number(text: str) -> bool:
    """Whether this is an id as a form sends it, and no longer than one."""
    return text.isascii() and text.isdigit() and len(text) <= 10


def _choice(session: Session, actor: Actor, action: Action, value: str, error: str) -> Choice | None:
    if action is Action.OWNER:
        people = session.scalars(select(Person).where(Person.deactivated_at.is_(None)).order_by(Person.name))
        pairs = [(person.email, person.name) for person in people] + [(NOBODY, _("Nobody"))]
    elif action is Action.MOVE:
        shelves = collections_readable_by(session, actor)
        pairs = [(shelf.slug, shelf.name) for shelf in shelves if shelf.id in actor.writable]
    elif action is Action.TEMPLATE:
        pairs = [*names(session).items(), (NOBODY, _("None"))]
    else:
        return None
    return Choice(tuple(Option(key, label, key == value) for key, label in pairs), error)


def _spread(made: BulkPlan) -> Choice:
    return Choice(tuple(Option(each.value, _(words), each is made.order.when, _(hint)) for each, words, hint in _WHEN))


def _left_out(made: BulkPlan) -> tuple[LeftOut, ...]:
    return tuple(
        LeftOut(
            _("Left out: %(words)s", words=group.refusal.words(len(group.cards))),
            tuple(Link(card.title, card_path(card)) for card in group.cards[:_LISTED]),
            _more(len(group.cards)),
        )
        for group in made.left_out
    )


def _more(number: int) -> str:
    return _("and %(number)s more", number=decimal(number - _LISTED)) if number > _LISTED else ""
