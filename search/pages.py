"""What the search page and its two fragments show: one frozen dataclass each."""

from dataclasses import dataclass

from markupsafe import Markup

from kb.web.pages import CardRow
from kb.web.parts import Badge, Caution, Chip, FilterMenu, Link, Paging, Strip

Pieces = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: an ordinary link. `preview_url` answers with search/_preview.html."""

    title: Pieces
    url: str
    preview_url: str
    snippet: Pieces
    badge: Badge
    collection: str
    owner: str = ""
    used: str = ""
    warning: str = ""
    is_withheld: bool = False
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """The selected answer in the right column."""

    title: str
    url: str
    link: str
    language: str
    html: Markup
    strip: Strip
    crumbs: tuple[Link, ...]
    copied_action: str
    copied_words: str
    report_url: str
    caution: Caution | None = None

    @property
    def is_withheld(self) -> bool:
        """Whether there is no text to show."""
        return self.caution is not None and self.caution.is_withheld

    @property
    def is_doubted(self) -> bool:
        """A doubted answer can be copied, but the button loses its fill."""
        return self.caution is not None or self.strip.state in ("overdue", "flagged", "unverified")


@dataclass(frozen=True, slots=True)
class Correction:
    """What no card has, and the words that were looked for instead."""

    sentence: str
    meant: Link


@dataclass(frozen=True, slots=True)
class Results:
    """Everything under the search field while something is asked; search/_results.html."""

    query: str
    count_words: str
    verified_first: Chip
    filters: tuple[FilterMenu, ...]
    hits: tuple[Hit, ...]
    preview: Preview | None = None
    hidden_words: str = ""
    hidden_url: str = ""
    nothing: str = ""
    did_you_mean: Link | None = None
    correction: Correction | None = None
    suggestions: tuple[CardRow, ...] = ()
    ask_url: str = ""
    write_url: str = ""
    drop_filters_url: str = ""
    paging: Paging | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection on the home page."""

    name: str
    url: str
    count: str


@dataclass(frozen=True, slots=True)
class Home:
    """What stands there before anything is asked."""

    used: tuple[CardRow, ...] = ()
    fresh: tuple[CardRow, ...] = ()
    shelves: tuple[Shelf, ...] = ()
    check_words: str = ""
    check_url: str = ""
    start: Link | None = None


@dataclass(frozen=True, slots=True)
class SearchPage:
    """/ . The form is GET q plus `kept`; exactly one of `home` and `results` is set."""

    query: str
    kept: tuple[tuple[str, str], ...] = ()
    home: Home | None = None
    results: Results | None = None
