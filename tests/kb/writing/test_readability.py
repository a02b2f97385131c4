"""How hard a text is to read: each language by its own formula, and by none where it has none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.writing.readability import FEWEST_WORDS, ease, has_formula, long_ones, sentences, syllables

EASY = {
    "en": "The cat sat on the mat. It was warm. The dog ran to the door. We went out to play in the sun. " * 4,
    "de": "Der Hund ist da. Er mag uns. Wir gehen in den Wald. Dort ist es kühl. Am See ist viel Platz. " * 4,
    "ru": "Кот спит дома. Мы идём в лес. Там есть дуб. Я рад. Он ест суп. Мама тут. Дом стоит на горе. " * 4,
}
HARD = {
    "en": "Notwithstanding contractual stipulations regarding indemnification, organizational representatives "
          "acknowledge responsibility for administrative implementation of regulatory requirements. " * 5,
    "de": "Vorbehaltlich abweichender vertraglicher Vereinbarungen übernehmen Verantwortliche unverzüglich "
          "organisatorische Verpflichtungen hinsichtlich datenschutzrechtlicher Anforderungen. " * 6,
    "ru": "Несоблюдение установленных законодательством требований предусматривает административную ответственность "
          "уполномоченных представителей организации. " * 6,
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "de", "ru"])
def test_short_words_in_short_sentences_read_more_easily(language: str) -> None:
    easy, hard = (ease(sentences(text[language]), language) for text in (EASY, HARD))
    assert easy is not None
    assert hard is not None
    assert easy.score > 70
    assert hard.score < 30


def test_the_english_score_is_the_one_of_the_formula() -> None:
    text = "The cat sat on the mat. " * 10
    found = ease(sentences(text), "en")
    assert found is not None
    assert found.score == pytest.approx(min(100.0, 206.835 - 1.015 * 6 - 84.6 * 1))


@pytest.mark.parametrize("language", ["pl", "fi", "xx"])
def test_a_language_without_a_formula_gets_no_score(language: str) -> None:
    assert not has_formula(language)
    assert ease(sentences(EASY["en"]), language) is None


def test_a_few_words_tell_nothing() -> None:
    assert ease(sentences("word " * (FEWEST_WORDS - 1)), "en") is None
    assert ease(sentences("word " * FEWEST_WORDS), "en") is not None
    assert ease([], "en") is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("One. Two! Three? Four… five", 4), ("Bring z. B. Brot mit. Danke.", 2), ("We, e.g. you, go. Then rest.", 2),
        ("Version 3.5 is out. Get it.", 2), ("He said “Go.” She went.", 2), ("One line\nanother line", 2), ("", 0),
        ("No end", 1), ("...", 1), ("It is 5 p.m. now. Go.", 2),
    ],
)  # fmt: skip
def test_sentences_end_where_people_see_an_end(text: str, number: int) -> None:
    assert len(sentences(text)) == number


def test_headings_are_no_sentences() -> None:
    assert sentences("Price\nIt is €4.", ["Price"]) == ["It is €4."]


@pytest.mark.parametrize(
    ("word", "language", "number"),
    [("make", "en", 1), ("table", "en", 2), ("coffee", "en", 2), ("rhythm", "en", 1), ("haus", "de", 1),
     ("abend", "de", 2), ("молоко", "ru", 3), ("xyz", "de", 1), ("zzz", "en", 1)],
)  # fmt: skip
def test_syllables_are_groups_of_vowels(word: str, language: str, number: int) -> None:
    assert syllables(word, language) == number


def test_the_longest_sentences_are_named_by_how_they_begin() -> None:
    long = "We " + "really " * 30 + "go."
    longer = "They " + "truly " * 40 + "stay."
    assert long_ones(sentences(f"{long} Short one. {longer}")) == [
        ("They truly truly truly truly truly truly truly…", 42),
        ("We really really really really really really really…", 32),
    ]  # fmt: skip
    assert long_ones(sentences("Short one.")) == []


@given(st.text(), st.sampled_from(["en", "de", "ru", "pl"]))
def test_any_text_can_be_measured(text: str, language: str) -> None:
    found = sentences(text)
    score = ease(found, language)
    assert score is None or 0 <= score.score <= 100
    assert len(long_ones(found)) <= 3
