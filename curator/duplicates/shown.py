"""The pages of near-duplicates in ready words: the list of pairs, and two cards side by side."""

from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy.orm import Session

from curator.duplicates.pending import PairOfCards, count_pairs, may_decide, waiting_pairs
from kb.cards.history import diff_lines
from kb.cards.models import Card, Status
from kb.cards.queries import card_path
from kb.lines.models import Decision
from kb.people.actor import Actor
from kb.text.diff import DiffLine
from kb.trust.policy import Policy
from kb.trust.queries import trust_by_card
from kb.trust.shown import badge
from kb.trust.state import Trust
from kb.use.queries import impressions_by_card
from kb.web.parts import Badge, Paging
from kb.wording import _, decimal, ngettext
from kb.words import Words, joined

PAGE = 25


@dataclass(frozen=True, slots=True)
class PairRow:
    """A pair in the list."""

    title: str
    other_title: str
    url: str
    words: str


@dataclass(frozen=True, slots=True)
class PairsPage:
    """/duplicates"""

    summary: str
    pairs: tuple[PairRow, ...]
    paging: Paging | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two cards. Keeping it merges the other into it, or replaces the other by it."""

    id: int
    title: str
    url: str
    collection: str
    badge: Badge | None
    facts: str
    html: Markup
    edit_url: str = ""


@dataclass(frozen=True, slots=True)
class PairPage:
    """/duplicates/{id}. POST resolution, survivor_id to `action`, for whoever may decide."""

    heading: str
    sentence: str
    sides: tuple[Side, Side]
    lines: tuple[DiffLine, ...]
    action: str = ""
    reopen_action: str = ""
    back_url: str = ""


def pairs_page(session: Session, actor: Actor, page: int) -> PairsPage:
    """The pairs that wait for this actor, a page of them."""
    total, offset = count_pairs(session, actor), (page - 1) * PAGE
    found = waiting_pairs(session, actor, PAGE, offset)
    rows = tuple(_row(pair) for pair in found)
    summary = ngettext(
        "%(num)s pair of cards that look alike, the likest first. Search shows one of each.",
        "%(num)s pairs of cards that look alike, the likest first. Search shows one of each.",
        total,
    )
    return PairsPage(summary if total else "", rows, _paging(page, offset, len(rows), total))


def pair_page(session: Session, actor: Actor, found: PairOfCards, policy: Policy, words: Words) -> PairPage:
    """The two cards and what differs, from the older to the newer."""
    older, newer = found.older, found.newer
    trusts = trust_by_card(session, [c for c in (older, newer) if c.status == Status.PUBLISHED], policy, words.now)
    used = impressions_by_card(session, [older.id, newer.id], words.now.date())
    sides = [_side(actor, card, trusts.get(card.id), used.get(card.id, 0), words) for card in (older, newer)]
    decides = may_decide(actor, (older, newer))
    is_kept = found.pair.decision == Decision.KEPT
    return PairPage(
        heading=_("Two cards that look alike"),
        sentence=_sentence(found, is_kept, decides),
        sides=(sides[0], sides[1]),
        lines=diff_lines(f"{older.title}\n\n{older.body}", f"{newer.title}\n\n{newer.body}"),
        action=f"/duplicates/{found.pair.id}" if decides and found.is_open and not is_kept else "",
        reopen_action=f"/duplicates/{found.pair.id}/reopen" if decides and is_kept else "",
        back_url="/duplicates" if decides else "",
    )


def _row(found: PairOfCards) -> PairRow:
    shelves = list(dict.fromkeys(card.collection.name for card in (found.newer, found.older)))
    words = f"{_('%(percent)s %% alike', percent=round(100 * found.pair.score))} · {joined(list(shelves))}"
    return PairRow(found.newer.title, found.older.title, f"/duplicates/{found.pair.id}", words)


def _side(actor: Actor, card: Card, trust: Trust | None, used: int, words: Words) -> Side:
    facts = [_("Edited %(day)s", day=words.day(card.updated_at)), card.owner.name if card.owner else _("No owner")]
    if used:
        facts.append(ngettext("used %(num)s time this month", "used %(num)s times this month", used))
    can_edit = card.collection_id in actor.writable and card.status != Status.ARCHIVED
    return Side(
        id=card.id,
        title=card.title,
        url=card_path(card),
        collection=card.collection.name,
        badge=badge(trust, words) if trust else None,
        facts=" · ".join(facts),
        html=Markup(card.html),  # noqa: S704  (sanitised when it was rendered)
        edit_url=f"/cards/{card.id}/edit" if can_edit else "",
    )


def _sentence(found: PairOfCards, is_kept: bool, decides: bool) -> str:
    if is_kept:
        return _("Both are kept, until one of the texts changes.")
    if not found.is_open:
        return _("At least one of them is not served, so there is nothing to decide now.")
    if not decides:
        return _("Search shows the better trusted one until a curator of both collections decides.")
    return _("Search shows the better trusted one until you decide.")


def _paging(page: int, offset: int, shown: int, total: int) -> Paging | None:
    if total <= PAGE or not shown:
        return None
    last = offset + shown
    before = f"/duplicates?page={page - 1}" if page > 1 else ""
    return Paging(
        _("%(first)s to %(last)s of %(total)s", first=offset + 1, last=last, total=decimal(total)),
        before,
        f"/duplicates?page={page + 1}" if last < total else "",
    )
