"""The freshness contract: what an answer must be, as its collection or a request asks, and how it stands to that."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kb.cards.answers import Shelf
from kb.cards.models import Breach, Collection
from kb.sentences import nsentence, sentence, told
from kb.trust.state import RANK, Trust, TrustState
from kb.wording import N_, _, ngettext

_DEMANDS = {
    TrustState.VERIFIED: "verified",
    TrustState.DUE_SOON: "verified",
    TrustState.OVERDUE: N_("overdue at worst"),
    TrustState.FLAGGED: N_("flagged at worst"),
    TrustState.UNVERIFIED: "published",
}
_IS = {
    TrustState.VERIFIED: N_("verified"),
    TrustState.DUE_SOON: N_("due soon"),
    TrustState.OVERDUE: N_("overdue"),
    TrustState.FLAGGED: N_("flagged"),
    TrustState.UNVERIFIED: N_("unverified"),
}
_OVERDUE = {
    Breach.WARN: N_("Its check is overdue, and a rule of the policy asks for a warning then."),
    Breach.WITHHOLD: N_("Its check is overdue, and a rule of the policy withholds such an answer until it is done."),
}


@dataclass(frozen=True, slots=True)
class Contract:
    """What an answer must satisfy. `due_soon` counts as verified: it still is. An age counts from the last check of
    the text as it is: an edit that nobody verified leaves none."""

    min_trust: TrustState | None = None
    max_age_days: int | None = None

    def refuses(self, trust: Trust, whose: str, now: datetime) -> str:
        """Why the contract does not accept this trust, in words that name whose contract it is; empty if it does."""
        if self.min_trust is not None and RANK[trust.state] < min(RANK[self.min_trust], RANK[TrustState.DUE_SOON]):
            return told(sentence(
                "It is %(state)s; %(whose)s asks for answers that are %(demand)s.",
                state=sentence(_IS[trust.state]), whose=whose, demand=sentence(_DEMANDS[self.min_trust]),
            ))  # fmt: skip
        if self.max_age_days is None:
            return ""
        if trust.checked_at is None or trust.checked_at < now - timedelta(days=self.max_age_days):
            return told(nsentence(
                "It was not checked within the last %(num)s day, as %(whose)s asks.",
                "It was not checked within the last %(num)s days, as %(whose)s asks.",
                self.max_age_days, whose=whose,
            ))  # fmt: skip
        return ""

    @property
    def demand(self) -> str:
        """The trust it asks for, as an adjective; empty if any will do."""
        return _(_DEMANDS[self.min_trust]) if self.min_trust is not None else ""


ANYTHING_GOES = Contract()
_THE_REQUEST = sentence("the request")


@dataclass(frozen=True, slots=True)
class Standing:
    """How an answer stands: given (no reason), given with a warning, or withheld; and why."""

    reason: str = ""
    is_withheld: bool = False

    @property
    def is_given(self) -> bool:
        """Whether it may be shown as an answer, with or without a warning."""
        return not self.is_withheld


def contract_of(shelf: Collection | Shelf) -> Contract:
    """What a collection asks of its answers."""
    return Contract(TrustState(shelf.min_trust) if shelf.min_trust else None, shelf.max_age_days)


def standing(shelf: Collection | Shelf, trust: Trust, now: datetime, asked: Contract = ANYTHING_GOES) -> Standing:
    """How an answer of this collection and this trust stands. A request withholds what it does not accept, a
    collection as it says: together the stricter counts. What a rule says of overdue cards comes before the trust that
    the collection asks for; an age that it asks for counts beside it."""
    refusals = _refusals(shelf, trust, now)
    withheld = next((reason for below, reason in refusals if below is Breach.WITHHOLD), "")
    if withheld:
        return Standing(withheld, is_withheld=True)
    refusal = asked.refuses(trust, _THE_REQUEST, now)
    if refusal:
        return Standing(refusal, is_withheld=True)
    return Standing(refusals[0][1] if refusals else "")


def _refusals(shelf: Collection | Shelf, trust: Trust, now: datetime) -> list[tuple[Breach, str]]:
    """Why the answer should not simply be given, and what is to happen instead: by a rule, by the collection."""
    asks, found = contract_of(shelf), []
    if trust.expiry is not None:
        found.append((trust.expiry, told(sentence(_OVERDUE.get(trust.expiry, "")))))
        if trust.state is TrustState.OVERDUE:
            asks = Contract(max_age_days=asks.max_age_days)
    if asks != ANYTHING_GOES:  # most collections ask nothing, and every answer of every page comes by here
        found.append((Breach(shelf.contract), asks.refuses(trust, sentence("“%(words)s”", words=shelf.name), now)))
    return [(below, reason) for below, reason in found if reason and below is not Breach.SERVE]


def contract_words(shelf: Collection | Shelf) -> str:
    """A collection's contract as a sentence."""
    below, asks = Breach(shelf.contract), contract_of(shelf)
    if below is Breach.SERVE:
        return _("Answers are given whatever their trust, which they show.")
    demands = [asks.demand] if asks.demand else []
    if asks.max_age_days is not None:
        demands.append(ngettext("checked within %(num)s day", "checked within %(num)s days", asks.max_age_days))
    if below is Breach.WITHHOLD:
        return _("Answers must be %(demands)s; others are withheld.", demands=", ".join(demands))
    return _("Answers must be %(demands)s; others carry a warning.", demands=", ".join(demands))
