"""Evidence about a card in ready words, for the queue's sheet and for the editor: what is thought of it, a box each for
reports, findings, and who sees it if it is wrong; what its sources say now; and all of it as a record keeps it."""

from curator.detectors.findings import Finding
from curator.detectors.source_diff import SourceDiff
from curator.freshness.assessing import Assessment
from curator.freshness.shown import BAND_WORDS
from curator.pages import Evidence, Source
from curator.queue.evidence import Evidence as Facts
from kb.text.diff import DiffLine
from kb.trust.models import Flag
from kb.trust.reading import Piece
from kb.trust.shown import FLAG_WORDS, short_address
from kb.words import Words, count

CHANGED = "What changed since the last check"


def band_words(assessment: Assessment) -> str:
    """What is thought of the card, and how long a check takes."""
    return f"{BAND_WORDS[assessment.band]}. About {count(assessment.minutes, 'minute')} to check."


def boxes_of(facts: Facts, words: Words, card_url: str) -> tuple[Evidence, ...]:
    """Reports first, then findings and comments, then how many see it if it is wrong."""
    boxes = [_report(flag, words) for flag in facts.reports]
    boxes += [_finding(finding, words) for finding in facts.findings]
    if facts.comments:
        url = f"{card_url}?comments=1#comments"
        boxes.append(Evidence("comments", "comment", "Said about it", count(facts.comments, "open comment"), url))
    if facts.impressions:
        seen = f"{count(facts.impressions, 'view')} a month show it"
        boxes.append(Evidence("use", "use", "If this is wrong", seen))
    return tuple(boxes)


def sources_of(facts: Facts, words: Words) -> tuple[Source, ...]:
    """Sources that say something else than at the last check."""
    return tuple(_source(each, words) for each in facts.sources if each.lines)


def pieces_of(facts: Facts, boxes: tuple[Evidence, ...]) -> list[Piece]:
    """The evidence as the record keeps it: reports and findings word by word, comparisons by what they compare."""
    pieces = [Piece(box.key, box.kind, box.words) for box in boxes]
    if facts.changes:
        pieces.append(Piece("changes", "changes", f"{_size(facts.changes)} since version {facts.verified_version}"))
    pieces += [
        Piece(f"source-{each.place}"[:80], "source", f"{each.place}: {_size(each.lines)}")
        for each in facts.sources if each.lines
    ]  # fmt: skip
    return pieces


def _report(flag: Flag, words: Words) -> Evidence:
    url = flag.url or ""
    if flag.kind == "reported":
        by = flag.raised_by.name if flag.raised_by else "somebody"
        label, said = f"Reported by {by}, {words.day(flag.raised_at)}", f"“{flag.detail}”"
    else:
        label, said = f"{FLAG_WORDS.get(flag.kind, 'Reported')}, {words.day(flag.raised_at)}", flag.detail
    return Evidence(f"report-{flag.id}", flag.kind, label, said, url)


def _finding(finding: Finding, words: Words) -> Evidence:
    label = f"Found {words.day(finding.found_at)}: “{finding.words}”"
    return Evidence(f"finding-{finding.id}", finding.detector, label, finding.detail, finding.url or "")


def _source(changed: SourceDiff, words: Words) -> Source:
    place = short_address(changed.place) if changed.url else changed.place
    return Source(f"source-{changed.place}"[:80], f"{place}, changed {words.day(changed.changed_at)}", changed.url,
                  changed.lines)  # fmt: skip


def _size(lines: tuple[DiffLine, ...]) -> str:
    added, removed = (sum(line.kind == kind for line in lines) for kind in ("added", "removed"))
    return f"{count(added, 'line')} added, {removed} removed"
