"""Why a result stands where it does, in words. Pure: what was asked, the card and the parts of its score in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kb.trust.state import TrustState
from kb.wording import N_, _, ngettext
from kb.words import joined
from search import analysis
from search.backend import Query
from search.ranking import KEPT_PLACE, TITLE_SHARE
from search.snippets import PREFIX_LENGTH, READ_LIMIT, Marker

_NUMBERS = {1: N_("one"), 2: N_("two"), 3: N_("three"), 4: N_("four"), 5: N_("five")}
_PLACES = {"title": N_("title"), "tags": N_("tags"), "text": N_("text")}
_STATES = {
    TrustState.DUE_SOON: N_("Its check is near"),
    TrustState.OVERDUE: N_("Its check is overdue"),
    TrustState.FLAGGED: N_("It is flagged"),
    TrustState.UNVERIFIED: N_("It is not verified"),
}
_NEARLY_ALL, _MOST = 0.99, 0.5


@dataclass(frozen=True, slots=True)
class Read:
    """A card as its words are looked for in it."""

    title: str
    tags: Sequence[str]
    text: str
    language: str | None


def why(query: Query, card: Read, state: TrustState, parts: Mapping[str, float]) -> tuple[str, ...]:
    """Sentences, the words first. A part that changes less than half a percent is not worth one."""
    text = parts.get("text", 0.0)
    words = text + parts.get("title", 0.0) + parts.get("phrase", 0.0)
    trusted = words + parts.get("trust", 0.0)
    used = trusted + parts.get("use", 0.0)
    said = [*_matches(query, card), _title(parts.get("title", 0.0), text)]
    said.append(_("The words stand side by side.") if parts.get("phrase", 0.0) > 0 else "")
    said.append(_trust(state, _percent(parts.get("trust", 0.0), words)))
    said.append(_more(_("Used often lately"), _percent(parts.get("use", 0.0), trusted)))
    said.append(_more(_("Meant for your group"), _percent(parts.get("audience", 0.0), used)))
    if parts.get("kept", 0.0) > 0:
        said.append(
            _("The best match of words and trust: kept among the first %(number)s.", number=_(_NUMBERS[KEPT_PLACE]))
        )
    return tuple(sentence for sentence in said if sentence)


def _matches(query: Query, card: Read) -> Iterator[str]:
    """Which words stand where, in the order of the query; what stands for the others; which are missing."""
    marker = Marker(query)
    where = _places(marker, card)
    by_places: dict[tuple[str, ...], list[str]] = {}
    for number, word in marker.words.items():
        if where[number] or number != marker.typing or len(word) >= PREFIX_LENGTH:
            by_places.setdefault(tuple(where[number]), []).append(word)
    missing = by_places.pop((), [])
    for places, words in by_places.items():
        yield _(
            "%(words)s in its %(places)s.", words=_quoted(words), places=joined([_(_PLACES[place]) for place in places])
        )
    for run, others in query.synonyms:
        run_words = analysis.cut(run)
        meant = [other for other in others if _holds_all(card, other)] if set(run_words) <= set(missing) else []
        if meant:
            missing = [word for word in missing if word not in run_words]
            yield _("“%(word)s”, which means the same as “%(asked)s”.", word=meant[0], asked=run)
    if missing:
        yield ngettext(
            "%(words)s is no word of its title, tags or text.", "%(words)s are no words of its title, tags or text.",
            len(missing), words=_quoted(missing),
        )  # fmt: skip


def _places(marker: Marker, card: Read) -> dict[int, list[str]]:
    """Where each word stands. A long text is read on only for those that its beginning does not hold."""
    where: dict[int, list[str]] = {number: [] for number in marker.words}
    for place, text in (("title", card.title), ("tags", "\n".join(card.tags)), ("text", card.text[:READ_LIMIT])):
        for number in marker.found(text, card.language) & where.keys():
            where[number].append(place)
    if len(card.text) > READ_LIMIT and not all(where.values()):
        for number in marker.found(card.text[READ_LIMIT:], card.language) & where.keys():
            where[number] += [] if "text" in where[number] else ["text"]
    return where


def _holds_all(card: Read, words: str) -> bool:
    marker = Marker(Query(words=tuple(analysis.cut(words))))
    return all(_places(marker, card).values())


def _quoted(words: Sequence[str]) -> str:
    return joined([_("“%(word)s”", word=word) for word in words])


def _title(title: float, text: float) -> str:
    share = title / (TITLE_SHARE * text) if text > 0 else 0.0
    if share <= 0:
        return ""
    if share >= _NEARLY_ALL:
        return _("All of its title was asked for.")
    return _("Most of its title was asked for.") if share >= _MOST else _("Part of its title was asked for.")


def _trust(state: TrustState, percent: int) -> str:
    if state is TrustState.VERIFIED:
        return _("Verified: counts in full.")
    return (
        _("%(because)s: counts %(percent)s %% less.", because=_(_STATES[state]), percent=-percent)
        if percent < 0
        else ""
    )


def _more(because: str, percent: int) -> str:
    return _("%(because)s: counts %(percent)s %% more.", because=because, percent=percent) if percent > 0 else ""


def _percent(part: float, of: float) -> int:
    return round(100 * part / of) if of > 0 else 0
