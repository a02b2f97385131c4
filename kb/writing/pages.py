"""What the editor shows beside the text, in ready words."""

from dataclasses import dataclass, field
from typing import Literal

from kb.web.parts import NOTHING_TO_CHOOSE, Choice, Link


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part of the template, and how it stands: written, there but empty, or missing."""

    heading: str
    hint: str
    state: Literal["written", "empty", "missing"]
    words: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class Alike:
    """A card that may say already what is being written: open it, or (`improve_url`) write on in it."""

    card: Link
    words: str
    improve_url: str = ""


@dataclass(frozen=True, slots=True)
class WritingAids:
    """Beside the editor. Check, and start from a template: POST the whole form to `action`, with JavaScript for the
    fragment below alone."""

    action: str
    template: Choice = NOTHING_TO_CHOOSE
    starts: tuple[tuple[str, str, str], ...] = ()
    checked: "Checked" = field(default_factory=lambda: Checked())


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in the text as it stands."""

    template_about: str = ""
    parts: tuple[PartRow, ...] = ()
    parts_words: str = ""
    has_missing: bool = False
    length: str = ""
    split: str = ""
    ease: str = ""
    long_sentences: tuple[str, ...] = ()
    alike: tuple[Alike, ...] = ()
    problem: str = ""
    headed: str = ""
    """The text with the headings that were asked for, for a page that takes it in without being loaded anew."""
