"""An answer of the past as a page: what was asked, what stood first then, and what stands there now."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from kb.cards.models import Card, Revision
from kb.cards.queries import card_path
from kb.trust.contract import standing
from kb.trust.shown import badge
from kb.web.parts import BLANK, Badge, Field, Link
from kb.wording import _, ngettext
from kb.words import Words
from search.answers import Answers, Result


@dataclass(frozen=True, slots=True)
class PastRow:
    """One result. `compare` leads from the version of then to today's."""

    title: str
    url: str
    badge: Badge
    facts: str
    compare: Link | None
    warning: str = ""
    is_withheld: bool = False


@dataclass(frozen=True, slots=True)
class PastPage:
    """/as-of"""

    query: Field = BLANK
    at: Field = BLANK
    zone: str = ""
    sentence: str = ""
    rows: tuple[PastRow, ...] = ()
    html: Markup | None = None
    hidden_words: str = ""


def past_rows(session: Session, found: Answers, instant: datetime, words: Words) -> tuple[PastRow, ...]:
    """The results as they stood."""
    return tuple(_row(session, result, instant, words) for result in found.results)


def given(found: Answers, instant: datetime) -> Result | None:
    """What a rep would have been given as the answer."""
    best = found.results[0] if found.results and not found.has_few else None
    return best if best and standing(best.card.collection, best.trust, instant).is_given else None


def text_then(session: Session, result: Result) -> str:
    """The Markdown of the version of then."""
    return session.get_one(Revision, (result.card.id, result.card.version)).body


def sentence_of(found: Answers, instant: datetime, words: Words) -> str:
    """What a rep would have been told, in a sentence."""
    when = words.exact(instant)
    if not found.results:
        return _("On %(when)s no card answered this.", when=when)
    best = given(found, instant)
    if best is None and found.has_few:
        return _("On %(when)s no card had enough of these words to be the answer.", when=when)
    if best is None:
        return _("On %(when)s the best answer was withheld.", when=when)
    return _(
        "On %(when)s the answer was “%(title)s”, version %(version)s.",
        when=when,
        title=best.card.title,
        version=best.card.version,
    )


def hidden_words(found: Answers) -> str:
    """What was folded behind the results."""
    return (
        ngettext("%(num)s older answer hidden.", "%(num)s older answers hidden.", found.hidden) if found.hidden else ""
    )


def _row(session: Session, result: Result, instant: datetime, words: Words) -> PastRow:
    card, then = result.card, Words(instant, words.zone)
    stands = standing(card.collection, result.trust, instant)
    now = session.get_one(Card, card.id).version
    same = Link(_("Compare with today's"), f"/cards/{card.id}/diff?from={card.version}&to={now}")
    by = _("never verified")
    if result.trust.verified_at:
        by = _("verified by %(name)s", name=result.trust.verified_by or _("an import"))
    return PastRow(
        title=card.title,
        url=card_path(card),
        badge=badge(result.trust, then),
        facts=f"{_('Version %(version)s', version=card.version)} · {card.collection.name} · {by}",
        compare=same if now != card.version else None,
        warning=stands.reason,
        is_withheld=stands.is_withheld,
    )
