"""One button that follows, and one that stops it: on cards, collections, tags and in the list of what one follows."""

from typing import Annotated, Literal

from flask import Blueprint, redirect
from pydantic import Field
from werkzeug.wrappers import Response

from kb.cards.fields import RowId, Tag
from kb.errors import Conflict, invalid
from kb.following.commands import Followed, follow, unfollow
from kb.web.edge import now, writing
from kb.web.forms import Form, read_form
from kb.web.frame import say
from kb.web.targets import safe_next
from kb.wording import _

blueprint = Blueprint("following", __name__)


class FollowForm(Form):
    """What, and whether to begin or to stop. `back` is the page the button stood on."""

    do: Literal["follow", "unfollow"]
    card: RowId | None = None
    tag: Tag | None = None
    collection: RowId | None = None
    back: Annotated[str, Field(max_length=2000)] = "/account/notices"


@blueprint.post("/follow")
def change() -> Response:
    """Begin or stop, and go back."""
    form = read_form(FollowForm)
    if sum(each is not None for each in (form.card, form.tag, form.collection)) != 1:
        raise invalid("card", _("Name one card, tag or collection."))
    what = Followed(form.card, form.tag, form.collection)
    with writing() as (session, actor):
        if form.do == "unfollow":
            unfollow(session, actor, what)
            said = _("You no longer follow this.")
        else:
            try:
                follow(session, actor, what, now())
                said = _("You follow this. You hear of corrections, replacements and archiving.")
            except Conflict as error:
                said = error.detail
    say(said)
    return redirect(safe_next(form.back), 303)
