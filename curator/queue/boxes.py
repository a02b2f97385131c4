"""Evidence about a card in ready words, for the queue's sheet and for the editor: what is thought of it, a box each for
reports, findings, and who sees it if it is wrong; what its sources say now; and all of it as a record keeps it."""

from curator.detectors.findings import Finding
from curator.detectors.source_diff import SourceDiff
from curator.freshness.assessing import Assessment
from curator.freshness.shown import BAND_WORDS
from curator.pages import Evidence, Source
from curator.queue.evidence import Evidence as Facts
from kb.sentences import told
from kb.text.diff import DiffLine
from kb.trust.models import Flag
from kb.trust.reading import Piece
from kb.trust.shown import FLAG_WORDS, short_address
from kb.wording import ENGLISH, N_, _, ngettext, speaking
from kb.words import Words, count

CHANGED = N_("What changed since the last check")


def band_words(assessment: Assessment) -> str:
    """What is thought of the card, and how long a check takes."""
    return ngettext(
        "%(band)s. About %(num)s minute to check.", "%(band)s. About %(num)s minutes to check.",
        assessment.minutes, band=_(BAND_WORDS[assessment.band]),
    )  # fmt: skip


def boxes_of(facts: Facts, words: Words, card_url: str) -> tuple[Evidence, ...]:
    """Reports first, then findings and comments, then how many see it if it is wrong."""
    boxes = [_report(flag, words) for flag in facts.reports]
    boxes += [_finding(finding, words) for finding in facts.findings]
    if facts.comments:
        url = f"{card_url}?comments=1#comments"
        boxes.append(Evidence("comments", "comment", _("Said about it"), count(facts.comments, "open comment"), url))
    if facts.impressions:
        seen = ngettext("%(num)s view a month show it", "%(num)s views a month show it", facts.impressions)
        boxes.append(Evidence("use", "use", _("If this is wrong"), seen))
    return tuple(boxes)


def sources_of(facts: Facts, words: Words) -> tuple[Source, ...]:
    """Sources that say something else than at the last check."""
    return tuple(_source(each, words) for each in facts.sources if each.lines)


def pieces_of(facts: Facts, words: Words) -> list[Piece]:
    """The evidence as the record keeps it: reports and findings word by word, comparisons by what they compare. In
    English, whatever the page is in: a record is read by people of all languages."""
    with speaking(ENGLISH):
        return _pieces(facts, words)


def _pieces(facts: Facts, words: Words) -> list[Piece]:
    pieces = [Piece(box.key, box.kind, box.words) for box in boxes_of(facts, words, "")]
    if facts.changes:
        pieces.append(
            Piece(
                "changes",
                "changes",
                _("%(size)s since version %(version)s", size=_size(facts.changes), version=facts.verified_version),
            )
        )
    pieces += [
        Piece(f"source-{each.place}"[:80], "source", f"{each.place}: {_size(each.lines)}")
        for each in facts.sources if each.lines
    ]  # fmt: skip
    return pieces


def _report(flag: Flag, words: Words) -> Evidence:
    url = flag.url or ""
    if flag.kind == "reported":
        by = flag.raised_by.name if flag.raised_by else _("somebody")
        label = _("Reported by %(by)s, %(day)s", by=by, day=words.day(flag.raised_at))
        said = _("“%(words)s”", words=told(flag.detail))
    else:
        label, said = f"{_(FLAG_WORDS.get(flag.kind, N_('Reported')))}, {words.day(flag.raised_at)}", told(flag.detail)
    return Evidence(f"report-{flag.id}", flag.kind, label, said, url)


def _finding(finding: Finding, words: Words) -> Evidence:
    label = _("Found %(day)s: “%(words)s”", day=words.day(finding.found_at), words=told(finding.words))
    return Evidence(f"finding-{finding.id}", finding.detector, label, told(finding.detail), finding.url or "")


def _source(changed: SourceDiff, words: Words) -> Source:
    place = short_address(changed.place) if changed.url else changed.place
    return Source(
        f"source-{changed.place}"[:80],
        _("%(place)s, changed %(day)s", place=place, day=words.day(changed.changed_at)),
        changed.url,
        changed.lines,
    )


def _size(lines: tuple[DiffLine, ...]) -> str:
    added, removed = (sum(line.kind == kind for line in lines) for kind in ("added", "removed"))
    return ngettext(
        "%(num)s line added, %(removed)s removed", "%(num)s lines added, %(removed)s removed", added, removed=removed
    )
