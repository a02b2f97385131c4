"""What a card says otherwise than the curators' registry: an old version, another price or limit, a former name."""

from collections.abc import Iterator

from curator.detectors.batch import Batch
from curator.detectors.evidence import Evidence
from curator.detectors.library import Library
from curator.detectors.weights import OLD_VERSION, VALUE_CHANGED
from kb.sentences import sentence


def found(batch: Batch) -> Iterator[Evidence]:
    """The contradictions of these cards with the registry."""
    for each in batch.cards:
        yield from contradictions(each.card.id, each.text, batch.library)


def contradictions(card_id: int, text: str, library: Library) -> Iterator[Evidence]:
    """The contradictions of one text, each wording once."""
    told: set[str] = set()
    for evidence in _all(card_id, text, library):
        if evidence.fingerprint not in told:
            told.add(evidence.fingerprint)
            yield evidence


def _all(card_id: int, text: str, library: Library) -> Iterator[Evidence]:
    for old in library.versions.find(text):
        detail = sentence(
            "%(name)s is at version %(current)s; this says %(said)s.", name=old.name, current=old.current, said=old.said
        )
        yield Evidence(card_id, OLD_VERSION, old.words, detail, key=old.current)
    for other in library.values.find(text):
        detail = sentence(
            "%(name)s: %(current)s is current; this says %(said)s.",
            name=other.name, current=other.current, said=other.said,
        )  # fmt: skip
        yield Evidence(card_id, VALUE_CHANGED, other.words, detail, key=other.current)
    for mention in library.renamed.find(text):
        if not _names_both(text, mention.start, mention.end, mention.what):
            detail = sentence("It is called %(name)s now.", name=mention.what)
            yield Evidence(card_id, VALUE_CHANGED, mention.words, detail, key=mention.what)


def _names_both(text: str, start: int, end: int, current: str) -> bool:
    """ "Account Partner (formerly Customer Success Manager)" is right; so is a longer new name around the old one."""
    around = text[max(start - len(current) - 30, 0) : end + len(current) + 30].casefold()
    return current.casefold() in around
