import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import analysis

INFLECTED = [
    ("en", "refund", "refunds refunded refunding"),
    ("en", "customer", "customers customer's"),
    ("de", "Mitarbeiter", "Mitarbeitern Mitarbeiters"),
    ("de", "Unternehmen", "Unternehmens"),
    ("ru", "клиент", "клиента клиентами клиентов"),
    ("ru", "куратор", "кураторов кураторами"),
    ("pl", "zespół", "zespołu zespołów zespolu"),
    ("pl", "pracownik", "pracowników pracownikowi"),
    ("fi", "unohduskäyrä", "unohduskäyrän unohduskayra"),
    ("fi", "asiakas", "ASIAKAS asiakas"),
]


@pytest.mark.parametrize(("language", "word", "forms"), INFLECTED)
def test_inflected_forms_meet(language: str, word: str, forms: str) -> None:
    stems = {analysis.stem(form.lower(), language) for form in forms.split()}
    assert stems == {analysis.stem(word.lower(), language)}


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("ёж", "еж"),
        ("йод", "йод"),
        ("Übergröße", "ubergrosse"),
        ("don't", "dont"),
    ],
)
def test_folding_drops_accents_but_keeps_letters(word: str, folded: str) -> None:
    assert analysis.fold(word) == folded


def test_a_cyrillic_query_word_is_stemmed_as_russian_only() -> None:
    [chunk] = analysis.chunks("клиентами")
    assert ("клиент",) in analysis.alternatives(chunk)
    assert len(analysis.alternatives(chunk)) <= 2


@pytest.mark.parametrize(
    "code", ["c++", "c#", ".net", "§312g", "anna@firma.pl", "5gb", "24/7", "err-1042", "v2.3.1", "r&d"]
)
def test_a_code_is_a_term_of_its_own(code: str) -> None:
    assert code in _terms(f"Before {code}, after.", "en")


def test_a_spaced_unit_is_found_joined() -> None:
    assert analysis.with_unit("5", "gb") == "5gb"
    assert analysis.with_unit("five", "gb") is analysis.with_unit("5", "guests") is None


def test_single_letters_of_a_code_are_no_way_to_find_it() -> None:
    [chunk] = analysis.chunks("C#")
    assert analysis.alternatives(chunk) == (("c#",),)
    assert analysis.looser_alternatives(chunk) == ()


@given(st.text(max_size=200), st.sampled_from([*analysis.LANGUAGES, "fr", ""]))
def test_any_text_gives_terms_of_bounded_length(text: str, language: str) -> None:
    assert all(0 < len(term) <= analysis.TERM_LIMIT + 8 for term in _terms(text, language))


@given(st.text(max_size=120), st.sampled_from(analysis.LANGUAGES))
def test_whatever_a_card_says_it_is_found_by(text: str, language: str) -> None:
    terms = _terms(text, language)
    for chunk in analysis.chunks(text):
        wanted = analysis.alternatives(chunk)
        assert any(set(alternative) <= terms | {""} for alternative in wanted), chunk


def _terms(text: str, language: str) -> set[str]:
    return {term for piece in analysis.cut(text) for term, _ in analysis.places(piece, language).terms}
