"""Looks at a text as it stands in the editor and says what would make it a better card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from kb.card_templates.commands import DEFAULT_WORDS, all_templates
from kb.card_templates.completeness import PartState, parts_in, template_of
from kb.card_templates.models import CardTemplate
from kb.cards.editing.drafting import Renders
from kb.cards.editing.forms import NO_TEMPLATE, BodyField, LooseCardForm
from kb.cards.models import Card
from kb.cards.permissions import Right, may
from kb.cards.queries import card_path
from kb.errors import Invalid
from kb.people.actor import Actor
from kb.settings import Workspace
from kb.text.language import detect
from kb.text.markdown import Rendered
from kb.web.alike import Draft, Found, alike
from kb.web.forms import validate
from kb.web.parts import Choice, Link, Option
from kb.wording import N_, _, ngettext
from kb.writing.pages import Alike, Checked, PartRow, WritingAids
from kb.writing.readability import FEWEST_WORDS, ease, has_formula, long_ones, sentences

WORDS_A_MINUTE = 238
"""Silent reading of non-fiction: M. Brysbaert, "How many words do we read per minute?", Journal of Memory and Language
109 (2019)."""
_BANDS = (
    (70, N_("Easy to read (%(formula)s %(score)s of 100)")),
    (50, N_("Plain: most read it at once (%(formula)s %(score)s of 100)")),
    (30, N_("Hard: shorter sentences and words would help (%(formula)s %(score)s of 100)")),
)
_HARDEST = N_("Very hard: shorter sentences and words would help (%(formula)s %(score)s of 100)")
_UNMEASURED = {
    "pl": N_("Readability is not measured in Polish."),
    "fi": N_("Readability is not measured in Finnish."),
}
_STATES = {"written": N_("written"), "empty": N_("empty"), "missing": N_("missing")}


@dataclass(frozen=True, slots=True)
class InEditor:
    """What stands in the editor, the card that is edited, if one is, and what the text renders to, or why not."""

    typed: LooseCardForm
    card: Card | None = None
    rendered: Rendered | None = None
    problem: str = ""

    @property
    def text(self) -> Rendered | None:
        """The text as readers would get it; what was not rendered now is the card's, as long as it was not touched."""
        if self.rendered is not None or self.problem:
            return self.rendered
        if self.card is not None and self.card.body == self.typed.body:
            words = len(self.card.text.split())
            return Rendered(self.card.html, self.card.text, self.card.headings.splitlines(), [], words)
        return None if self.typed.body.strip() else Rendered("", "", [], [], 0)

    @property
    def template(self) -> str | None:
        """The slug of the template that is chosen."""
        return self.typed.template if self.typed.template not in ("", NO_TEMPLATE) else None


def writing_aids(
    session: Session, actor: Actor, here: InEditor, workspace: Workspace, now: datetime, error: str = ""
) -> WritingAids:
    """The template to choose, what to start from, and what was found in the text."""
    every = all_templates(session)
    options = [Option(NO_TEMPLATE, _("None"), here.template is None)]
    options += [Option(each.slug, each.name, each.slug == here.template) for each in every]
    is_blank = here.card is None and here.template is None and not here.typed.body.strip()
    return WritingAids(
        action=action_of(here.card),
        template=Choice(tuple(options), error),
        starts=tuple((each.slug, each.name, each.about) for each in every) if is_blank else (),
        checked=checked(session, actor, here, workspace, now),
    )


def action_of(card: Card | None) -> str:
    """Where the form goes to be checked."""
    return f"/cards/writing?card={card.id}" if card is not None else "/cards/writing"


