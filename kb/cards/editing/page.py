"""Builds the editor's page from what stands in its form, so that an error or a preview never loses a letter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from kb.cards.editing.forms import NO_TEMPLATE, LooseCardForm
from kb.cards.editing.said import script_words
from kb.cards.models import Card, CardVerifier, Collection, CollectionVerifier, Status
from kb.cards.permissions import Right, may, needs_review
from kb.drafts.models import EditDraft
from kb.drafts.shown import offer, saved_words
from kb.errors import FieldError
from kb.people.actor import Actor
from kb.people.models import Role
from kb.people.queries import active_people, all_groups
from kb.reviewing.queries import own_on
from kb.reviewing.shown import editor_words
from kb.settings import Workspace
from kb.text.markdown import Rendered
from kb.trust.policy import Policy, shelf_of
from kb.trust.rules import About, clauses_in_force
from kb.trust.timing import timing_of
from kb.web.pages import EditorPage, EditorSide
from kb.web.parts import Choice, Field, Option, Problem
from kb.web.targets import safe_next
from kb.wording import N_, _, ngettext
from kb.words import Words
from kb.writing.aids import InEditor, writing_aids

LANGUAGE_NAMES = {"en": N_("English"), "de": N_("German"), "ru": N_("Russian"), "pl": N_("Polish"), "fi": N_("Finnish")}
INTERVALS = (7, 14, 30, 60, 90, 180, 365)
_ROWS = 3
_LABELS = {
    "title": N_("Title"),
    "body": N_("Text"),
    "collection": N_("Collection"),
    "tags": N_("Tags"),
    "owner": N_("Owner"),
    "verifiers": N_("Verifiers"),
    "interval_days": N_("Check every"),
    "check_on": N_("Fixed date"),
    "language": N_("Language"),
    "audience": N_("Audience"),
    "template": N_("Template"),
    "what_changed": N_("What changed"),
    "picture": N_("Picture"),
    "version": N_("Version"),
}


@dataclass(frozen=True, slots=True)
class EditorState:
    """What the editor shows beside the typed text."""

    typed: LooseCardForm
    card: Card | None = None
    errors: tuple[FieldError, ...] = ()
    preview: Markup | None = None
    draft: EditDraft | None = None
    rendered: Rendered | None = None

    @property
    def in_editor(self) -> InEditor:
        """What the writing aids look at."""
        return InEditor(self.typed, self.card, self.rendered)


def typed_from_card(card: Card) -> LooseCardForm:
    """The form as it stands when somebody begins to edit."""
    return LooseCardForm(
        title=card.title,
        body=card.body,
        collection=card.collection.slug,
        version=card.version,
        tags=", ".join(card.tags),
        language=card.language if card.language_chosen else "",
        audience=card.audience[0] if card.audience else "",
        template=card.template or NO_TEMPLATE,
        owner=str(card.owner_id or ""),
        verifiers=[ref_value(row) for row in card.verifiers],
        interval_days=str(card.interval_days or ""),
        check_on=card.check_on.isoformat() if card.check_on else "",
    )


def typed_for_new(actor: Actor, shelf: Collection | None, title: str = "", body: str = "") -> LooseCardForm:
    """The form for a new card: the author owns it, the shelf's verifiers verify it."""
    return LooseCardForm(
        title=title, body=body, collection=shelf.slug if shelf else "", owner=str(actor.id or ""),
        draft_shelf=shelf.slug if shelf else "",
        verifiers=[ref_value(row) for row in shelf.verifiers] if shelf else [],
    )  # fmt: skip


def ref_value(row: CardVerifier | CollectionVerifier) -> str:
    """A verifier as the form's selects spell it."""
    return f"person:{row.person_id}" if row.person_id is not None else f"group:{row.group_id}"


def editor_page(
    session: Session, actor: Actor, state: EditorState, shelves: Sequence[Collection], workspace: Workspace,
    policy: Policy, now: datetime,
) -> EditorPage:  # fmt: skip
    """The page for this state of the editor."""
    card, typed = state.card, state.typed
    wrong = {error.field.split(".")[0]: error.message for error in state.errors}
    is_published = card is not None and card.status == Status.PUBLISHED
    is_reviewed = card is not None and needs_review(actor, card)
    words, url = Words(now, policy.zone), page_url(card, typed.draft_shelf)
    return EditorPage(
        heading=_("Editing version %(version)s", version=card.version) if card else _("New card"),
        action=f"/cards/{card.id}/edit" if card else "/cards/new",
        preview_action=f"/cards/preview?card={card.id}" if card else "/cards/preview",
        cancel_url=safe_next(typed.back, f"/cards/{card.id}" if card else "/"),
        title=Field(typed.title, _sentence("title", wrong)),
        body=Field(typed.body, _sentence("body", wrong)),
        side=_side(session, state, shelves, workspace, policy, wrong),
        picture=_picture(wrong),
        picture_action="/cards/picture" + (f"?card={card.id}" if card else ""),
        version=typed.version,
        is_new=card is None,
        is_published=is_published,
        preview=state.preview,
        can_publish=card is None or may(actor, Right.PUBLISH, card),
        can_verify=card is not None and not is_reviewed and may(actor, Right.VERIFY, card),
        can_mark_minor=is_published and card is not None and card.collection_id in actor.curated,
        what_changed=Field(typed.what_changed, _sentence("what_changed", wrong)),
        whole_card_checked=typed.whole_card_checked,
        is_minor=typed.is_minor,
        hidden=typed.carried(),
        saved_words=saved_words(state.draft, words) if state.draft and state.draft.number == typed.draft else "",
        script_words=script_words(),
        draft_url=_draft_url(card, typed),
        draft_number=typed.draft,
        draft_shelf=typed.draft_shelf,
        draft_offer=offer(state.draft, card, typed.draft, url, words),
        page_url=url,
        author_key=str(typed.author or actor.id or 0),
        owner_url=f"/cards/{card.id}/owner" if card is not None and may(actor, Right.CURATE, card) else "",
        review_words=editor_words(actor, card, own_on(session, actor, card) if card else None, words),
        is_reviewed=is_reviewed,
        problems=tuple(Problem(error.field.split(".")[0], _sentence_of(error)) for error in state.errors),
        aids=writing_aids(session, actor, state.in_editor, workspace, now, _sentence("template", wrong)),
    )


