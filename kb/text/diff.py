"""What changed between two texts: lines removed and added, and inside them the words; unchanged stretches as gaps.

Bounded for any input: exact where it is affordable, else anchored on lines that occur once, else whole stretches.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

Kind = Literal["same", "removed", "added", "gap"]
Piece = tuple[str, bool]
Span = tuple[int, int, int, int]


class DiffLine(NamedTuple):
    """`pieces` are stretches of the line with whether they changed; a gap has none, but how many lines it hides."""

    kind: Kind
    pieces: list[Piece]
    hidden: int = 0


def diff(old: str, new: str, context: int = 2) -> list[DiffLine]:
    return _collapse(list(_Differ(old, new).lines()), context)


_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_PAIRS_PER_STRETCH = 40_000
_PAIRS_IN_ALL = 600_000
_PAIRS_FOR_A_LINE = 100  # what looking into one changed line costs at least
_ALIKE = 0.35


class _Differ:
    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old.splitlines(), new.splitlines()
        self.budget = _PAIRS_IN_ALL

    def lines(self) -> Iterator[DiffLine]:
        position = 0
        for start_a, end_a, start_b, end_b in self._changes(0, len(self.old), 0, len(self.new)):
            yield from (DiffLine("same", [(line, False)]) for line in self.old[position:start_a])
            yield from self._changed(self.old[start_a:end_a], self.new[start_b:end_b])
            position = end_a
        yield from (DiffLine("same", [(line, False)]) for line in self.old[position:])

    def _changes(self, a: int, a_end: int, b: int, b_end: int) -> Iterator[Span]:
        """The stretches that differ, in order: equal ends cut off, then exactly, or between anchors, or as a whole."""
        head, tail = _equal_ends(self.old, a, a_end, self.new, b, b_end)
        a, a_end, b, b_end = a + head, a_end - tail, b + head, b_end - tail
        if a == a_end and b == b_end:
            return
        if a == a_end or b == b_end or (a + 1, b + 1) == (a_end, b_end):
            yield a, a_end, b, b_end
        elif self._afford((a_end - a) * (b_end - b)):
            matcher = SequenceMatcher(None, self.old[a:a_end], self.new[b:b_end], autojunk=False)
            for tag, i, i_end, j, j_end in matcher.get_opcodes():
                if tag != "equal":
                    yield a + i, a + i_end, b + j, b + j_end
        else:
            yield from self._between_anchors(a, a_end, b, b_end)

    def _between_anchors(self, a: int, a_end: int, b: int, b_end: int) -> Iterator[Span]:
        anchors = _anchors(self.old[a:a_end], self.new[b:b_end])
        if not anchors:
            yield a, a_end, b, b_end
            return
        last_a, last_b = a, b
        for i, j in anchors:
            yield from self._changes(last_a, a + i, last_b, b + j)
            last_a, last_b = a + i + 1, b + j + 1
        yield from self._changes(last_a, a_end, last_b, b_end)

    def _afford(self, pairs: int) -> bool:
        if pairs > min(_PAIRS_PER_STRETCH, self.budget):
            return False
        self.budget -= pairs
        return True

    def _changed(self, removed: list[str], added: list[str]) -> Iterator[DiffLine]:
        """Old and new line above each other where they are alike, so that the eye finds the words."""
        paired = 0
        for old, new in zip(removed, added, strict=False):
            if self.budget < _PAIRS_FOR_A_LINE:
                break
            paired += 1
            old_pieces, new_pieces = self._words(old, new)
            yield DiffLine("removed", old_pieces)
            yield DiffLine("added", new_pieces)
        yield from (DiffLine("removed", [(line, True)]) for line in removed[paired:])
        yield from (DiffLine("added", [(line, True)]) for line in added[paired:])

    def _words(self, old: str, new: str) -> tuple[list[Piece], list[Piece]]:
        whole = [(old, True)], [(new, True)]
        a, b = _WORD.findall(old), _WORD.findall(new)
        head, tail = _equal_ends(a, 0, len(a), b, 0, len(b))
        a_mid, b_mid = a[head : len(a) - tail], b[head : len(b) - tail]
        if not self._afford(len(a_mid) * len(b_mid) + _PAIRS_FOR_A_LINE):
            return whole
        matcher = SequenceMatcher(None, a_mid, b_mid, autojunk=False)
        blocks = [(0, 0, 0), *matcher.get_matching_blocks()]
        alike = 2 * (head + tail + sum(size for _, _, size in blocks)) / (len(a) + len(b) or 1)
        if alike < _ALIKE:
            return whole
        start, end = "".join(a[:head]), "".join(a[len(a) - tail :])
        a_same = [(i, size) for i, _, size in blocks]
        b_same = [(j, size) for _, j, size in blocks]
        return _pieces(start, a_mid, a_same, end), _pieces(start, b_mid, b_same, end)


def _equal_ends(old: list[str], a: int, a_end: int, new: list[str], b: int, b_end: int) -> tuple[int, int]:
    shorter = min(a_end - a, b_end - b)
    head = 0
    while head < shorter and old[a + head] == new[b + head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[a_end - tail - 1] == new[b_end - tail - 1]:
        tail += 1
    return head, tail


def _anchors(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Lines that occur once on each side and stand in the same order: the longest such chain (patience)."""
    once_old, once_new = Counter(old), Counter(new)
    place = {line: j for j, line in enumerate(new) if once_new[line] == 1 and once_old[line] == 1}
    ends: list[int] = []
    chain: list[tuple[int, int, int]] = []  # place in old, place in new, index of the link before
    tips: list[int] = []
    for i, line in enumerate(old):
        j = place.get(line)
        if j is None:
            continue
        at = bisect_left(ends, j)
        chain.append((i, j, tips[at - 1] if at else -1))
        ends[at : at + 1], tips[at : at + 1] = [j], [len(chain) - 1]
    found: list[tuple[int, int]] = []
    link = tips[-1] if tips else -1
    while link >= 0:
        i, j, link = chain[link]
        found.append((i, j))
    return found[::-1]


def _pieces(start: str, tokens: list[str], same: list[tuple[int, int]], end: str) -> list[Piece]:
    pieces: list[Piece] = [(start, False)]
    position = 0
    for at, size in same:
        pieces.append(("".join(tokens[position:at]), True))
        pieces.append(("".join(tokens[at : at + size]), False))
        position = at + size
    pieces.append((end, False))
    joined: list[Piece] = []
    for text, changed in pieces:
        if text and joined and joined[-1][1] == changed:
            joined[-1] = (joined[-1][0] + text, changed)
        elif text:
            joined.append((text, changed))
    return joined


def _collapse(lines: list[DiffLine], context: int) -> list[DiffLine]:
    """Keeps `context` equal lines around each change; what is further away becomes a gap if it hides more than one."""
    out: list[DiffLine] = []
    position = 0
    for start, end in _far_stretches(lines, context):
        if end - start > 1:
            out += [*lines[position:start], DiffLine("gap", [], end - start)]
            position = end
    return out + lines[position:]


def _far_stretches(lines: list[DiffLine], context: int) -> Iterator[tuple[int, int]]:
    changes = [i for i, line in enumerate(lines) if line.kind != "same"]
    shown_to = 0
    for i in changes:
        if i - context > shown_to:
            yield shown_to, i - context
        shown_to = i + context + 1
    if shown_to < len(lines):
        yield shown_to, len(lines)