def checked(session: Session, actor: Actor, here: InEditor, workspace: Workspace, now: datetime) -> Checked:
    """What there is to say of the text."""
    text, template = here.text, template_of(session, here.template)
    if text is None:
        return Checked(problem=here.problem)
    parts = parts_in(template, text.html) if template is not None else []
    said = sentences(text.text, text.headings)
    languages = workspace.languages
    language = here.typed.language or detect(f"{here.typed.title}\n{text.text}", languages[0], languages)
    found = alike(session, actor, Draft(here.typed.title, text.text, here.card.id if here.card else None), now)
    return Checked(
        template_about=template.about if template is not None else "",
        parts=tuple(_row(part) for part in parts),
        parts_words=_parts_words(parts),
        has_missing=any(not part.is_there for part in parts),
        length=_length(text.words) if text.words else "",
        split=_split(text.words, template),
        ease=_ease(said, language, text.words),
        long_sentences=tuple(
            ngettext("“%(sentence)s” has %(num)s word", "“%(sentence)s” has %(num)s words", words, sentence=begins)
            for begins, words in long_ones(said)
        ),
        alike=tuple(_alike(actor, each) for each in found),
    )


def started_from(template: CardTemplate, typed: LooseCardForm, html: str = "") -> LooseCardForm:
    """The form with this template and a heading for each of its parts that the text has not yet, at its end."""
    missing = [part.heading for part in parts_in(template, html) if not part.is_there]
    above = [typed.body.rstrip()] if typed.body.strip() else []
    body = "\n\n".join([*above, *(f"## {heading}\n" for heading in missing)]) if missing else typed.body
    return typed.model_copy(update={"template": template.slug, "body": body})


def rendering(renderer: Renders, source: str) -> tuple[Rendered | None, str]:
    """What a text renders to, or why it can't be displayed. Called outside any transaction."""
    try:
        return renderer.render(validate(BodyField, {"body": source}).body), ""
    except Invalid as error:
        return None, error.errors[0].message if error.errors else error.detail


def _row(part: PartState) -> PartRow:
    state: Literal["written", "empty", "missing"] = "missing"
    if part.is_there:
        state = "written" if part.is_filled else "empty"
    words = _(_STATES[state]) if part.is_required or part.is_filled else _("optional")
    return PartRow(part.heading, part.hint, state, words, part.is_required)


def _parts_words(parts: Sequence[PartState]) -> str:
    asked = [part for part in parts if part.is_required]
    if not asked:
        return ""
    lacking = sum(part.is_gap for part in asked)
    if not lacking:
        return _("All required parts are written.")
    return ngettext(
        "%(num)s required part is missing or empty.", "%(num)s required parts are missing or empty.", lacking
    )


def _length(words: int) -> str:
    written = ngettext("%(num)s word", "%(num)s words", words)
    minutes = round(words / WORDS_A_MINUTE)
    if minutes < 1:
        return _("%(words)s, under a minute to read", words=written)
    return ngettext("%(words)s, %(num)s minute to read", "%(words)s, %(num)s minutes to read", minutes, words=written)


def _split(words: int, template: CardTemplate | None) -> str:
    most = template.most_words if template is not None else DEFAULT_WORDS
    if words <= most:
        return ""
    return ngettext(
        "Over %(num)s word: consider splitting it into two cards.",
        "Over %(num)s words: consider splitting it into two cards.", most,
    )  # fmt: skip


def _ease(said: list[str], language: str, words: int) -> str:
    if not words:
        return ""
    if not has_formula(language):
        return _(_UNMEASURED.get(language, N_("Readability is not measured in this language.")))
    found = ease(said, language)
    if found is None:
        return _("Readability is told from %(least)s words on.", least=FEWEST_WORDS)
    band = next((label for least, label in _BANDS if found.score >= least), _HARDEST)
    return _(band, formula=found.formula, score=f"{found.score:.0f}")


def _alike(actor: Actor, found: Found) -> Alike:
    card = found.card
    words = _("says nearly the same") if found.is_same else _("in %(collection)s", collection=card.collection.name)
    improve = f"/cards/{card.id}/edit" if may(actor, Right.EDIT, card) else ""
    return Alike(Link(card.title, card_path(card)), words, improve)
