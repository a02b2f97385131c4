"""What readers searched for in vain, on a page of its own."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.reports.about import EVERYTHING, About
from curator.reports.dismissing import dismissed_gaps
from curator.reports.gaps import load_gaps
from curator.reports.pages import DismissedRow, GapRow, GapsPage
from curator.reports.rows import gap_rows
from curator.reports.shown import long_day, subject_chips
from curator.reports.weeks import Week, week_of
from kb.cards.models import Card
from kb.cards.permissions import servable_to
from kb.cards.queries import card_path
from kb.people.actor import Actor
from kb.trust.policy import Policy
from kb.web.parts import Chip, Link
from kb.wording import N_, _, ngettext
from kb.words import Words

PATH = "/reports/gaps"
LONGEST = 100
_OTHERS = N_("Of others' searches you are told what several people asked who may read no more than you.")


def gaps_page(
    session: Session, actor: Actor, about: About, week: Week, policy: Policy, now: datetime, *, is_open: bool = False
) -> GapsPage:
    """The gaps of one week; below them, for curators, what is dismissed (`is_open`: unfolded)."""
    gaps = load_gaps(session, actor, about, week.start(policy), min(now, week.end(policy)), LONGEST)
    links = _links(session, actor, {gap.card_id for gap in gaps if gap.card_id is not None})
    rows = tuple(_with_ways_out(actor, about, row) for row in gap_rows(gaps, links))
    found = (
        ngettext("%(num)s question had no good answer.", "%(num)s questions had no good answer.", len(rows))
        if rows
        else _("No search was in vain, as far as you may know.")
    )
    is_last = week >= week_of(now, policy)
    return GapsPage(
        heading=_("Searched for in vain, week of %(day)s", day=long_day(week)),
        sentence=f"{found} {_(_OTHERS)}",
        gaps=rows,
        subjects=_subjects(session, actor, about, week),
        previous_url=about.address(PATH, week=week.before().key),
        dismiss_action=f"{PATH}/dismissals" if actor.is_curator else "",
        here=about.address(PATH, week=week.key),
        dismissed=_dismissed(session, actor, Words(now, policy.zone)),
        dismissed_here=f"{about.address(PATH, week=week.key)}&dismissed=1#dismissed",
        is_dismissed_open=is_open,
        next_url="" if is_last else about.address(PATH, week=week.before(-1).key),
    )


def _dismissed(session: Session, actor: Actor, words: Words) -> tuple[DismissedRow, ...]:
    return tuple(
        DismissedRow(
            gap.words or gap.stems,
            _("Dismissed by %(name)s, %(day)s", name=by.name if by else _("Somebody"), day=words.day(gap.at)),
        )
        for gap, by in dismissed_gaps(session, actor, LONGEST)
    )


def _with_ways_out(actor: Actor, about: About, row: GapRow) -> GapRow:
    """Write the card, for those who may write one there; ask somebody who knows."""
    may_write = bool(actor.writable) if about.collection_id is None else about.collection_id in actor.writable
    write = f"/cards/new?{urlencode({'title': row.words[:1].upper() + row.words[1:], **about.query})}"
    return replace(row, write_url=write if may_write else "", ask_url=f"/questions/new?{urlencode({'q': row.words})}")


def _links(session: Session, actor: Actor, ids: set[int]) -> Mapping[int, Link]:
    cards = session.scalars(select(Card).where(Card.id.in_(ids), servable_to(actor)))
    return {card.id: Link(card.title, card_path(card)) for card in cards}


def _subjects(session: Session, actor: Actor, about: About, week: Week) -> tuple[Chip, ...]:
    """Nobody searches by owner, so there is no page about a person."""
    chips = subject_chips(session, actor, about if about.person_id is None else EVERYTHING, week, PATH)
    return tuple(chip for chip in chips if "person=" not in chip.url)
