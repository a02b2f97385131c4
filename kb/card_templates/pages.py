"""The page of card templates in ready words."""

from dataclasses import dataclass

from kb.web.parts import Field, Problem


@dataclass(frozen=True, slots=True)
class PartFieldsRow:
    """One line of the form. `place`: where it stands; an empty heading takes the part away."""

    place: str
    heading: str
    hint: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class TemplateForm:
    """POST name, about, most_words and, per part, place, heading, hint and (its number) required to `action`."""

    action: str
    name: Field
    about: Field
    most_words: Field
    parts: tuple[PartFieldsRow, ...]
    parts_error: str
    version: int


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template, what of the cards is made by it, and the form that changes it."""

    slug: str
    name: str
    about: str
    cards: str
    cards_url: str
    incomplete: str
    incomplete_url: str
    write_url: str
    form: TemplateForm
    delete_action: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class TemplatesPage:
    """/admin/card-templates"""

    templates: tuple[TemplateRow, ...]
    new: TemplateForm
    problems: tuple[Problem, ...] = ()
    is_new_open: bool = False
