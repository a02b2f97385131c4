"""Pictures on their way: sent while somebody writes, and handed to the card that shows them when it is saved."""

import re
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.cards.models import Attachment, Card
from kb.cards.permissions import visible_to
from kb.cards.pictures import Picture
from kb.drafts.models import Upload
from kb.errors import Forbidden, invalid
from kb.people.actor import Actor
from kb.wording import _

MAX_UPLOADS = 200
MAX_UPLOADED_BYTES = 100 * 1024 * 1024
_SHOWN = re.compile(r'"/media/([0-9a-f]{64})\.(?:png|jpg|webp|gif)"')
_UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def keep_upload(session: Session, actor: Actor, picture: Picture, file_name: str, now: datetime) -> Upload:
    """Keep a picture that was written anew. The same one twice is one."""
    if not actor.writable:
        raise Forbidden(_("You may not write cards, so there is none to add a picture to."))
    known = select(Upload).where(Upload.person_id == actor.id, Upload.sha256 == picture.sha256)
    if (found := session.scalars(known).first()) is not None:
        found.created_at = now
        return found
    count, size = session.execute(
        select(func.count(), func.coalesce(func.sum(Upload.size), 0)).where(Upload.person_id == actor.id)
    ).one()
    if count >= MAX_UPLOADS or size + len(picture.content) > MAX_UPLOADED_BYTES:
        raise invalid(
            "picture", _("You have sent many pictures that no saved card shows. Save the card, then add more.")
        )
    upload = Upload(
        person_id=actor.id, sha256=picture.sha256, media_type=picture.media_type, content=picture.content,
        size=len(picture.content), file_name=_UNWANTED.sub("", file_name)[:200] or "picture", created_at=now,
    )  # fmt: skip
    session.add(upload)
    session.flush()
    return upload


def own_upload(session: Session, actor: Actor, sha256: str) -> Upload | None:
    """A picture that the actor sent."""
    return session.scalars(select(Upload).where(Upload.person_id == actor.id, Upload.sha256 == sha256)).first()


def attach_pictures(session: Session, actor: Actor, card: Card, html: str, now: datetime) -> int:
    """Give the card the pictures that its text shows: the actor's own, and those of cards the actor may see, whose text
    was copied. Others stay out of reach, as they were. Returns how many were new."""
    shown = set(_SHOWN.findall(html))
    if not shown:
        return 0
    shown -= set(session.scalars(select(Attachment.sha256).where(Attachment.card_id == card.id)))
    attached = 0
    for sha256 in sorted(shown):
        source = own_upload(session, actor, sha256) or _seen_elsewhere(session, actor, sha256)
        if source is not None:
            session.add(Attachment(
                card_id=card.id, sha256=sha256, media_type=source.media_type, file_name=source.file_name,
                content=source.content, created_at=now,
            ))  # fmt: skip
            attached += 1
    session.flush()
    return attached


def _seen_elsewhere(session: Session, actor: Actor, sha256: str) -> Attachment | None:
    seen = select(Attachment).join(Card, Card.id == Attachment.card_id).where(visible_to(actor))
    return session.scalars(seen.where(Attachment.sha256 == sha256).limit(1)).first()
