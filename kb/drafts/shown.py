"""What an editor is told of its draft, in words."""

from datetime import datetime
from typing import Any

from kb.cards.editing.forms import LooseCardForm
from kb.cards.models import Card
from kb.drafts.commands import Place
from kb.drafts.models import EditDraft
from kb.errors import Invalid
from kb.web.forms import validate
from kb.web.parts import DraftOffer
from kb.wording import _
from kb.words import Words

_TEXT = ("title", "body", "collection", "tags", "language", "audience", "what_changed", "is_minor", "template")
_POLICY = ("owner", "verifiers", "interval_days", "check_on")


def fields_of(typed: LooseCardForm, place: Place) -> dict[str, Any]:
    """The part of a form that its draft keeps, of characters that every database takes.

    Who keeps a written card true is not part of it: that changes without a new version, and a draft would undo it.
    """
    names = _TEXT if place.card is not None else _TEXT + _POLICY
    return {name: _storable(value) for name, value in typed.model_dump(include=set(names)).items()}


def typed_from_draft(typed: LooseCardForm, draft: EditDraft) -> LooseCardForm:
    """The form as the draft left it. One that today's form can't read leaves the form as it is."""
    names = [name for name in _TEXT + _POLICY if name in draft.fields]
    try:
        kept = validate(LooseCardForm, {name: draft.fields[name] for name in names})
    except Invalid:
        return typed
    found = {name: getattr(kept, name) for name in names}
    return typed.model_copy(update={**found, "version": draft.version, "draft": draft.number})


def clock_of(instant: datetime, words: Words) -> str:
    """ "12:04", and with the day when it was another."""
    time = f"{instant.astimezone(words.zone):%H:%M}"
    return time if words.days_until(instant) == 0 else f"{words.day(instant)}, {time}"


def saved_words(draft: EditDraft, words: Words) -> str:
    """ "Draft saved 12:04"."""
    return _("Draft saved %(time)s", time=clock_of(draft.saved_at, words))


def overtaken_words(saved_at: datetime | None, words: Words) -> str:
    """Why this window's draft was not written."""
    if saved_at is None:
        return _("Not saved: this draft was changed or discarded elsewhere.")
    return _("Not saved: this draft was changed elsewhere at %(time)s.", time=clock_of(saved_at, words))


def offer(draft: EditDraft | None, card: Card | None, known: int, page_url: str, words: Words) -> DraftOffer | None:
    """A draft that the page does not show already, and how to go on with it."""
    if draft is None or draft.number == known:
        return None
    moved = card is not None and card.version != draft.version
    joint = "&" if "?" in page_url else "?"
    return DraftOffer(
        sentence=_("You have a draft from %(time)s.", time=clock_of(draft.saved_at, words)),
        go_on=_("Continue your draft from %(time)s", time=clock_of(draft.saved_at, words)),
        url=f"{page_url}{joint}draft={draft.number}",
        number=draft.number,
        at=draft.saved_at.isoformat(),
        moved_on=_(
            "The card has changed since: it is at version %(now)s, your draft is from version %(then)s.",
            now=card.version if card else 0, then=draft.version,
        ) if moved else "",
    )  # fmt: skip


def _storable(value: Any) -> Any:
    if isinstance(value, list):
        return [_storable(each) for each in value]
    return value.replace("\x00", "").encode("utf-8", "replace").decode() if isinstance(value, str) else value
