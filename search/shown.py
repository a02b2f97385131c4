"""Results as the search page shows them: hits, the selected answer and what was corrected, in ready words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from markupsafe import Markup

from kb.cards.models import Card
from kb.cards.queries import card_path
from kb.cards.shown import copied_words
from kb.people.actor import Actor
from kb.trust.contract import standing
from kb.trust.shown import badge, caution, strip
from kb.trust.state import Trust
from kb.web.parts import Link
from kb.wording import _, ngettext
from kb.words import Words
from search.answers import Answers, Result
from search.explained import Read, why
from search.pages import Correction, Hit, Preview


@dataclass(frozen=True, slots=True)
class Asking:
    """Who looks, when, and through which search."""

    actor: Actor
    words: Words
    public_url: str
    query_id: str | None
    query: str = ""

    @property
    def now(self) -> datetime:
        """The instant of the operation."""
        return self.words.now


def hit(answers: Answers, result: Result, used: Mapping[int, int], asking: Asking) -> Hit:
    """One result. What is withheld is named with its reason; its words are not shown."""
    card, times = result.card, used.get(result.card.id, 0)
    stands = standing(card.collection, result.trust, asking.now)
    read = Read(card.title, card.tags, card.text, card.language)
    return Hit(
        title=result.title,
        url=_with(card_path(card), query_id=asking.query_id),
        preview_url=_with(f"/preview/{card.id}", query_id=asking.query_id, q=asking.query if stands.reason else ""),
        snippet=() if stands.is_withheld else result.snippet,
        badge=badge(result.trust, asking.words),
        collection=card.collection.name,
        owner=card.owner.name if card.owner else "",
        used=ngettext("Used %(num)s time this month", "Used %(num)s times this month", times) if times else "",
        warning=stands.reason,
        is_withheld=stands.is_withheld,
        why=why(answers.understood, read, result.trust.state, result.parts),
    )


def preview(card: Card, trust: Trust, asking: Asking) -> Preview:
    """The selected answer; withheld, it has no text."""
    path = card_path(card)
    stands = standing(card.collection, trust, asking.now)
    return Preview(
        title=card.title,
        url=_with(path, query_id=asking.query_id),
        link=f"{asking.public_url}{path}",
        language=card.language,
        html=Markup("" if stands.is_withheld else card.html),  # noqa: S704  (sanitised when it was rendered)
        strip=strip(card, trust, asking.words),
        crumbs=(Link(card.collection.name, f"/collections/{card.collection.slug}"),),
        copied_action=_with(f"/cards/{card.id}/copied", version=str(card.version), query_id=asking.query_id),
        copied_words=_("Copied. %(reason)s", reason=stands.reason)
        if stands.reason and trust.is_good
        else copied_words(card, trust),
        report_url=f"{path}?report=1#report",
        caution=caution(asking.actor, card, stands, asking.query),
    )


def correction(answers: Answers, url: str, *, is_narrowed: bool) -> Correction | None:
    """Words that no card has, and what was looked for instead; `url` searches for that."""
    if not answers.corrected or answers.did_you_mean is None or not answers.results:
        return None
    unknown = _(" or ").join(_("“%(word)s”", word=word) for word, _meant in answers.corrected)
    sentence = _("No card here has %(words)s.") if is_narrowed else _("No card has %(words)s.")
    return Correction(sentence % {"words": unknown}, Link(answers.did_you_mean, url))


def _with(path: str, **fields: str | None) -> str:
    """An address with what leads to it, so that what is opened, copied or asked counts for that search."""
    given = {name: value for name, value in fields.items() if value}
    return f"{path}?{urlencode(given)}" if given else path
