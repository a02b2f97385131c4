"""What is noted of a finished search: its words as typed but for case and blanks, and what came first."""

import re
from datetime import datetime

from kb.people.actor import Actor
from kb.trust.state import RANK
from kb.use.searches import WORDS_LIMIT, Asked, query_id
from search.analysis import fold, normalise
from search.answers import Answers


def normalised(text: str) -> str:
    """The form in which queries are compared and shown: lower case, single blanks."""
    return " ".join(normalise(text).lower().split())[:WORDS_LIMIT].rstrip()


def completed(words: str, title: str) -> str:
    """Words as they were meant: who searches while typing opens a card before the last word is whole.

    The title of that card completes it: "working fr" from "Working from home" is "working from".
    """
    start, _, last = words.rpartition(" ")
    in_title = re.findall(r"\w+", title.lower())
    begun = fold(last)
    if not begun.isalnum() or begun in map(fold, in_title):
        return words
    whole = next((word for word in in_title if fold(word).startswith(begun)), last)
    return f"{start} {whole}".strip()[:WORDS_LIMIT]


def asked(key: bytes, actor: Actor, found: Answers, now: datetime) -> Asked | None:
    """The search as it is noted; None if nothing was asked. `key` is the installation's."""
    words = normalised(found.query)
    if not words:
        return None
    trusts = [result.trust.state for result in found.results]
    return Asked(
        query_id=query_id(key, actor.id, words, now),
        words=words,
        person_id=actor.id,
        at=now,
        last_at=now,
        results=found.total,
        first_card_id=found.results[0].card.id if found.results else None,
        best_trust=max(trusts, key=RANK.__getitem__).value if trusts else None,
    )