def _picture(wrong: Mapping[str, str]) -> Field:
    hint = _("PNG, JPEG, WebP or GIF, at most 10 MB. It goes to the end of the text.")
    return Field(error=_sentence("picture", wrong), hint=hint)


def page_url(card: Card | None, shelf: str) -> str:
    """Where this editor is opened anew."""
    return f"/cards/{card.id}/edit" if card else "/cards/new" + (f"?collection={shelf}" if shelf else "")


def _draft_url(card: Card | None, typed: LooseCardForm) -> str:
    """Where drafts of this editor go; nowhere without a collection in which it was begun."""
    if card is not None:
        return f"/cards/{card.id}/draft"
    return "/cards/new/draft" if typed.draft_shelf else ""


def _side(
    session: Session, state: EditorState, shelves: Sequence[Collection], workspace: Workspace, policy: Policy,
    wrong: Mapping[str, str],
) -> EditorSide:  # fmt: skip
    typed = state.typed
    shelf = next((shelf for shelf in shelves if shelf.slug == typed.collection), None)
    usual_days, says = _usual_interval(session, typed, shelf, policy)
    languages = [("", _("Detect"))] + [(code, _(LANGUAGE_NAMES[code])) for code in workspace.languages]
    audiences = [("", _("Everybody"))] + [(name, name.title()) for name in workspace.audiences]
    return EditorSide(
        owner=_choice([(str(p.id), p.name) for p in active_people(session, at_least=Role.AUTHOR)], typed.owner,
                      wrong.get("owner", ""), _("Accountable for this card.")),
        verifiers=verifier_rows(session, typed.verifiers, wrong.get("verifiers", "")),
        collection=_choice([(s.slug, s.name) for s in shelves], typed.collection, wrong.get("collection", "")),
        tags=Field(typed.tags, wrong.get("tags", ""), _("Separated by commas.")),
        language=_choice(languages, typed.language, wrong.get("language", "")),
        audience=_choice(audiences, typed.audience, wrong.get("audience", "")),
        interval=_choice(interval_options(typed.interval_days, usual_days, says), typed.interval_days,
                         wrong.get("interval_days", ""), _("From the next check on.")),
        check_on=Field(typed.check_on, wrong.get("check_on", "")),
    )  # fmt: skip


def _usual_interval(
    session: Session, typed: LooseCardForm, shelf: Collection | None, policy: Policy
) -> tuple[int, str]:
    """Days between checks of what stands in the editor if it sets none itself, and who says so."""
    if shelf is None:
        return policy.interval_days, N_("the collection")
    tags = frozenset(tag.strip().lower() for tag in typed.tags.split(",") if tag.strip())
    template = None if typed.template in ("", NO_TEMPLATE) else typed.template
    card = About(shelf.id, tags, frozenset([typed.audience] if typed.audience else ()), template)
    timing = timing_of(card, None, None, clauses_in_force(session), shelf_of(shelf), policy.interval_days)
    return timing.interval_days, N_("a rule") if timing.source == "rule" else N_("the collection")


def interval_options(chosen: str, default_days: int, of: str) -> list[tuple[str, str]]:
    """Intervals to choose from; the first leaves it to whoever `of` names."""
    is_days = chosen.isdecimal() and len(chosen) <= 4 and 0 < int(chosen) <= 3650  # int() fails on thousands of digits
    days = sorted({*INTERVALS, *([int(chosen)] if is_days else [])})
    usual = ngettext("%(num)s days (as %(of)s)", "%(num)s days (as %(of)s)", default_days, of=_(of))
    return [("", usual)] + [(str(number), ngettext("%(num)s days", "%(num)s days", number)) for number in days]


def verifier_rows(session: Session, chosen: Sequence[str], error: str) -> tuple[Choice, ...]:
    """One select per verifier, in order, and room for more."""
    people = [(f"person:{p.id}", p.name) for p in active_people(session, at_least=Role.AUTHOR)]
    groups = [(f"group:{g.id}", f"{g.name} ({len(g.people)})") for g in all_groups(session)]
    options = [("", _("Nobody")), *people, *groups]
    rows = max(_ROWS, min(len(chosen) + 1, 10))
    padded = [*chosen, *[""] * rows][:rows]
    return tuple(_choice(options, value, error) for value in padded)


def _choice(options: Sequence[tuple[str, str]], chosen: str, error: str = "", hint: str = "") -> Choice:
    return Choice(tuple(Option(value, label, value == chosen) for value, label in options), error, hint)


def _sentence(name: str, wrong: Mapping[str, str]) -> str:
    return _sentence_of(FieldError(name, wrong[name])) if name in wrong else ""


def _sentence_of(error: FieldError) -> str:
    name = error.field.split(".")[0]
    is_sentence = error.message[:1].isupper()
    return (
        error.message
        if is_sentence
        else _("%(field)s %(problem)s.", field=_(_LABELS.get(name, name)), problem=error.message)
    )
