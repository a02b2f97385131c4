"""The card manager's table in ready words: filters as menus, columns that sort, rows, and the bar of bulk actions."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.cards.filters import KEYS, NOBODY, Filters, Sort
from curator.cards.listing import PAGE, Listed, Listing
from curator.cards.orders import Action
from curator.cards.plan import MOST
from curator.pages import CardsPage, Column, ManagedCard
from kb.card_templates.commands import names
from kb.cards.collections import collections_readable_by
from kb.cards.models import Status
from kb.cards.queries import card_path
from kb.following.commands import Followed
from kb.following.shown import follow_button
from kb.people.actor import Actor
from kb.people.models import Group, Role
from kb.settings import KNOWN_LANGUAGES
from kb.trust.policy import Policy
from kb.trust.shown import badge, state_name
from kb.trust.state import TrustState
from kb.web.parts import Chip, FilterMenu, Option, Paging
from kb.wording import N_, _, decimal
from kb.words import Words, count

ACTIONS = {
    Action.OWNER: N_("Change owner"),
    Action.INTERVAL: N_("Set interval"),
    Action.ADD_TAG: N_("Add tag"),
    Action.REMOVE_TAG: N_("Remove tag"),
    Action.MOVE: N_("Move"),
    Action.TEMPLATE: N_("Choose template"),
    Action.VERIFY: N_("Verify"),
    Action.REQUEST_CHECK: N_("Request check"),
    Action.ARCHIVE: N_("Archive"),
}
_STATUSES = {Status.PUBLISHED: N_("Published"), Status.DRAFT: N_("Drafts"), Status.ARCHIVED: N_("Archived")}
_VIEWS: tuple[tuple[str, dict[str, str]], ...] = (
    (N_("All"), {}),
    (N_("Mine"), {"owner": "me"}),
    (N_("Overdue"), {"trust": "overdue", "sort": "-views"}),
    (N_("Flagged"), {"trust": "flagged", "sort": "-views"}),
    (N_("Without an owner"), {"owner": NOBODY}),
    (N_("Drafts"), {"status": "draft"}),
    (N_("Incomplete"), {"incomplete": "1", "sort": "-views"}),
)
_COLUMNS: tuple[tuple[str, Sort | None, bool], ...] = (
    (N_("Card"), Sort.TITLE, False),
    (N_("Trust"), None, False),
    (N_("Owner"), None, False),
    (N_("Next check"), Sort.NEXT_CHECK, False),
    (N_("Views"), Sort.VIEWS, True),
    (N_("Updated"), Sort.UPDATED, False),
)


def cards_page(
    session: Session, actor: Actor, values: Mapping[str, str], filters: Filters, found: Listing, policy: Policy,
    now: datetime,
) -> CardsPage:  # fmt: skip
    """The page for these arguments of the address, which were read into `filters` before."""
    chosen = {name: values[name] for name in (*KEYS, "sort") if values.get(name)}
    can_change = actor.role.rank >= Role.AUTHOR.rank
    words = Words(now, policy.zone)
    return CardsPage(
        summary=count(found.total, "card"),
        query=chosen.get("q", ""),
        kept=tuple((name, value) for name, value in chosen.items() if name != "q"),
        views=tuple(Chip(_(label), address(view), view == chosen) for label, view in _VIEWS),
        filters=_menus(session, actor, chosen),
        columns=tuple(_column(_(label), sort, is_number, chosen, filters) for label, sort, is_number in _COLUMNS),
        cards=tuple(_row(row, words) for row in found.rows),
        paging=_paging(found, chosen),
        bulk_action="/cards/bulk" if can_change else "",
        bulk_choices=tuple(Option(action.value, _(label)) for action, label in ACTIONS.items()) if can_change else (),
        matching=tuple(chosen.items()),
        matching_words=_("Select all %(total)s that match", total=decimal(found.total))
        if len(found.rows) < found.total <= MOST
        else "",
        clear_url="/cards" if set(chosen) - {"sort"} else "",
        follow=follow_button(session, actor, Followed(tag=filters.tag), address(chosen)) if filters.tag else None,
        follow_tag=filters.tag,
    )


def address(values: Mapping[str, str], **changes: str) -> str:
    """The card manager with these arguments; a blank one is left out."""
    kept = {name: value for name, value in {**values, **changes}.items() if value}
    return f"/cards?{urlencode(kept)}" if kept else "/cards"


def _menus(session: Session, actor: Actor, chosen: Mapping[str, str]) -> tuple[FilterMenu, ...]:
    shelves = [(shelf.slug, shelf.name) for shelf in collections_readable_by(session, actor)]
    groups = [(group.slug, group.name) for group in session.scalars(select(Group).order_by(Group.name))]
    menus = [
        _menu(chosen, _("Collection"), "collection", shelves),
        _menu(chosen, _("Trust"), "trust", [(state.value, state_name(state)) for state in TrustState]),
        _menu(
            chosen, _("Status"), "status", [*((s.value, _(label)) for s, label in _STATUSES.items()), ("any", _("Any"))]
        ),
        _menu(chosen, _("Owner"), "owner", [("me", _("Me")), (NOBODY, _("Nobody"))]),
        _menu(chosen, _("Assignee"), "assignee", [("me", _("Me"))]),
        _menu(chosen, _("Verifiers"), "verifier", groups),
        _menu(chosen, _("Language"), "language", [(each, each.upper()) for each in KNOWN_LANGUAGES]),
        _menu(chosen, _("Template"), "template", [*names(session).items(), (NOBODY, _("None"))]),
    ]
    others = ((_("Tag"), "tag"), (_("Updated since"), "updated_since"))
    some = [_menu(chosen, label, name, []) for label, name in others if name in chosen]
    some += [_menu(chosen, _("Incomplete"), "incomplete", [("1", _("Yes"))])] if "incomplete" in chosen else []
    return (*menus, *some)


def _menu(chosen: Mapping[str, str], label: str, name: str, options: Iterable[tuple[str, str]]) -> FilterMenu:
    value = chosen.get(name, "")
    choices = tuple(Chip(words, address(chosen, **{name: key}), key == value) for key, words in options)
    named = next((choice.label for choice in choices if choice.on), value)
    return FilterMenu(label, named or _("Any"), choices, address(chosen, **{name: ""}) if value else "")


def _column(label: str, sort: Sort | None, is_number: bool, chosen: Mapping[str, str], filters: Filters) -> Column:
    if sort is None:
        return Column(label)
    is_sorted = filters.sort is sort
    # A second click turns the order round; the first shows the most viewed and the newest on top.
    descends = not filters.is_descending if is_sorted else sort in (Sort.VIEWS, Sort.UPDATED)
    direction = ("descending" if filters.is_descending else "ascending") if is_sorted else ""
    return Column(label, address(chosen, sort=f"{'-' if descends else ''}{sort}"), direction, is_number)


def _row(row: Listed, words: Words) -> ManagedCard:
    card = row.card
    due = row.trust.verify_by if row.trust else None
    status = _("Replaced") if card.replaced_by_id is not None else {"draft": _("Draft"), "archived": _("Archived")}
    return ManagedCard(
        id=card.id,
        title=card.title,
        url=card_path(card),
        collection=card.collection.name,
        badge=badge(row.trust, words) if row.trust else None,
        owner=card.owner.name if card.owner else _("No owner"),
        next_check=words.day(due) if due else "–",
        views=decimal(row.impressions),
        updated=words.ago(card.updated_at),
        status=status if isinstance(status, str) else status.get(card.status, ""),
    )


def _paging(found: Listing, chosen: Mapping[str, str]) -> Paging:
    first = (found.page - 1) * PAGE + 1
    words = (
        _(
            "%(first)s to %(last)s of %(total)s",
            first=decimal(first),
            last=decimal(first + len(found.rows) - 1),
            total=decimal(found.total),
        )
        if found.rows
        else _("Nothing here")
    )
    return Paging(
        words,
        address(chosen, page=str(found.page - 1)) if found.page > 1 else "",
        address(chosen, page=str(found.page + 1)) if found.page < found.pages else "",
    )
