"""Why a result stands where it does, in words: which words stand where, and what each part of the score means."""

from typing import Any

import pytest

from kb.trust.state import TrustState
from search.explained import Read, why
from search.query import parse
from search.snippets import READ_LIMIT

CARD = Read("Refund policy for annual plans", ("billing", "refunds"), "We refund within 30 days. Ask finance.", "en")


def said(query: str, *, card: Read = CARD, state: TrustState = TrustState.VERIFIED, **parts: Any) -> tuple[str, ...]:
    return why(parse(query), card, state, {"text": 1.0, **parts})


def words(query: str, card: Read = CARD) -> tuple[str, ...]:
    return said(query, card=card, state=TrustState.UNVERIFIED)


@pytest.mark.parametrize(
    ("query", "sentences"),
    [
        ("refunds ", ("“refunds” in its title, tags and text.",)),
        ("policy finance ", ("“policy” in its title.", "“finance” in its text.")),
        ("policy plan ", ("“policy” and “plan” in its title.",)),
        ("billing", ("“billing” in its tags.",)),
        ("pol", ("“pol” in its title.",)),
        ("policy x", ("“policy” in its title.",)),
        ("policy xyz", ("“policy” in its title.", "“xyz” is no word of its title, tags or text.")),
        ("the policy xyz qqq ", ("“policy” in its title.", "“xyz” and “qqq” are no words of its title, tags or text.")),
        ('"annual plans" ', ("“annual” and “plans” in its title.",)),
        ("refund refunds ", ("“refunds” in its title, tags and text.",)),
        ("tag:billing", ()),
        ("", ()),
        ("the", ("“the” is no word of its title, tags or text.",)),
    ],
)
def test_words_are_told_with_the_places_where_they_stand(query: str, sentences: tuple[str, ...]) -> None:
    assert words(query) == sentences


def test_a_long_text_is_read_to_its_end() -> None:
    long = Read("Title", (), "word " * READ_LIMIT + "refund", "en")
    assert words("refund ", long) == ("“refund” in its text.",)


def test_what_stands_for_a_word_is_named() -> None:
    query = parse("wfh policy ")
    meant = type(query)(query.words, raw=query.raw, synonyms=(("wfh", ("remote work", "working from home")),))
    card = Read("Working from home", (), "The policy.", "en")
    assert why(meant, card, TrustState.UNVERIFIED, {"text": 1.0}) == (
        "“policy” in its text.",
        "“working from home”, which means the same as “wfh”.",
    )


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"title": 0.3}, "All of its title was asked for."),
        ({"title": 0.2}, "Most of its title was asked for."),
        ({"title": 0.1}, "Part of its title was asked for."),
        ({"phrase": 0.2}, "The words stand side by side."),
        ({"use": 0.06}, "Used often lately: counts 6 % more."),
        ({"audience": 0.05}, "Meant for your group: counts 5 % more."),
        ({"kept": 0.01}, "The best match of words and trust: kept among the first three."),
    ],
)
def test_each_part_has_its_sentence(parts: dict[str, Any], sentence: str) -> None:
    told = said("billing", **parts)
    assert (set(told), len(told)) == ({"“billing” in its tags.", sentence, "Verified: counts in full."}, 3)


@pytest.mark.parametrize(
    ("state", "part", "sentence"),
    [
        ("due_soon", -0.02, "Its check is near: counts 2 % less."),
        ("overdue", -0.15, "Its check is overdue: counts 15 % less."),
        ("flagged", -0.2, "It is flagged: counts 20 % less."),
        ("unverified", -0.25, "It is not verified: counts 25 % less."),
    ],
)
def test_trust_says_what_it_costs(state: str, part: float, sentence: str) -> None:
    assert said("billing", state=TrustState(state), trust=part)[-1] == sentence
    assert said("billing", state=TrustState(state), trust=0.0) == ("“billing” in its tags.",)


def test_percentages_are_of_what_came_before() -> None:
    told = said("billing", state=TrustState.UNVERIFIED, title=0.2, phrase=0.8, trust=-0.5, use=0.15, audience=0.0825)
    assert told[-3:] == (
        "It is not verified: counts 25 % less.",
        "Used often lately: counts 10 % more.",
        "Meant for your group: counts 5 % more.",
    )


def test_nothing_is_made_of_nothing() -> None:
    assert why(parse("xyz "), Read("", (), "", None), TrustState.UNVERIFIED, {}) == (
        "“xyz” is no word of its title, tags or text.",
    )
