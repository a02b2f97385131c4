"""What the pages about evidence show."""

from dataclasses import dataclass

from kb.web.parts import BLANK, Chip, Field, Problem, ReasonKind


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding: its words, why they speak against the card, and the form that dismisses it or takes that back."""

    id: int
    icon: ReasonKind
    words: str
    detail: str
    url: str
    action: str
    dismissed: str = ""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A watched source and how it stands."""

    place: str
    url: str
    state: str
    is_changed: bool
    remove_action: str


@dataclass(frozen=True, slots=True)
class EvidencePanel:
    """Beside a card, for whoever may verify it. Dismiss: POST reason. Watch: POST place."""

    open: tuple[FindingRow, ...]
    dismissed: tuple[FindingRow, ...]
    ahead: tuple[tuple[str, str], ...]
    sources: tuple[SourceRow, ...]
    watch_action: str
    nothing: str


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry of the registry. POST name, current and version to `action`."""

    id: int
    name: Field
    current: Field
    about: str
    version: int
    action: str
    delete_action: str


@dataclass(frozen=True, slots=True)
class RegistryPage:
    """/admin/registry. Add: POST kind, name, current to `action`."""

    action: str
    kinds: tuple[Chip, ...]
    kind: str
    lede: str
    has_current: bool
    current_label: str
    entries: tuple[EntryRow, ...]
    count_words: str
    name: Field = BLANK
    current: Field = BLANK
    problems: tuple[Problem, ...] = ()
