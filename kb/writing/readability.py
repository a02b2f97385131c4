"""How hard a text is to read, in words, by the formula that its own language has.

* English: Reading Ease, 206.835 - 1.015 words a sentence - 84.6 syllables a word. R. Flesch, "A new readability
  yardstick", Journal of Applied Psychology 32 (1948), 221-233. The bands below are his.
* German: 180 - words a sentence - 58.5 syllables a word, on the same scale. T. Amstad, "Wie verständlich sind unsere
  Zeitungen?", Zurich 1978.
* Russian: 206.835 - 1.3 words a sentence - 60.1 syllables a word, on the same scale. I. V. Oborneva, "Automation of the
  assessment of text perception" (in Russian), Moscow 2005.

For Polish and Finnish none is used: the known ones need words in their basic form. Long sentences are named in every
language. Syllables are counted by groups of vowels, which is off by a few per cent and moves no band.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

FEWEST_WORDS = 50
LONG_SENTENCE = 25
MOST_NAMED = 3
_SHOWN_WORDS = 8
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_END = re.compile(r"(?<=[.!?…])[\"”»’)\]]*\s+")
_VOWELS = {
    "en": re.compile("[aeiouyàâäéèêëîïôöùûü]+"),
    "de": re.compile("[aeiouyäöüé]+"),
    "ru": re.compile("[аеёиоуыэюя]"),
}
_FORMULAS = {"en": ("Flesch", 206.835, 1.015, 84.6), "de": ("Amstad", 180.0, 1.0, 58.5),
             "ru": ("Oborneva", 206.835, 1.3, 60.1)}  # fmt: skip
_ABBREVIATED = frozenset(
    ("e.g", "i.e", "vs", "mr", "mrs", "ms", "dr", "approx", "incl", "bzw", "ca", "evtl", "ggf", "inkl", "nr", "vgl",
     "z.b", "d.h", "u.a", "см", "рис", "напр")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ease:
    """A score from 0 (hard) to 100 (easy), and whose formula gave it."""

    score: float
    formula: str


def has_formula(language: str) -> bool:
    """Whether reading ease can be told in this language."""
    return language in _FORMULAS


def sentences(text: str, headings: Iterable[str] = ()) -> list[str]:
    """The sentences of a plain text, where every line stands for itself; headings are none."""
    left_out = set(headings)
    return [each for line in text.splitlines() if line.strip() not in left_out for each in _split(line.strip())]


def ease(found: list[str], language: str) -> Ease | None:
    """How easily these sentences read; None for too few words, or a language without a formula."""
    if language not in _FORMULAS:
        return None
    words = [word for sentence in found for word in _WORD.findall(sentence)]
    if len(words) < FEWEST_WORDS:
        return None
    name, base, per_sentence, per_syllable = _FORMULAS[language]
    spoken = sum(syllables(word, language) for word in words) / len(words)
    score = base - per_sentence * len(words) / len(found) - per_syllable * spoken
    return Ease(max(0.0, min(100.0, score)), name)


def syllables(word: str, language: str) -> int:
    """About how many syllables a word has."""
    lower = word.lower()
    groups = len(_VOWELS[language].findall(lower))
    if language == "en" and lower.endswith("e") and not lower.endswith(("le", "ee")) and groups > 1:
        groups -= 1  # silent
    return max(1, groups)


def long_ones(found: list[str]) -> list[tuple[str, int]]:
    """The longest sentences above the limit: how each begins, and its words."""
    counted = [(sentence, len(_WORD.findall(sentence))) for sentence in found]
    over = sorted((each for each in counted if each[1] > LONG_SENTENCE), key=lambda each: -each[1])
    return [(_beginning(sentence), words) for sentence, words in over[:MOST_NAMED]]


def _split(line: str) -> list[str]:
    """At full stops, but not after an abbreviation such as "B." or "Nr.", nor before a small letter."""
    pieces: list[str] = []
    for piece in _END.split(line):
        if not piece:
            continue
        if pieces and (_is_abbreviated(pieces[-1]) or piece[:1].islower()):
            pieces[-1] += f" {piece}"
        else:
            pieces.append(piece)
    return pieces


def _is_abbreviated(piece: str) -> bool:
    last = piece.split()[-1].lower() if piece.split() else ""
    word = last.removesuffix(".").lstrip('(“„"')
    return last.endswith(".") and word != "" and ((len(word) == 1 and word.isalpha()) or word in _ABBREVIATED)


def _beginning(sentence: str) -> str:
    words = sentence.split()
    return " ".join(words[:_SHOWN_WORDS])[:90] + ("…" if len(words) > _SHOWN_WORDS else "")
