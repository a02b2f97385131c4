"""Whether an edit took something back: the evidence that a text had been wrong, as against one that only grew.

A correction removes at least three words, or a number, or an address elsewhere. What is only added, moved, re-wrapped,
re-cased or re-punctuated corrects nothing. (The rule that the freshness figures were measured with.)
"""

import re
from collections import Counter

_LEAST_WORDS = 3
_URL = re.compile(r"https?://[^\s)>\]\"'`]+")
_WORD = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")
_LIST_NUMBER = re.compile(r"^[ \t]*\d+[.)](?=\s)", re.MULTILINE)
_GROUPED = re.compile(r"(?<=\d)[,'’\u00a0\u202f](?=\d{3})")


def is_correction(old_title: str, old_body: str, new_title: str, new_body: str) -> bool:
    """Whether the new text takes back something that the old one said."""
    if (old_title, old_body) == (new_title, new_body):
        return False
    old, new = f"{old_title}\n{old_body}", f"{new_title}\n{new_body}"
    if _lost(_addresses(old), _addresses(new)):
        return True
    lost = _lost(_words(old), _words(new))
    return sum(lost.values()) >= _LEAST_WORDS or any(char.isdigit() for word in lost for char in word)


def _lost(old: Counter[str], new: Counter[str]) -> Counter[str]:
    return old - new


def _addresses(text: str) -> Counter[str]:
    """Each address once: the same link given a second time, and removed again, says nothing."""
    return Counter({found.rstrip(".,;:!?*_") for found in _URL.findall(text)})


def _words(text: str) -> Counter[str]:
    plain = _GROUPED.sub("", _LIST_NUMBER.sub("", _URL.sub(" ", text)))
    return Counter(word.casefold() for word in _WORD.findall(plain))
