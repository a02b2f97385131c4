"""The part of a collection's page that says how much staleness it bears before a check is suggested."""

from kb.web.parts import Choice, Option
from kb.wording import N_, _, percentage

_MEANINGS = {
    0.10: N_("prices, contracts, whatever must be right"),
    0.20: N_("most collections"),
    0.35: N_("archives and background"),
}


def target_options(chosen: float | None, usual: float, error: str) -> Choice:
    """The targets to choose from; one that came over the API stands among them."""
    targets = sorted({*_MEANINGS, *([] if chosen is None else [chosen])})
    options = [Option("", _("As the installation: %(target)s", target=_words(usual)), chosen is None)]
    options += [Option(f"{target:g}", _label(target), target == chosen) for target in targets]
    return Choice(tuple(options), error, _("The estimate suggests an interval for each card by it. No date moves."))


def _label(target: float) -> str:
    meaning = _MEANINGS.get(target)
    return f"{_words(target)}: {_(meaning)}" if meaning else _words(target)


def _words(target: float) -> str:
    return _("%(share)s are likely stale", share=percentage(round(target * 100)))
