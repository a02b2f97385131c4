"""What a verifier sees beside the card: reports, findings, what changed in it and in its sources, and who uses it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from curator.detectors.findings import Finding, open_findings
from curator.detectors.source_diff import SourceDiff, source_diff
from kb.cards.models import Card, Revision
from kb.cards.permissions import Right, demand
from kb.comments.queries import open_comments
from kb.people.actor import Actor
from kb.text.diff import DiffLine, diff
from kb.trust.models import Flag
from kb.trust.queries import open_flags
from kb.use.queries import impressions_by_card


@dataclass(frozen=True, slots=True)
class Evidence:
    """Open reports, oldest first; findings that raised no report; the diff since the verified version, if the text
    moved on; sources that changed since the check; impressions in 28 days; open comments."""

    reports: tuple[Flag, ...]
    findings: tuple[Finding, ...]
    verified_version: int | None
    changes: tuple[DiffLine, ...]
    sources: tuple[SourceDiff, ...]
    impressions: int
    comments: int = 0

    @property
    def note_needed(self) -> bool:
        """A report can't be brushed aside in silence: whoever verifies says what they checked."""
        return bool(self.reports)

    @property
    def last_flag(self) -> int:
        """The newest report that is shown; 0 where there is none."""
        return max((flag.id for flag in self.reports), default=0)


def evidence_of(session: Session, actor: Actor, card: Card, now: datetime) -> Evidence:
    """The evidence for one card, for somebody who may verify it."""
    demand(actor, Right.READ, card)
    findings = open_findings(session, [card.id]).get(card.id, [])
    return Evidence(
        reports=tuple(open_flags(session, [card.id]).get(card.id, [])),
        findings=tuple(finding for finding in findings if finding.flag_id is None),
        verified_version=card.verified_version,
        changes=_changes(session, card),
        sources=tuple(source_diff(session, card.id)),
        impressions=impressions_by_card(session, [card.id], now.date()).get(card.id, 0),
        comments=open_comments(session, [card.id]).get(card.id, 0),
    )


def _changes(session: Session, card: Card) -> tuple[DiffLine, ...]:
    if card.verified_version is None or card.verified_version == card.version:
        return ()
    verified = session.get(Revision, (card.id, card.verified_version))
    if verified is None:
        return ()
    lines = diff(f"{verified.title}\n{verified.body}", f"{card.title}\n{card.body}")
    return tuple(lines) if any(line.kind in ("added", "removed") for line in lines) else ()
