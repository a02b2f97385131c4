"""Evidence about a card in ready words: a box each for reports, findings, and who sees it if it is wrong."""

from curator.detectors.findings import Finding
from curator.pages import Evidence
from curator.queue.evidence import Evidence as Facts
from kb.trust.models import Flag
from kb.trust.shown import FLAG_WORDS
from kb.words import Words, count


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
