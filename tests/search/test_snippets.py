import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.query import parse
from search.snippets import WIDTH, Marker, Pieces, html_of


def text_of(pieces: Pieces) -> str:
    return "".join(str(text) for text, _ in pieces)


def marked(pieces: Pieces) -> list[str]:
    return [str(text) for text, is_match in pieces if is_match]


@pytest.mark.parametrize(
    ("language", "text", "query", "words"),
    [
        ("en", "We refunded both refunds.", "refund ", ["refunded", "refunds"]),
        ("de", "Alle Kündigungen prüfen", "Kündigung ", ["Kündigungen"]),
        ("ru", "Ответ для клиентов", "клиентами ", ["клиентов"]),
        ("pl", "Zwroty dla zespołu", "zespół ", ["zespołu"]),
        ("fi", "Unohduskäyrän merkitys", "unohduskäyrä ", ["Unohduskäyrän"]),
        (None, "We refunded it", "refund ", ["refunded"]),
        ("en", "Use C++, not C.", "C++ ", ["C++"]),
        ("en", "A self-service portal", "service ", ["service"]),
        ("en", "Reimbursement", "reimb", ["Reimbursement"]),
        ("en", "How to reset a password", "how to reset ", ["reset"]),
        ("en", "İİİİ refund", "refund ", ["refund"]),
        ("en", "ǰǰǰǰ ŉŉŉ refund", "refund ", ["refund"]),
    ],
)
def test_inflected_words_are_marked_where_they_stand(
    language: str | None, text: str, query: str, words: list[str]
) -> None:
    assert marked(Marker(parse(query)).snippet(text, language)) == words
    assert marked(Marker(parse(query)).highlights([(text, language)])[0]) == words
    assert text_of(Marker(parse(query)).highlights([(text, language)])[0]) == text


def test_the_window_is_where_most_different_words_meet() -> None:
    text = "refund " * 30 + "filler words here " * 60 + "the refund of an invoice " + "and so on " * 60
    pieces = Marker(parse("refund invoice ")).snippet(text, "en")
    assert "invoice" in marked(pieces)
    assert pieces[0] == ("…", False)
    assert pieces[-1] == ("…", False)


def test_without_a_match_the_text_begins_at_its_beginning() -> None:
    assert Marker(parse("absent")).snippet("Short text", "en") == [("Short text", False)]
    assert Marker(parse("absent")).snippet("", "en") == []


def test_a_long_text_is_read_on_where_its_beginning_holds_none_of_the_words() -> None:
    filler = "filler words here " * 250
    late = Marker(parse("refund ")).snippet(filler + "and at last a refund", "en")
    assert marked(late) == ["refund"]
    assert late[-1] == ("refund", True)  # the text ends there: nothing was cut off
    alike = Marker(parse("refund ")).snippet("A refurbished hub. " + filler + "and at last a refund", "en")
    assert marked(alike) == ["refund"]
    early = Marker(parse("refund ")).snippet("A refund " + filler + "and at last a refund", "en")
    assert marked(early) == ["refund"]
    assert early[-1] == ("…", False)


@given(st.text(max_size=600), st.text(max_size=40), st.sampled_from(["en", "ru", "xx", None]))
def test_the_pieces_are_a_part_of_the_text(text: str, query: str, language: str | None) -> None:
    pieces = Marker(parse(query)).snippet(text, language)
    inner = pieces[1:] if pieces[:1] == [("…", False)] else pieces
    window = text_of(inner[:-1] if inner[-1:] == [("…", False)] else inner)
    assert window in " ".join(text.split())
    assert len(window) <= WIDTH
    assert text_of(Marker(parse(query)).highlights([(text, language)])[0]) == text


def test_markup_in_a_text_stays_text_in_the_html_of_its_marks() -> None:
    pieces = Marker(parse("refund ")).highlights([("<b>Refund</b> & return", "en")])[0]
    assert html_of(pieces) == "&lt;b&gt;<mark>Refund</mark>&lt;/b&gt; &amp; return"
    assert html_of([]) == ""


def test_a_word_between_letters_of_other_alphabets_is_found_where_it_stands() -> None:
    text = "Überblick – “refunds” für €100 … " * 3
    assert marked(Marker(parse("refund ")).snippet(text, "en")) == ["refunds"] * 3


def test_blanks_of_any_kind_become_one_and_marks_keep_their_place() -> None:
    text = "first\n\n second\trefund \u00a0 third"
    pieces = Marker(parse("refund ")).snippet(text, "en")
    assert text_of(pieces) == "first second refund third"
    assert marked(pieces) == ["refund"]


@given(
    st.lists(st.tuples(st.text(max_size=60), st.sampled_from(["en", "de", "ru", None])), max_size=8),
    st.text(max_size=40),
)
def test_titles_are_marked_together_as_each_would_be_alone(titles: list[tuple[str, str | None]], query: str) -> None:
    marker = Marker(parse(query))
    assert marker.highlights(titles) == [marker.highlights([title])[0] for title in titles]


def test_titles_of_a_page_are_marked_each_in_its_language() -> None:
    titles = [("Refunds & returns", "en"), ("Kündigung und Refund", "de"), ("Nothing", "en"), ("Refunded refund", "en")]
    found = [marked(pieces) for pieces in Marker(parse("refund ")).highlights(titles)]
    assert found == [["Refunds"], ["Refund"], [], ["Refunded", "refund"]]
