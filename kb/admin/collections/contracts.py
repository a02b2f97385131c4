"""The part of a collection's page that says what its answers must be."""

from collections.abc import Mapping

from kb.cards.models import Breach, Collection
from kb.trust.contract import contract_words
from kb.trust.state import TrustState
from kb.web.admin_pages import ContractFields
from kb.web.parts import Choice, Field, Option
from kb.words import count

_BELOW = {
    Breach.SERVE: ("Give them all", "Each shows its trust."),
    Breach.WARN: ("Warn", "An answer that falls short comes with a warning that says why."),
    Breach.WITHHOLD: ("Withhold", "It is named with the reason and whom to ask, but its text is not given."),
}
_LEAST = {
    "": "Anything",
    TrustState.VERIFIED.value: "Verified",
    TrustState.DUE_SOON.value: "Verified or due soon",
    TrustState.OVERDUE.value: "Overdue at worst",
    TrustState.FLAGGED.value: "Flagged at worst",
    TrustState.UNVERIFIED.value: "Not verified at worst",
}
_ALWAYS = ("", TrustState.VERIFIED.value, TrustState.OVERDUE.value, TrustState.FLAGGED.value)


def contract_fields(
    found: Collection, short: int, typed: Mapping[str, str], wrong: Mapping[str, str]
) -> ContractFields:
    """What is in force, how many answers fall `short` of it today, and the fields to change it with; `typed` is what
    was sent, if it could not be saved."""
    asks = found.contract != Breach.SERVE
    below = typed.get("contract", found.contract)
    least = typed.get("min_trust", found.min_trust or "")
    chosen = [value for value in _LEAST if value in _ALWAYS or value == least]
    return ContractFields(
        sentence=contract_words(found),
        effect=f"{count(short, 'answer falls', 'answers fall')} short of that today." if asks else "",
        below=Choice(
            tuple(Option(kind.value, label, kind.value == below, hint) for kind, (label, hint) in _BELOW.items()),
            wrong.get("contract", ""),
        ),
        min_trust=Choice(
            tuple(Option(value, _LEAST[value], value == least) for value in chosen),
            wrong.get("min_trust", ""),
            "A check that is due soon still counts.",
        ),
        max_age=Field(
            typed.get("max_age_days", str(found.max_age_days or ""))[:10],
            wrong.get("max_age_days", ""),
            "Days since the last check. Empty: any age.",
        ),
    )
