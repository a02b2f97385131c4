"""The button that follows, as it stands on a page."""

from sqlalchemy.orm import Session

from kb.following.commands import Followed, is_following
from kb.people.actor import Actor
from kb.web.parts import FollowButton
from kb.wording import _


def follow_button(session: Session, actor: Actor, what: Followed, back: str) -> FollowButton:
    """The button for this thing; `back` is the page it stands on."""
    is_on = is_following(session, actor, what)
    named = (("card", what.card_id), ("tag", what.tag), ("collection", what.collection_id))
    pairs = tuple((name, str(value)) for name, value in named if value is not None)
    return FollowButton(
        _("Stop following") if is_on else _("Follow"),
        is_on,
        (("do", "unfollow" if is_on else "follow"), *pairs, ("back", back)),
    )
