"""Trust, computed: facts and the clock in, a state with typed reasons out. Nothing here is ever stored."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from kb.cards.answers import AnswerCard
from kb.cards.models import Breach, Card
from kb.sentences import sentence, told
from kb.trust.models import Flag, OpenFlag
from kb.trust.notes import note_words
from kb.trust.policy import Policy
from kb.wording import _


class TrustState(StrEnum):
    """The state of a published card, best first."""

    VERIFIED = "verified"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    FLAGGED = "flagged"
    UNVERIFIED = "unverified"


GOOD = frozenset({TrustState.VERIFIED, TrustState.DUE_SOON})
RANK = {
    TrustState.VERIFIED: 4,
    TrustState.DUE_SOON: 3,
    TrustState.OVERDUE: 2,
    TrustState.FLAGGED: 1,
    TrustState.UNVERIFIED: 0,
}


class Reason(NamedTuple):
    """Why a card is in its state: a kind, the words, since when, and the person or the URL behind it."""

    kind: str
    detail: str
    at: datetime
    person: str | None = None
    url: str | None = None


class Trust(NamedTuple):
    """The computed trust of one card at one instant. `reasons` is never empty. `checked_at`: when the text as it is was
    last verified; None if it never was, whoever verified an earlier one. `expiry`: what a rule of the policy says is to
    happen to the answer of an overdue card; None where no rule says it, or the card isn't overdue."""

    state: TrustState
    reasons: tuple[Reason, ...]
    verified_at: datetime | None
    verified_by: str | None
    verify_by: datetime | None
    checked_at: datetime | None
    expiry: Breach | None = None

    @property
    def is_late(self) -> bool:
        """Whether the check is overdue, also while an open flag says something graver."""
        return "expired" in [reason.kind for reason in self.reasons]

    @property
    def is_good(self) -> bool:
        """Whether an impression of the card counts as fresh."""
        return self.state in GOOD


def trust_of(card: Card | AnswerCard, open_flags: Sequence[Flag | OpenFlag], policy: Policy, now: datetime) -> Trust:
    """The trust of a card at `now`, given its open flags.

    A flag outweighs everything, then "not verified", then the date. A check is due soon within
    `policy.due_soon_days` before `verify_by`, and overdue from that very instant on.
    """
    reasons = [_flag_reason(flag) for flag in open_flags]
    is_verified = card.verified_at is not None and card.unverified_at is None
    is_late = is_verified and card.verify_by is not None and now >= card.verify_by
    if is_late and card.verify_by is not None:
        reasons.append(_expired(card.verify_by, policy))
    elif not is_verified:
        reasons.append(_unverified(card))
    state = state_from(bool(open_flags), is_verified, is_late, card.verify_by, policy, now)
    if not reasons:
        reasons.append(_good(card, state))
    by = card.verified_by.name if card.verified_by else None
    due, checked_at = (card.verify_by, card.verified_at) if is_verified else (None, None)
    return Trust(state, tuple(reasons), card.verified_at, by, due, checked_at)


def state_from(
    is_flagged: bool, is_verified: bool, is_late: bool, verify_by: datetime | None, policy: Policy, now: datetime
) -> TrustState:
    """The state of a published card, from facts."""
    if is_flagged:
        return TrustState.FLAGGED
    if not is_verified:
        return TrustState.UNVERIFIED
    if is_late:
        return TrustState.OVERDUE
    if verify_by is not None and now >= verify_by - timedelta(days=policy.due_soon_days):
        return TrustState.DUE_SOON
    return TrustState.VERIFIED


def _flag_reason(flag: Flag | OpenFlag) -> Reason:
    return Reason(
        flag.kind, told(flag.detail), flag.raised_at, flag.raised_by.name if flag.raised_by else None, flag.url
    )


def _expired(verify_by: datetime, policy: Policy) -> Reason:
    day = verify_by.astimezone(policy.zone).date()
    return Reason("expired", told(sentence("The check was due on %(day)s.", day=day)), verify_by)


def _unverified(card: Card | AnswerCard) -> Reason:
    person = card.unverified_by.name if card.unverified_by else None
    if card.unverified_at is not None and card.unverified_kind:
        return Reason(card.unverified_kind, note_words(card.unverified_reason or ""), card.unverified_at, person)
    return Reason(
        "never_verified", told(sentence("Nobody has verified this card yet.")), card.published_at or card.created_at
    )


def _good(card: Card | AnswerCard, state: TrustState) -> Reason:
    person = card.verified_by.name if card.verified_by else None
    by = person or _("an import")
    at = card.verified_at or card.created_at
    if state is TrustState.DUE_SOON:
        return Reason("due_soon", _("Verified by %(by)s; the next check is near.", by=by), card.verify_by or at)
    return Reason("verified", _("Verified by %(by)s.", by=by), at, person)
