"""Cards whose source says that another replaces them: applied once, so that what people undo here stays undone."""

from sqlalchemy import select

from kb.cards.models import Card, Replacement
from kb.cards.replacements import replace_card
from kb.errors import VitrineError
from kb.importing.parsed import Notice, NoticeKind, ParsedCard
from kb.importing.saving import Saving
from kb.importing.targets import Targets


def replace(saving: Saving, item: ParsedCard, card_id: int, targets: Targets, ids: dict[str, int]) -> Notice | None:
    """Replace an item's card by the one that its source names, unless it ever was replaced; a notice if it can't be."""
    by = targets.lookup(item.external_id, item.replaced_by or "")
    if by is None:
        return Notice(NoticeKind.CARD, f"It is replaced by “{item.replaced_by}”, which was not imported.")
    session = saving.session
    if session.scalars(select(Replacement.id).where(Replacement.card_id == card_id)).first() is not None:
        return None
    try:
        with session.begin_nested():
            card, successor = session.get_one(Card, card_id), session.get_one(Card, ids[by])
            replace_card(session, saving.actor, card, successor, saving.now)
    except VitrineError as error:
        return Notice(NoticeKind.CARD, f"It was not replaced by “{item.replaced_by}”: {error.detail}")
    return None
