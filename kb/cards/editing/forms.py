"""The editor's form: what it may hold, and what a command makes of it."""

import re
from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from kb.cards.commands import CardPolicy
from kb.cards.fields import Body, IntervalDays, Line, Note, RowId, Tags, Title, VerifierRef
from kb.errors import Forbidden, invalid
from kb.people.actor import Actor
from kb.text.limits import MAX_BODY_BYTES
from kb.web.forms import Form
from kb.wording import _

NO_TEMPLATE = "none"
_REF = re.compile(r"(person|group):(\d{1,9})")


class TypedByAnother(Forbidden):
    """The form was opened by somebody else, who was signed in in this browser before."""


def demand_author(actor: Actor, author: int) -> None:
    """Raise TypedByAnother unless the actor opened the form; one that does not say who did is the actor's."""
    if author not in (0, actor.id):
        raise TypedByAnother(_("You are signed in as somebody else now, so nothing was saved."))


def verifier_ref(value: str) -> VerifierRef:
    """ "person:7" or "group:3". Raises Invalid for anything else."""
    found = _REF.fullmatch(value)
    if found is None:
        raise invalid("verifiers", _("must be chosen from the list"))
    kind, number = found.groups()
    return VerifierRef(person_id=int(number)) if kind == "person" else VerifierRef(group_id=int(number))


class CardForm(Form):
    """Everything on the editor's page."""

    title: Title
    body: Body
    collection: Annotated[str, Field(min_length=1, max_length=60)]
    version: int = Field(0, ge=0, le=2**31 - 1)
    tags: str = Field("", max_length=1300)
    language: str | None = None
    audience: str | None = None
    template: Annotated[str, Field(max_length=40)] | None = None
    owner: RowId | None = None
    verifiers: list[str] = Field(default_factory=list, max_length=10)
    interval_days: IntervalDays | None = None
    check_on: date | None = None
    what_changed: Note = ""
    whole_card_checked: bool = False
    is_minor: bool = False
    reading: str = Field("", max_length=8000)
    opened: list[str] = Field(default_factory=list, max_length=50)
    back: str = Field("", max_length=300)
    step: Annotated[str, Field(max_length=10)] = "save"
    draft: int = Field(0, ge=0, le=2**31 - 1)
    draft_shelf: str = Field("", max_length=60)
    author: int = Field(0, ge=0, le=2**31 - 1)

    @property
    def chosen_template(self) -> str | None:
        """The template as commands take it: a form without the field leaves the card's."""
        return "" if self.template == NO_TEMPLATE else self.template

    def policy(self) -> CardPolicy:
        """Who keeps the card true, as the form says."""
        refs = tuple(dict.fromkeys(verifier_ref(value) for value in self.verifiers))
        return CardPolicy(self.owner, refs, self.interval_days, self.check_on)


class TagsField(Form):
    """Tags, checked one by one."""

    tags: Tags


class BodyField(Form):
    """A body alone, for the preview."""

    body: Body


class TextPair(Form):
    """A text, and the same as another editor would write it."""

    body: str = Field("", max_length=MAX_BODY_BYTES)
    again: str = Field("", max_length=MAX_BODY_BYTES)


class LooseCardForm(BaseModel):
    """What stands in the editor right now, right or wrong: for preview and for showing errors."""

    title: str = ""
    body: str = ""
    collection: str = ""
    version: int = 0
    tags: str = ""
    language: str = ""
    audience: str = ""
    template: str = ""
    owner: str = ""
    verifiers: list[str] = Field(default_factory=list)
    interval_days: str = ""
    check_on: str = ""
    what_changed: str = ""
    whole_card_checked: bool = False
    is_minor: bool = False
    reading: str = ""
    opened: list[str] = Field(default_factory=list)
    back: str = ""
    draft: int = Field(0, ge=0, le=2**31 - 1)
    draft_shelf: str = ""
    author: int = Field(0, ge=0, le=2**31 - 1)

    def carried(self) -> tuple[tuple[str, str], ...]:
        """What the form carries unseen: the note of what was read, and where to go on."""
        return tuple((name, value) for name, value in (("reading", self.reading), ("back", self.back)) if value)


class VersionForm(Form):
    """A form that only says which version was read."""

    version: RowId


class VerifyForm(Form):
    """Verify from the card's page."""

    version: RowId
    note: Annotated[Line, Field(max_length=500)] = ""


class FlagForm(Form):
    """Report a problem."""

    kind: Annotated[str, Field(pattern="^(reported|dead_link|date_passed|source_changed|duplicate)$")] = "reported"
    detail: Annotated[Line, Field(max_length=500)] = ""


class ReasonForm(Form):
    """Say why."""

    reason: Annotated[Line, Field(max_length=500)] = ""
