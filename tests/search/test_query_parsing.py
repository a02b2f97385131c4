import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.backend import Query
from search.query import TOKENS_LIMIT, parse

HOSTILE = [
    "?*",
    "[a TO z]",
    "*" * 300,
    " ".join("abcdefghijklmnopqrstuvwxyz"[i] + "*" for i in range(26)),
    "word " * 5000,
    "NOT " * 3000,
    "-" * 3000,
    "- - -a --b",
    "(" * 3000,
    '"' * 301,
    '"a" "b" ' * 300,
    "a" * 40_000,
    "title:x^9999 body:y~2",
    "a AND OR NOT b",
    "\x00nul\x00",
    "\u202egnp.exe",
    "\ud800 lone \udfff",
    "ﷺ" * 300,
    "é" * 300 + "\u0301" * 300,
    "tag:" * 200,
    'tag:"' + "x" * 500,
    "collection:*",
    "' OR 1=1 --",
    "&|!():*<->",
    "§" * 300,
    "C" + "+" * 299,
    "1,1." * 80,
    "",
    " ",
]


def test_words_phrases_exclusions_tags_and_collections_are_told_apart() -> None:
    query = parse('refund "annual plan" -trial tag:billing tag:"two words" collection:Sales ')
    assert query == Query(
        words=("refund",),
        phrases=("annual plan",),
        excluded=("trial",),
        tags=("billing", "two words"),
        collections=("sales",),
        raw='refund "annual plan" -trial tag:billing tag:"two words" collection:Sales',
        prefix=False,
    )


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("refu", True),
        ("refu ", False),
        ("refu\t", False),
        ('a "b c"', False),
        ("a -b", False),
        ("a tag:b", False),
        ("", False),
    ],
)
def test_only_a_word_at_the_very_end_is_still_being_typed(text: str, prefix: bool) -> None:
    assert parse(text).prefix is prefix


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("C++ C# .NET", ("C++", "C#", ".NET")),
        ("§ 312g BGB", ("§ 312g", "BGB")),
        ("anna@firma.pl", ("anna@firma.pl",)),
        ("self-service", ("self-service",)),
        ("a - b", ("a", "b")),
        ("5GB 24/7", ("5GB", "24/7")),
    ],
)
def test_codes_stay_whole(text: str, words: tuple[str, ...]) -> None:
    assert parse(text).words == words


def test_a_quote_that_is_never_closed_ends_with_the_text() -> None:
    assert parse('reset "my pass').phrases == ("my pass",)


def test_a_query_ends_after_twelve_tokens_whether_quoted_or_not() -> None:
    assert len(parse("a " * 50).words) == TOKENS_LIMIT
    assert parse('"' + "a " * 50 + '"').phrases == (" ".join("a" * TOKENS_LIMIT),)
    assert parse('"' + "a " * 50 + '" b').words == ()


def test_a_token_ends_after_forty_characters() -> None:
    assert parse("a" * 41).words == ("a" * 40,)


def test_control_characters_and_direction_overrides_vanish() -> None:
    assert parse("re\x00fu\u202end\u00ad").words == ("refund",)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_gives_a_small_query(text: str) -> None:
    query = parse(text)
    tokens = [*query.words, *query.excluded, *query.tags, *query.collections]
    tokens += [word for phrase in query.phrases for word in phrase.split()]
    assert len(tokens) <= TOKENS_LIMIT
    assert all(tokens)
    assert len(query.raw) <= 300


@given(
    st.text(alphabet=st.characters(), max_size=400)
    | st.text(alphabet='ab "-:tagcolection§+.#\u202e\ud800', max_size=60)
)
def test_parsing_never_fails(text: str) -> None:
    query = parse(text)
    assert len(query.words) + len(query.phrases) + len(query.excluded) + len(query.tags) <= TOKENS_LIMIT
    assert not set("\x00\u202e\ud800") & set(query.raw + "".join(query.words))
