"""Builds the pages of review: what waits, and one proposal beside the card as readers see it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup
from sqlalchemy.orm import Session

from kb.card_templates.commands import names
from kb.cards.history import diff_lines
from kb.cards.models import Card, Collection, Status
from kb.cards.permissions import Right, may
from kb.cards.queries import card_path, revision_of
from kb.people.actor import Actor
from kb.reviewing.models import Proposal, State
from kb.reviewing.queries import Scope, count_proposals, proposals_in
from kb.reviewing.shown import author_of
from kb.sentences import told
from kb.text.diff import DiffLine
from kb.web.parts import BLANK, Chip, Field, Paging, Problem
from kb.wording import N_, _
from kb.words import Words, span

_PAGE = 50
_STATES = {State.WAITING: N_("Waits for review"), State.APPROVED: N_("Approved"), State.SENT_BACK: N_("Sent back"),
           State.WITHDRAWN: N_("Withdrawn")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A proposal in the list."""

    title: str
    url: str
    who: str
    state: str
    when: str


@dataclass(frozen=True, slots=True)
class ReviewsPage:
    """/reviews"""

    scopes: tuple[Chip, ...]
    rows: tuple[ReviewRow, ...]
    empty: str
    paging: Paging | None


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """/reviews/{id}. An action that is "" is not this reader's, or not possible now."""

    title: str
    card_url: str
    card_title: str
    state: str
    facts: tuple[tuple[str, str], ...]
    words: str
    moved: str
    lines: tuple[DiffLine, ...]
    diff_label: str
    since_base: tuple[DiffLine, ...]
    html: Markup
    version: int
    approve_action: str = ""
    approve_words: str = ""
    return_action: str = ""
    withdraw_action: str = ""
    edit_url: str = ""
    return_words: Field = BLANK
    problems: tuple[Problem, ...] = field(default=())


def reviews_page(session: Session, actor: Actor, scope: Scope, page: int, words: Words) -> ReviewsPage:
    """One page of a scope."""
    total = count_proposals(session, actor, scope)
    found = proposals_in(session, actor, scope, limit=_PAGE, offset=(page - 1) * _PAGE)
    scopes = [(Scope.FOR_ME, _("For you to review")), (Scope.MINE, _("Yours"))][0 if actor.curated else 1 :]
    empty = (
        _("Nothing waits for your review.") if scope is Scope.FOR_ME else _("Nothing of yours waits or was sent back.")
    )
    return ReviewsPage(
        scopes=tuple(Chip(label, f"/reviews?scope={each.value}", each is scope) for each, label in scopes),
        rows=tuple(_row(proposal, words) for proposal in found),
        empty=empty,
        paging=_paging(scope, page, total),
    )


def review_page(
    session: Session, actor: Actor, proposal: Proposal, html: Markup, words: Words, problems: Sequence[Problem] = (),
    typed: str = "",
) -> ReviewPage:  # fmt: skip
    """One proposal for whoever may see it: what it changes, how it will read, and what to do about it."""
    card, new = proposal.card, f"{proposal.title}\n\n{proposal.body}"
    waits = proposal.is_waiting
    moved = waits and card.version != proposal.base_version
    is_mine, curates = proposal.author_id == actor.id, card.collection_id in actor.curated
    base = revision_of(session, card, proposal.base_version)
    here = f"/reviews/{proposal.id}"
    can_approve = waits and may(actor, Right.APPROVE, card)
    is_new = proposal.publishes and card.status == Status.DRAFT
    old_text = f"{card.title}\n\n{card.body}" if waits else f"{base.title}\n\n{base.body}"
    return ReviewPage(
        title=proposal.title,
        card_url=card_path(card),
        card_title=card.title,
        state=_(_STATES[State(proposal.state)]),
        facts=_facts(session, proposal, words),
        words=proposal.words,
        moved=_moved(session, card, words) if moved else "",
        lines=() if is_new and not moved else diff_lines(old_text, new),
        diff_label=_("From what stands in the card now to this") if moved else _("What it changes"),
        since_base=diff_lines(f"{base.title}\n\n{base.body}", new) if moved else (),
        html=html,
        version=card.version,
        approve_action=f"{here}/approval" if can_approve else "",
        approve_words=_approve_words(card, is_new=is_new, moved=moved),
        return_action=f"{here}/return" if waits and curates else "",
        withdraw_action=f"{here}/withdrawal" if is_mine and _is_open(proposal) else "",
        edit_url=f"/cards/{card.id}/edit" if is_mine and may(actor, Right.EDIT, card) and _is_open(proposal) else "",
        return_words=Field(typed, problems[0].message if problems else ""),
        problems=tuple(problems),
    )


