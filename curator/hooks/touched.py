"""Which cards a change touches: those that fit everything the change names."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from curator.detectors.models import CardExternalLink, ExternalLink, WatchedSource
from curator.detectors.phrases import PhraseBook
from kb.cards.models import Card, CardTag, Collection, Status
from kb.errors import invalid
from kb.wording import _

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Change:
    """What changed elsewhere. Each of the last four narrows the cards; at least one is given."""

    reason: str
    tags: tuple[str, ...] = ()
    collection: str | None = None
    term: str | None = None
    source_url: str | None = None


def touched_cards(session: Session, change: Change) -> list[int]:
    """The numbers of the answers that a change touches. Raises Invalid when it names nothing, or no such collection."""
    if not (change.tags or change.collection or change.term or change.source_url):
        raise invalid("tags", _("Say what it touches: a tag, a collection, a term or a source."))
    query = select(Card.id).where(Card.status == Status.PUBLISHED, Card.replaced_by_id.is_(None))
    if change.collection:
        shelf = session.scalars(select(Collection.id).where(Collection.slug == change.collection)).first()
        if shelf is None:
            raise invalid("collection", _("There is no collection %(collection)s.", collection=change.collection))
        query = query.where(Card.collection_id == shelf)
    for tag in change.tags:
        query = query.where(exists(select(CardTag.tag).where(CardTag.card_id == Card.id, CardTag.tag == tag.lower())))
    if change.source_url:
        query = query.where(_has_source(change.source_url))
    ids = list(session.scalars(query.order_by(Card.id)))
    return _that_say(session, ids, change.term) if change.term else ids


def _has_source(url: str) -> ColumnElement[bool]:
    """Whether a card watches this address or links to it, or to a page below it."""
    bare = url.partition("#")[0].rstrip("/")

    def is_there(column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        return or_(column.in_((bare, f"{bare}/")), column.startswith(f"{bare}/", autoescape=True))

    watches = select(WatchedSource.id).where(WatchedSource.card_id == Card.id, is_there(WatchedSource.place))
    links = (
        select(CardExternalLink.card_id)
        .join(ExternalLink, ExternalLink.id == CardExternalLink.link_id)
        .where(CardExternalLink.card_id == Card.id, is_there(ExternalLink.url))
    )
    return or_(exists(watches), exists(links))


def _that_say(session: Session, ids: list[int], term: str) -> list[int]:
    """Those whose title or text has the term as whole words, in any case."""
    book = PhraseBook([(term, term)], any_case=True)
    if not book:
        raise invalid("term", _("The term must begin with a letter or a digit."))
    found: list[int] = []
    for start in range(0, len(ids), _AT_ONCE):
        rows = session.execute(
            select(Card.id, Card.title, Card.text).where(Card.id.in_(ids[start : start + _AT_ONCE])).order_by(Card.id)
        )
        found += [card_id for card_id, title, text in rows if book.find(f"{title}\n{text}")]
    return found
