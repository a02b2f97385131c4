"""The part of a collection's page that says what its answers must be."""

from collections.abc import Mapping

from kb.cards.models import Breach, Collection
from kb.trust.contract import contract_words
from kb.trust.state import TrustState
from kb.web.admin_pages import ContractFields
from kb.web.parts import Choice, Field, Option
from kb.wording import N_, _, ngettext

_BELOW = {
    Breach.SERVE: (N_("Give them all"), N_("Each shows its trust.")),
    Breach.WARN: (N_("Warn"), N_("An answer that falls short comes with a warning that says why.")),
    Breach.WITHHOLD: (N_("Withhold"), N_("It is named with the reason and whom to ask, but its text is not given.")),
}
_LEAST = {
    "": N_("Anything"),
    TrustState.VERIFIED.value: N_("Verified"),
    TrustState.DUE_SOON.value: N_("Verified or due soon"),
    TrustState.OVERDUE.value: N_("Overdue at worst"),
    TrustState.FLAGGED.value: N_("Flagged at worst"),
    TrustState.UNVERIFIED.value: N_("Not verified at worst"),
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
        effect=ngettext("%(num)s answer falls short of that today.", "%(num)s answers fall short of that today.", short)
        if asks
        else "",
        below=Choice(
            tuple(Option(kind.value, _(label), kind.value == below, _(hint)) for kind, (label, hint) in _BELOW.items()),
            wrong.get("contract", ""),
        ),
        min_trust=Choice(
            tuple(Option(value, _(_LEAST[value]), value == least) for value in chosen),
            wrong.get("min_trust", ""),
            _("A check that is due soon still counts."),
        ),
        max_age=Field(
            typed.get("max_age_days", str(found.max_age_days or ""))[:10],
            wrong.get("max_age_days", ""),
            _("Days since the last check. Empty: any age."),
        ),
    )
