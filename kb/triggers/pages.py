"""The page of triggers in ready words."""

from dataclasses import dataclass

from kb.web.parts import Choice, Field, Link, Paging, Problem


@dataclass(frozen=True, slots=True)
class TriggerForm:
    """POST site, path, texts, label, cards, groups to `action`; a change carries version and is_on."""

    action: str
    site: Field
    path: Field
    texts: Field
    label: Field
    cards: Field
    groups: Choice
    version: int
    is_on: bool


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """A trigger as a sentence, with its cards, and the form that changes it."""

    id: int
    sentence: str
    about: str
    cards: tuple[Link, ...]
    warning: str
    form: TriggerForm
    delete_action: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class TriggersPage:
    """/admin/triggers"""

    action: str
    query: str
    count_words: str
    triggers: tuple[TriggerRow, ...]
    new: TriggerForm
    problems: tuple[Problem, ...] = ()
    paging: Paging | None = None
