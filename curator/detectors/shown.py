"""Builds the panel of evidence beside a card: words, not decisions, for the template."""

from sqlalchemy.orm import Session

from curator.detectors.due_dates import dates_ahead
from curator.detectors.findings import findings_of
from curator.detectors.models import Finding, WatchedSource
from curator.detectors.pages import EvidencePanel, FindingRow, SourceRow
from curator.detectors.reading import read_card
from curator.detectors.sources import is_address, sources_of
from curator.detectors.weights import (
    BROKEN_LINK,
    DATE_PASSED,
    DEAD_LINK,
    DUPLICATE,
    FAILED_SEARCHES,
    LINKED_CORRECTED,
    LOW_RATING,
    MOVED_LINK,
    NEW_CARD,
    SOURCE_CHANGED,
)
from kb.cards.models import Card
from kb.cards.permissions import Right, may
from kb.people.actor import Actor
from kb.sentences import told
from kb.trust.policy import Policy
from kb.trust.queries import open_flags
from kb.web.parts import ReasonKind
from kb.wording import _
from kb.words import Words

_ICONS: dict[str, ReasonKind] = {
    LINKED_CORRECTED: "link",
    BROKEN_LINK: "link",
    DEAD_LINK: "link",
    MOVED_LINK: "link",
    SOURCE_CHANGED: "source",
    DATE_PASSED: "date",
    NEW_CARD: "date",
    LOW_RATING: "rating",
    FAILED_SEARCHES: "never",
    DUPLICATE: "duplicate",
}
_DATES_SHOWN = 3


def evidence_panel(session: Session, actor: Actor, card: Card, policy: Policy, words: Words) -> EvidencePanel | None:
    """What speaks against a card, for whoever may verify it; nothing for anybody else."""
    if not may(actor, Right.VERIFY, card):
        return None
    found = findings_of(session, actor, card.id)
    ahead = dates_ahead(read_card(card), policy, words.now)[:_DATES_SHOWN]
    can_watch = may(actor, Right.CURATE, card)
    panel = EvidencePanel(
        open=tuple(_row(each, words) for each in found if each.dismissed_at is None),
        dismissed=tuple(_row(each, words) for each in found if each.dismissed_at is not None),
        ahead=tuple((each.words, words.full_day(each.due_at)) for each in ahead),
        sources=tuple(_source(each, words, can_remove=can_watch) for each in sources_of(session, card.id)),
        watch_action=f"/cards/{card.id}/sources" if can_watch else "",
        nothing=_("Only the reports above.") if open_flags(session, [card.id]) else _("Nothing speaks against it."),
    )
    is_empty = not (panel.open or panel.dismissed or panel.ahead or panel.sources or panel.watch_action)
    return None if is_empty else panel


def _row(finding: Finding, words: Words) -> FindingRow:
    base = f"/findings/{finding.id}"
    dismissed = ""
    if finding.dismissed_at is not None:
        by = finding.dismissed_by.name if finding.dismissed_by else _("Somebody")
        dismissed = f"{by}, {words.day(finding.dismissed_at)}: {told(finding.dismissal or '')}"
    return FindingRow(
        id=finding.id,
        icon=_ICONS.get(finding.detector, "person" if "person" in finding.detector else "edit"),
        words=told(finding.words),
        detail=told(finding.detail),
        url=finding.url or "",
        action=f"{base}/restore" if dismissed else f"{base}/dismiss",
        dismissed=dismissed,
    )


def _source(source: WatchedSource, words: Words, *, can_remove: bool) -> SourceRow:
    if source.changed_at is not None:
        state = _("Says something else since %(day)s", day=words.day(source.changed_at))
    elif source.trouble:
        state = _("Can't be read: %(trouble)s", trouble=told(source.trouble))
    elif source.tried_at is None:
        state = _("Not read yet")
    else:
        state = _("Unchanged, read %(when)s", when=words.ago(source.tried_at))
    return SourceRow(
        place=source.place,
        url=source.place if is_address(source.place) else "",
        state=state,
        is_changed=source.changed_at is not None,
        remove_action=f"/sources/{source.id}/remove" if can_remove else "",
    )