def _is_open(proposal: Proposal) -> bool:
    return proposal.state in (State.WAITING, State.SENT_BACK)


def _approve_words(card: Card, *, is_new: bool, moved: bool) -> str:
    if moved:
        return _("Approve in place of version %(version)s", version=card.version)
    return _("Approve and publish") if is_new else _("Approve")


def _moved(session: Session, card: Card, words: Words) -> str:
    now = revision_of(session, card, card.version)
    by = now.author.name if now.author else _("An import")
    return _(
        (
            "The card moved on since this was written: %(by)s saved version %(version)s %(when)s. "
            "Approving puts this text in its place; sending it back lets its author bring both together."
        ),
        by=by,
        version=card.version,
        when=words.ago(now.at),
    )


def _facts(session: Session, proposal: Proposal, words: Words) -> tuple[tuple[str, str], ...]:
    card = proposal.card
    facts = [
        (_("By"), author_of(proposal)),
        (_("Since"), words.exact(proposal.at)),
        (_("Collection"), card.collection.name),
    ]
    if proposal.note:
        facts.append((_("What changed"), told(proposal.note)))
    if proposal.tags != card.tags and proposal.is_waiting:
        facts.append((_("Tags"), f"{', '.join(card.tags) or _('none')} → {', '.join(proposal.tags) or _('none')}"))
    if proposal.language != card.language and proposal.is_waiting:
        facts.append((_("Language"), f"{card.language} → {proposal.language}"))
    if sorted(proposal.audience) != sorted(card.audience) and proposal.is_waiting:
        before, after = (", ".join(each) or "everybody" for each in (card.audience, proposal.audience))
        facts.append((_("Audience"), f"{before} → {after}"))
    if proposal.template is not None and (proposal.template or None) != card.template and proposal.is_waiting:
        before, after = (names(session).get(each or "", _("none")) for each in (card.template, proposal.template))
        facts.append((_("Template"), f"{before} → {after}"))
    if proposal.collection_id is not None and proposal.is_waiting:
        facts.append((_("Moves to"), session.get_one(Collection, proposal.collection_id).name))
    if proposal.decided_by is not None and proposal.state != State.WITHDRAWN:
        when = words.exact(proposal.decided_at) if proposal.decided_at else ""
        facts.append((_(_STATES[State(proposal.state)]), f"{proposal.decided_by.name}, {when}"))
    return tuple(facts)


def _row(proposal: Proposal, words: Words) -> ReviewRow:
    shelf, author = proposal.card.collection.name, author_of(proposal)
    who = (
        _("%(author)s, new card in %(collection)s", author=author, collection=shelf)
        if proposal.publishes
        else _("%(author)s, change in %(collection)s", author=author, collection=shelf)
    )
    state = "" if proposal.is_waiting else _(_STATES[State(proposal.state)])
    return ReviewRow(proposal.title, f"/reviews/{proposal.id}", who, state, words.ago(proposal.at))


def _paging(scope: Scope, page: int, total: int) -> Paging | None:
    if total <= _PAGE:
        return None
    first, last = (page - 1) * _PAGE + 1, min(page * _PAGE, total)
    here = f"/reviews?scope={scope.value}&page="
    return Paging(
        span(first, last, total),
        f"{here}{page - 1}" if page > 1 else "",
        f"{here}{page + 1}" if last < total else "",
    )
