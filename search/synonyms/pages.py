"""What the page of synonyms shows."""

from dataclasses import dataclass

from kb.web.parts import BLANK, Field, Link, Paging, Problem


@dataclass(frozen=True, slots=True)
class SuggestedPair:
    """Words that failed and words that found; accepting posts both as `words` to the page, dismissing to its own."""

    asked: str
    meant: str
    people: str
    card: Link


@dataclass(frozen=True, slots=True)
class SynonymRow:
    """One group. POST words (a line each), is_one_way and version to `action`."""

    id: int
    summary: str
    about: str
    words: Field
    is_one_way: bool
    version: int
    action: str
    delete_action: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class SynonymsPage:
    """/admin/synonyms. Add: POST words (a line each) and is_one_way to `action`. Filter: GET q."""

    action: str
    dismiss_action: str
    count_words: str
    query: str
    groups: tuple[SynonymRow, ...]
    suggestions: tuple[SuggestedPair, ...]
    words: Field = BLANK
    is_one_way: bool = False
    problems: tuple[Problem, ...] = ()
    paging: Paging | None = None
