"""The part of a collection's page that says how much staleness it bears before a check is suggested."""

from kb.web.parts import Choice, Option

_MEANINGS = {
    0.10: "prices, contracts, whatever must be right",
    0.20: "most collections",
    0.35: "archives and background",
}


def target_options(chosen: float | None, usual: float, error: str) -> Choice:
    """The targets to choose from; one that came over the API stands among them."""
    targets = sorted({*_MEANINGS, *([] if chosen is None else [chosen])})
    options = [Option("", f"As the installation: {_words(usual)}", chosen is None)]
    options += [Option(f"{target:g}", _label(target), target == chosen) for target in targets]
    return Choice(tuple(options), error, "The estimate suggests an interval for each card by it. No date moves.")


def _label(target: float) -> str:
    meaning = _MEANINGS.get(target)
    return f"{_words(target)}: {meaning}" if meaning else _words(target)


def _words(target: float) -> str:
    return f"{target:.0%} are likely stale"
