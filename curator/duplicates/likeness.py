"""How alike two cards are, from their two texts alone: no other card changes the verdict, so none shows through it.

The form is a logistic one over shared runs of three words, shared terms, an equal title and swapped subjects. It was
fitted on one half of the pages of a handbook's history (1 453 cards, up to five versions of a page as separate cards),
read off on the other half, in both directions, and rounded; docs/duplicates.md has the figures and what was tried.
"""

import math

from curator.duplicates.reading import Reading

FOLD_FROM = 0.5
_RUNS, _TERMS, _SAME_TITLE, _SWAPPED, _BIAS = 6.0, 5.4, 4.0, 3.0, 6.2
_ONE_WORD_TITLE = 0.6  # "Onboarding" is the title of many different cards
_SIBLINGS_FROM = 0.8
_REPLACED_FROM = 0.5


def likeness(one: Reading, other: Reading) -> float:
    """0 to 1; from `FOLD_FROM` on the two are near-duplicates. Siblings, made after one pattern, are 0.

    Siblings differ in a number of their titles, or each text keeps to the words that only its own title has, or those
    words stand in the same places of both texts.
    """
    if one.numbers and other.numbers and one.numbers != other.numbers:
        return 0.0
    evidence = _RUNS * _shared_runs(one, other) + _SAME_TITLE * _same_title(one, other) - _BIAS
    if evidence + _TERMS < 0:
        return 0.0  # too little, whatever their terms say
    evidence += _TERMS * _shared_terms(one, other)
    if evidence < 0:
        return _share(evidence)
    swapped = _swapped(one, other)
    found = _share(evidence - _SWAPPED * swapped)
    is_sibling = swapped >= _SIBLINGS_FROM or (found >= FOLD_FROM and _replaced_in_place(one, other) >= _REPLACED_FROM)
    return 0.0 if is_sibling else found


def _share(evidence: float) -> float:
    return 1 / (1 + math.exp(-evidence))


def _shared_runs(one: Reading, other: Reading) -> float:
    """Of the smaller text: a card that contains another whole is a duplicate, however much it adds."""
    smaller = min(len(one.runs), len(other.runs))
    return len(one.runs & other.runs) / smaller if smaller else 0.0


def _shared_terms(one: Reading, other: Reading) -> float:
    fewer, more = sorted((one.terms, other.terms), key=len)
    return sum(weight * more[word] for word, weight in fewer.items() if word in more)


def _same_title(one: Reading, other: Reading) -> float:
    if not one.subject or one.subject != other.subject or _years_differ(one, other):
        return 0.0
    return 1.0 if len(one.subject) > 1 else _ONE_WORD_TITLE


def _swapped(one: Reading, other: Reading) -> float:
    """How far each text keeps to what only its own title names: 1 if the other never mentions it, 0 if both do."""
    mine, theirs = _own_words(one, other), _own_words(other, one)
    if not mine or not theirs:
        return 0.0
    return max(0.0, min(_belonging(mine, one, other), _belonging(theirs, other, one)))


def _belonging(words: set[str], here: Reading, there: Reading) -> float:
    pairs = [(here.shares.get(word, 0.0), there.shares.get(word, 0.0)) for word in words]
    mentioned = [(x - y) / (x + y) for x, y in pairs if x + y > 0]
    return sum(mentioned) / len(mentioned) if mentioned else 0.0


def _replaced_in_place(one: Reading, other: Reading) -> float:
    """Of the places that both texts have, how many hold one title's own word here and the other title's there."""
    mine, theirs = _own_words(one, other), _own_words(other, one)
    if not mine or not theirs:
        return 0.0
    replaced = kept = 0
    for place in one.places.keys() & other.places.keys():
        here, there = one.places[place], other.places[place]
        if here & mine and there & theirs and not (here & there):
            replaced += 1
        elif here & there & (mine | theirs):
            kept += 1
    return replaced / (replaced + kept + 1)


def _own_words(one: Reading, other: Reading) -> set[str]:
    """What only this title names. Years count when both have one: "2025" on one of them is a label of a copy."""
    own = one.subject - other.subject
    return set(own | (one.years - other.years) if _years_differ(one, other) else own)


def _years_differ(one: Reading, other: Reading) -> bool:
    return bool(one.years and other.years and one.years != other.years)
