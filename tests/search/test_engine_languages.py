"""Words in five languages: inflected, joined and misspelt ones meet, whatever language the reader thinks in."""

from pathlib import Path

import pytest

from search.backend import Scope
from search.query import parse
from tests.search.engine_world import EVERYTHING, backend_with, doc, found

COMPOUNDS = [
    ("de", "Die Kündigungsfrist beträgt drei Monate", "Kündigung"),
    ("de", "Die Kündigungsfrist beträgt drei Monate", "Frist"),
    ("de", "Die Kündigungsfristen sind lang", "Frist"),
    ("de", "Die Frist für eine Kündigung", "Kündigungsfrist"),
    ("de", "Rechnungen gehen an die Adresse des Kunden", "Rechnungsadresse"),
    ("fi", "Laskutusosoite löytyy tililtä", "osoite"),
    ("fi", "Laskutusosoite löytyy tililtä", "laskutus"),
    ("fi", "Laskutuksen osoite löytyy tililtä", "laskutusosoite"),
]


@pytest.mark.parametrize(("language", "text", "query"), COMPOUNDS)
def test_joined_words_and_their_parts_find_each_other(tmp_path: Path, language: str, text: str, query: str) -> None:
    cards = [doc(1, "Titel", text, language=language), doc(2, "Other", "words of another card")]
    assert found(backend_with(tmp_path / "index", cards), query) == {1}


def test_a_joined_word_itself_comes_before_one_that_only_has_its_parts(tmp_path: Path) -> None:
    cards = [
        doc(1, "Titel", "Die Frist für jede Kündigung steht hier", language="de"),
        doc(2, "Titel", "Die Kündigungsfrist steht hier", language="de"),
    ]
    hits = backend_with(tmp_path / "index", cards).search(parse("Kündigungsfrist "), EVERYTHING, 10).hits
    assert [hit.card_id for hit in hits] == [2, 1]


def test_english_cards_are_not_searched_for_parts_of_words(tmp_path: Path) -> None:
    cards = [doc(1, "Cardboard boxes", "Dashboards and passwords")]
    backend = backend_with(tmp_path / "index", cards)
    assert found(backend, "board") == found(backend, "word") == set()


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("fi", "tiimi tiimissä tiimin tiimille tiimit"),
        ("fi", "myyjä myyjien myyjän myyjälle"),
        ("fi", "asiakas asiakkaan asiakkaat"),
        ("fi", "alennus alennuksen alennukset"),
        ("pl", "zespół zespołu zespołów zespolu"),
        ("ru", "клиент клиента клиентами клиентов"),
        ("de", "Vertrag Vertrags Verträge Verträgen"),
        ("en", "policy policies policy's"),
    ],
)
def test_every_form_of_a_word_finds_every_other(tmp_path: Path, language: str, forms: str) -> None:
    words = forms.split()
    cards = [doc(number, "Card", f"x {word} y", language=language) for number, word in enumerate(words, 1)]
    backend = backend_with(tmp_path / "index", cards)
    for word in words:
        assert found(backend, word) == set(range(1, len(words) + 1)), word


def test_a_card_of_mixed_languages_is_found_by_the_words_of_both(tmp_path: Path) -> None:
    cards = [doc(1, "Onboarding neuer Mitarbeiter", "Sign the non-disclosure agreement", language="de")]
    backend = backend_with(tmp_path / "index", cards)
    assert found(backend, "Mitarbeitern") == found(backend, "agreement") == found(backend, "onboarding") == {1}


@pytest.mark.parametrize("typed", ["s", "se", "sen", "sens", "senso", "sensor", "wireless s", "wireless sens"])
def test_results_come_from_the_first_letter_on(tmp_path: Path, typed: str) -> None:
    cards = [doc(1, "Wireless sensor"), doc(2, "Wired hub", "Connects a sensor"), doc(3, "Unrelated")]
    hits = backend_with(tmp_path / "index", cards).search(parse(typed), EVERYTHING, 10).hits
    assert hits[0].card_id == 1
    assert 3 not in {hit.card_id for hit in hits}


def test_a_misspelt_word_is_looked_for_as_it_was_meant(tmp_path: Path) -> None:
    cards = [doc(1, "Refund policy"), doc(2, "Other")]
    hits = backend_with(tmp_path / "index", cards).search(parse("refnud polcy "), EVERYTHING, 10)
    assert [hit.card_id for hit in hits.hits] == [1]
    assert hits.corrected == (("refnud", "refund"), ("polcy", "policy"))


def test_a_word_is_only_corrected_towards_cards_the_reader_may_see(tmp_path: Path) -> None:
    cards = [doc(1, "Merger with Refundia", collection=2), doc(2, "Holidays")]
    backend = backend_with(tmp_path / "index", cards)
    mine = Scope(frozenset({1}))
    assert backend.search(parse("refundla "), mine, 10).corrected == ()
    assert backend.search(parse("refundla "), EVERYTHING, 10).corrected == (("refundla", "refundia"),)
    assert backend.correct(["refundla"], mine) == [None]
