"""Decide about a pair: keep both, merge one card into the other, or replace one by the other. Each can be undone.

Two curators at once: the second finds it decided and is told so.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.duplicates.pending import PairOfCards, may_decide, pair_of_cards
from kb.cards import commands
from kb.cards.commands import CardText, Edit
from kb.cards.models import Card
from kb.cards.replacements import let_nobody_replace, replace_card
from kb.db import hold
from kb.errors import Conflict, Forbidden, invalid
from kb.lines.models import CardAlias, Decision
from kb.lines.spans import note_pairs
from kb.people import audit
from kb.people.actor import Actor
from kb.sentences import sentence, shortened
from kb.text.markdown import Rendered
from kb.triggers.commands import inherit_triggers
from kb.trust.policy import Policy
from kb.use.models import SearchClick
from kb.wording import _

MOST_TAGS = 20


def keep_both(session: Session, actor: Actor, pair_id: int, now: datetime) -> PairOfCards:
    """These are two answers. It is remembered until one of the texts changes."""
    found = _held(session, actor, pair_id)
    _demand_open(found)
    found.pair.decision, found.pair.decided_by_id, found.pair.decided_at = Decision.KEPT, actor.id, now
    _note(session, actor, "kept_both", found, now)
    return found


def reopen(session: Session, actor: Actor, pair_id: int, now: datetime) -> PairOfCards:
    """Take "keep both" back."""
    found = _held(session, actor, pair_id)
    if found.pair.decision is None:
        raise Conflict(_("Nothing was decided about these two cards."))
    found.pair.decision = found.pair.decided_by_id = found.pair.decided_at = None
    _note(session, actor, "pair_reopened", found, now)
    return found


def merge(
    session: Session, actor: Actor, pair_id: int, survivor_id: int, policy: Policy, now: datetime
) -> tuple[Card, Card]:
    """The other card leads to the survivor, which inherits its tags, names, triggers and the searches that ended on it.

    It inherits nothing that its readers could not read before: see `_may_be_told`. Returns the survivor and the loser.
    Their texts stay as they are: whoever wants something of the loser's in the survivor edits it.
    """
    survivor, loser = _replaced(session, actor, pair_id, survivor_id, now)
    if _may_be_told(survivor, loser):
        _inherit_tags(session, actor, survivor, loser, policy, now)
        _inherit_names(session, survivor, loser, now)
        _inherit_queries(session, survivor, loser)
        inherit_triggers(session, survivor.id, loser.id)
    audit.record(session, actor, "merged", "card", survivor.id, now, loser=loser.id, title=loser.title)
    return survivor, loser


def replace(session: Session, actor: Actor, pair_id: int, survivor_id: int | None, now: datetime) -> tuple[Card, Card]:
    """The other card leads to the survivor (the one edited last, unless named), which inherits nothing."""
    return _replaced(session, actor, pair_id, survivor_id, now)


def _held(session: Session, actor: Actor, pair_id: int) -> PairOfCards:
    let_nobody_replace(session)
    found = pair_of_cards(session, actor, pair_id)
    for row in (found.pair, found.newer, found.older):
        hold(session, row)
    if not may_decide(actor, (found.newer, found.older)):
        raise Forbidden(_("Only who curates both collections may decide about these two cards."))
    return found


def _demand_open(found: PairOfCards) -> None:
    if found.pair.decision is not None or not found.is_open:
        raise Conflict(_("Somebody has decided about these two cards already."))


def _replaced(
    session: Session, actor: Actor, pair_id: int, survivor_id: int | None, now: datetime
) -> tuple[Card, Card]:
    found = _held(session, actor, pair_id)
    _demand_open(found)
    if survivor_id not in (None, found.newer.id, found.older.id):
        raise invalid("survivor_id", _("Name one of the two cards."))
    is_older_kept = survivor_id == found.older.id
    survivor, loser = (found.older, found.newer) if is_older_kept else (found.newer, found.older)
    replace_card(session, actor, loser, survivor, now)
    return survivor, loser


def _may_be_told(survivor: Card, loser: Card) -> bool:
    """Whether all who read the survivor could read the loser: its title would be found, its tags be shown there."""
    return loser.collection_id == survivor.collection_id or loser.collection.is_open


def _inherit_tags(
    session: Session, actor: Actor, survivor: Card, loser: Card, policy: Policy, now: datetime
) -> None:  # fmt: skip
    """A minor edit: a tag says nothing about whether the text is still true."""
    tags = list(dict.fromkeys([*survivor.tags, *loser.tags]))[:MOST_TAGS]
    if set(tags) == set(survivor.tags):
        return
    rendered = Rendered(survivor.html, survivor.text, survivor.headings.splitlines(), [], 0)
    text = CardText(
        survivor.title, survivor.body, rendered, survivor.language, survivor.language_chosen, tuple(tags),
        tuple(survivor.audience),
    )  # fmt: skip
    note = sentence("Merged with “%(title)s”", title=loser.title)
    edit = Edit(survivor.version, shortened(note, 300), is_minor=True)
    commands.edit_card(session, actor, survivor, text, edit, policy, now)


def _inherit_names(session: Session, survivor: Card, loser: Card, now: datetime) -> None:
    names: dict[int, set[str]] = {survivor.id: {survivor.title}, loser.id: {loser.title}}
    for row in session.scalars(select(CardAlias).where(CardAlias.card_id.in_(names))):
        names[row.card_id].add(row.words)
    for words in sorted(names[loser.id] - names[survivor.id]):
        session.add(CardAlias(card_id=survivor.id, words=words, since=now))


def _inherit_queries(session: Session, survivor: Card, loser: Card) -> None:
    """What was opened from a search counts for the card that answers it from now on."""
    clicks = session.scalars(select(SearchClick).where(SearchClick.card_id.in_((survivor.id, loser.id)))).all()
    known = {(click.query_id, click.kind) for click in clicks if click.card_id == survivor.id}
    for click in clicks:
        if click.card_id == loser.id and (click.query_id, click.kind) not in known:
            session.add(SearchClick(query_id=click.query_id, card_id=survivor.id, kind=click.kind, at=click.at))


def _note(session: Session, actor: Actor, action: str, found: PairOfCards, now: datetime) -> None:
    note_pairs(session, (found.newer.id, found.older.id), now)
    for card, other in ((found.newer, found.older), (found.older, found.newer)):
        audit.record(session, actor, action, "card", card.id, now, other=other.id)
