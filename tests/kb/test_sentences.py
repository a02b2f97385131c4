"""A sentence is its English text to whatever asks for text, and its readers' own language where it is told."""

import copy
import hashlib
import json
import pickle
from datetime import date

import pytest
from sqlalchemy import select, text

from kb.sentences import Sentence, is_same, nsentence, recognised, sentence, shortened, told, trimmed
from kb.trust.models import Flag
from kb.trust.notes import AS_ANSWER, EDITED, note_words
from kb.wording import speaking
from tests.world import World

SINCE = sentence("It says something else since %(day)s.", day=date(2026, 11, 3))
DEAD = sentence(
    "%(problem)s So it was on different days.",
    problem=sentence("It answers %(status)s: there is no such page.", status=404),
)
READERS = nsentence(
    "%(num)s reader of %(all)s says it does not help.", "%(num)s readers of %(all)s say it does not help.", 1204,
    all=1500,
)  # fmt: skip
QUOTED = sentence("“%(title)s” says nearly the same.", title='100 % \x1f["a", {}] %(day)s\n\'“ä”')


def kept(world: World, detail: str) -> tuple[str, str]:
    """The detail of a flag: what lies in the column, and what comes out of it."""
    card = world.card()
    with world.transaction() as session:
        flag = Flag(card_id=card, kind="dead_link", detail=detail, version=1, raised_at=world.now)
        session.add(flag)
        session.flush()
        number = flag.id
    with world.read() as session:
        raw = session.scalar(text("SELECT detail FROM flag WHERE id = :id"), {"id": number})
        return str(raw), session.scalars(select(Flag.detail).where(Flag.id == number)).one()


def test_wherever_nobody_asks_for_more_it_is_its_english_text() -> None:
    with speaking("de"):
        made = sentence("It says something else since %(day)s.", day=date(2026, 11, 3))
    assert made == SINCE == "It says something else since 3 Nov 2026."
    assert json.dumps([SINCE]) == '["It says something else since 3 Nov 2026."]'
    plain = "It says something else since 3 Nov 2026."
    assert hashlib.sha256(SINCE.encode()).digest() == hashlib.sha256(plain.encode()).digest()
    assert READERS == "1,204 readers of 1500 say it does not help."
    assert DEAD == "It answers 404: there is no such page. So it was on different days."


def test_it_is_told_in_the_language_of_whoever_reads() -> None:
    with speaking("de"):
        assert told(SINCE) == "Dort steht seit 3. Nov. 2026 etwas anderes."
        assert told(DEAD) == "Die Antwort ist 404: Diese Seite gibt es nicht. So war es an verschiedenen Tagen."
        assert told(READERS).startswith("1.204 Leser von 1500 ")
        assert f"{SINCE}" == "It says something else since 3 Nov 2026."
    with speaking("pl"):
        assert told(nsentence("It names %(num)s person: who does what changes often.",
                              "It names %(num)s people: who does what changes often.", 3)).startswith(
            "Wymienia 3 osoby")  # fmt: skip
    assert told(SINCE) == SINCE


@pytest.mark.parametrize("said", [SINCE, DEAD, READERS, QUOTED], ids=lambda said: said[:12])
def test_what_is_stored_comes_back_with_all_it_was_made_of(world: World, said: Sentence) -> None:
    _raw, back = kept(world, said)
    assert back == said
    for code in ("de", "fi", "pl", "ru"):
        with speaking(code):
            assert told(back) == told(said) != said


def test_what_was_stored_before_there_were_sentences_reads_as_it_is(world: World) -> None:
    plain = "It says something else since 3 Nov 2026."
    raw, back = kept(world, plain)
    with speaking("de"):
        assert raw == back == told(back) == plain


def test_one_that_is_too_long_for_its_column_is_kept_as_english_text(world: World) -> None:
    long = sentence("“%(title)s” says nearly the same.", title="x" * 460)
    raw, back = kept(world, long)
    assert len(raw) <= 500
    assert raw == back == long
    assert len(kept(world, sentence("“%(title)s” says nearly the same.", title="y" * 600))[0]) == 500


@pytest.mark.parametrize("typed", ['\x1f["Sign in",{}]', '\x1f\x1f["Sign in",{}]'])
def test_nobody_can_write_a_sentence_by_typing_one(world: World, typed: str) -> None:
    raw, back = kept(world, typed)
    assert raw == back == '["Sign in",{}]'
    assert not isinstance(back, Sentence)


@pytest.mark.parametrize(
    "broken",
    ["\x1f", "\x1f{", "\x1f[]", "\x1f[1]", '\x1f["%(day)s",{"x":1}]', '\x1f["a",{"b":null}]', '\x1f["a",{"b":{}}]'],
)
def test_what_somebody_broke_in_the_database_is_shown_all_the_same(world: World, broken: str) -> None:
    card = world.card()
    with world.transaction() as session:
        session.add(Flag(card_id=card, kind="dead_link", detail="x", version=1, raised_at=world.now))
    with world.transaction() as session:
        session.execute(text("UPDATE flag SET detail = :broken"), {"broken": broken})
    with world.read() as session:
        assert session.scalars(select(Flag.detail)).one() == broken[1:]


def test_a_sentence_takes_the_place_of_its_own_english_text(world: World) -> None:
    """The next round of detection makes what was found before there were sentences readable in all languages."""
    card = world.card()
    plain = "It says something else since 3 Nov 2026."
    with world.transaction() as session:
        session.add(Flag(card_id=card, kind="dead_link", detail=plain, version=1, raised_at=world.now))
    assert not is_same(plain, SINCE)
    assert is_same(SINCE, copy.copy(SINCE))
    with world.transaction() as session:
        session.scalars(select(Flag)).one().detail = SINCE
    with world.read() as session:
        assert isinstance(session.scalars(select(Flag.detail)).one(), Sentence)


def test_it_stays_a_sentence_while_nothing_is_cut_off_it() -> None:
    assert isinstance(trimmed(SINCE), Sentence)
    assert isinstance(shortened(SINCE, 500), Sentence)
    assert shortened(SINCE, 10) == "It says s…"
    assert trimmed(" a ") == "a"
    for again in (pickle.loads(pickle.dumps(DEAD)), copy.deepcopy(DEAD)):  # noqa: S301  (our own)
        with speaking("de"):
            assert told(again) == told(DEAD)


def test_notes_of_hashed_records_are_recognised() -> None:
    """They are plain text for good; what a person wrote stays as it is."""
    answer = AS_ANSWER % {"question": "Who pays (.*)\nand “when”?"}
    with speaking("de"):
        assert note_words(EDITED) == "Seit der letzten Prüfung bearbeitet."
        assert note_words(answer) == "Geschrieben als Antwort auf „Who pays (.*)\nand “when”?“"
        assert note_words("Asked finance.") == "Asked finance."
    assert note_words(answer) == answer
    assert recognised("Importedx", ("Imported",)) == "Importedx"
