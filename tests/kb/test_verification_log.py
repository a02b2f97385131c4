"""The verification log proves what was stated: nothing in it can be changed, removed or added unseen."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from kb.cards import commands
from kb.cards.models import Card
from kb.errors import Conflict, Forbidden, Invalid
from kb.trust import commands as trust
from kb.trust import log
from kb.trust.log import LogCheck
from kb.trust.models import Outcome, Shown, Verification, VerificationHead
from tests.kb.together import Meet, at_once
from tests.world import World

RECORDS = 5


@pytest.fixture
def chain(world: World) -> World:
    """Five records about two cards."""
    first, second = world.card("Refunds", verified=True), world.card("Invoices")
    for card, by in ((second, "vera"), (first, "axel"), (second, "cora"), (first, "vera")):
        world.later(days=1)
        world.verify(card, by)
    return world


def checked(world: World) -> LogCheck:
    with world.read() as session:
        return log.check(session)


def after(world: World, *statements: str, **values: object) -> LogCheck:
    """What the check finds after these statements, which are undone again."""
    with world.read() as session:
        for statement in statements:
            session.execute(text(statement), values)
        return log.check(session)


def test_an_honest_log_is_whole_from_its_first_record_to_its_last(chain: World) -> None:
    found = checked(chain)
    assert (found.records, found.broken_id) == (RECORDS, None)
    with chain.read() as session:
        head = session.get_one(VerificationHead, 1)
        assert (head.last_id, head.last_hash) == (RECORDS, found.head)


def test_an_empty_log_is_whole(world: World) -> None:
    assert checked(world) == LogCheck(0, log.GENESIS)


def test_the_recipe_is_the_one_in_the_documentation(chain: World) -> None:
    """Spelled out once more, as an auditor would, so that it can't change unnoticed."""
    with chain.read() as session:
        record = session.get_one(Verification, 1)
        stated = log.text_hash("Refunds", "Full refund within 30 days.")
        facts = (
            f'{{"actor":"cora@northwind.example","actor_id":{record.actor_id},"at":"2026-11-16T09:00:00+00:00",'
            f'"basis":"checked","card_id":{record.card_id},"id":1,"note":"","text_hash":"{stated}",'
            '"verdict":"verified","verify_by":"2027-02-14T09:00:00+00:00","version":1}'
        )
        later = (
            (',"basis":"checked",', ',"basis":"checked","batch_size":1,'),
            (',"id":1,', ',"evidence":[],"format":2,"id":1,'),
            (',"text_hash":', ',"outcome":"still_right","seconds":null,"text_hash":'),
            (',"version":1}', ',"version":1,"whole_card":false}'),
        )
        for old, new in later:
            facts = facts.replace(old, new)
        assert record.hash == hashlib.sha256(("0" * 64 + facts).encode()).hexdigest()


CHANGED: dict[str, object] = {
    "card_id": 1000,
    "version": 2,
    "text_hash": "0" * 64,
    "verdict": "unverified",
    "basis": "imported",
    "note": "As discussed.",
    "actor_id": None,
    "actor": "mallory@northwind.example",
    "at": "2026-01-01 00:00:00.000000",
    "verify_by": None,
    "format": 1,
    "outcome": "corrected",
    "batch_size": 2,
    "seconds": 600,
    "whole_card": True,
    "evidence": '[{"kind": "reported", "words": "It is 14 days", "opened": true}]',
    "previous_hash": "f" * 64,
    "hash": "e" * 64,
}


def test_a_record_of_which_anything_was_changed_is_named(chain: World) -> None:
    assert {column.name for column in Verification.__table__.columns} == {"id", *CHANGED}
    for column, value in CHANGED.items():
        found = after(chain, f"UPDATE verification SET {column} = :value WHERE id = 3", value=value)  # noqa: S608
        assert (found.records, found.broken_id) == (2, 3), column
        assert found.reason


def test_the_log_keeps_how_a_check_was_made(world: World) -> None:
    card_id = world.card()
    seen: list[Shown] = [{"kind": "reported", "words": "“Zwölf” – 12 \U0001f600", "opened": True}]
    with world.transaction() as session:
        card, vera = session.get_one(Card, card_id), world.actor(session, "vera")
        trust.verify(
            session, vera, card, 1, world.policy, world.now, outcome=Outcome.CORRECTED, batch_size=7, seconds=41,
            whole_card=True, evidence=seen,
        )  # fmt: skip
    with world.read() as session:
        record = session.get_one(Verification, 1)
        manner = (record.outcome, record.batch_size, record.seconds, record.whole_card, record.evidence)
        assert manner == ("corrected", 7, 41, True, seen)
    assert (checked(world).records, checked(world).broken_id) == (1, None)
    assert after(world, "UPDATE verification SET evidence = '[]'").broken_id == 1


def write_as_before(world: World) -> None:
    """Turn the chain into one of format 1, hashed as it was before there were outcomes: an auditor's own recipe."""
    with world.transaction() as session:
        previous = log.GENESIS
        for record in session.scalars(select(Verification).order_by(Verification.id)):
            facts = {
                name: getattr(record, name)
                for name in ("id", "card_id", "version", "text_hash", "verdict", "basis", "note", "actor_id", "actor")
            }
            facts |= {"at": record.at.isoformat(), "verify_by": record.verify_by and record.verify_by.isoformat()}
            stated = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            record.format, record.outcome, record.previous_hash = 1, None, previous
            previous = record.hash = hashlib.sha256((previous + stated).encode()).hexdigest()
        session.get_one(VerificationHead, 1).last_hash = previous


def test_a_log_from_before_there_were_outcomes_still_proves_and_goes_on(chain: World) -> None:
    write_as_before(chain)
    assert (checked(chain).records, checked(chain).broken_id) == (RECORDS, None)
    with chain.read() as session:
        last = session.get_one(Verification, RECORDS).card_id
    chain.verify(last)
    found = checked(chain)
    assert (found.records, found.broken_id) == (RECORDS + 1, None)
    with chain.read() as session:
        formats = session.scalars(select(Verification.format).order_by(Verification.id)).all()
    assert formats == [1] * RECORDS + [2]


def test_a_record_from_before_proves_nothing_that_was_written_beside_it_later(chain: World) -> None:
    write_as_before(chain)
    for column, value in CHANGED.items():
        value = 2 if column == "format" else value
        found = after(chain, f"UPDATE verification SET {column} = :value WHERE id = 3", value=value)  # noqa: S608
        assert (found.records, found.broken_id) == (2, 3), column


def test_a_format_that_nobody_knows_is_not_believed(chain: World) -> None:
    with chain.transaction() as session:
        last = session.get_one(Verification, RECORDS)
        last.format = 3
        last.hash = session.get_one(VerificationHead, 1).last_hash = log.record_hash(last)
    assert checked(chain).broken_id == RECORDS


MOVE = "UPDATE verification SET id ="
MISSING = "the record is missing"
OUT_OF_PLACE = "it does not follow the record before it"
CUT_OFF = "the end was cut off or added by hand, or the head changed"
OTHER_TEXT = "the revision it speaks of was changed or removed"


TAMPERED: list[tuple[list[str], int, str]] = [
    (["DELETE FROM verification WHERE id = 1"], 1, MISSING),
    (["DELETE FROM verification WHERE id = 3"], 3, MISSING),
    (
        [f"{MOVE} {new} WHERE id = {old}" for old, new in ((2, 9), (3, 2), (9, 3))],
        2,
        OUT_OF_PLACE,
    ),
    (["DELETE FROM verification WHERE id = 5"], 5, CUT_OFF),
    (["DELETE FROM verification WHERE id > 1"], 2, CUT_OFF),
    (["DELETE FROM verification"], 1, CUT_OFF),
    (["DELETE FROM verification WHERE id > 3", "DELETE FROM verification_head"], 1, CUT_OFF),
    (["UPDATE verification_head SET last_id = 4"], 5, CUT_OFF),
    (["UPDATE verification_head SET last_hash = 'x'"], 6, CUT_OFF),
    (["UPDATE revision SET body = 'x' WHERE card_id = (SELECT max(id) FROM card)"], 2, OTHER_TEXT),
    (["UPDATE revision SET title = 'x' WHERE card_id = (SELECT max(id) FROM card)"], 2, OTHER_TEXT),
    (["DELETE FROM revision WHERE card_id = (SELECT max(id) FROM card)"], 2, OTHER_TEXT),
]


def test_the_first_record_that_does_not_fit_is_named(chain: World) -> None:
    for statements, broken_id, reason in TAMPERED:
        found = after(chain, *statements)
        assert (found.broken_id, found.reason) == (broken_id, reason), statements


def test_a_record_that_was_added_by_hand_is_found_out(chain: World) -> None:
    with chain.transaction() as session:
        last = session.get_one(Verification, RECORDS)
        columns = [column.name for column in Verification.__table__.columns]
        forged = Verification(**{name: getattr(last, name) for name in columns})
        forged.id, forged.previous_hash = RECORDS + 1, last.hash
        forged.hash = log.record_hash(forged)
        session.add(forged)
    assert checked(chain).broken_id == RECORDS + 1


def test_the_proof_outlives_a_deleted_card(chain: World) -> None:
    with chain.transaction() as session:
        ada = chain.actor(session, "ada")
        card = session.scalars(select(Card).where(Card.title == "Refunds")).one()
        commands.archive_card(session, ada, card, chain.now)
        commands.delete_card(session, ada, card, chain.now)
    assert (checked(chain).records, checked(chain).broken_id) == (RECORDS, None)


def test_an_instant_given_in_another_zone_is_the_same_instant_in_the_log(world: World) -> None:
    card = world.card()
    world.now = world.now.astimezone(timezone(timedelta(hours=2)))
    world.verify(card)
    assert checked(world).broken_id is None


def test_many_who_verify_at_once_make_one_chain(world: World) -> None:
    cards = [world.card() for _ in range(4)]

    def verify(card_id: int) -> Callable[[Meet], None]:
        def work(meet: Meet) -> None:
            for _ in range(3):
                with world.transaction() as session:
                    card, vera = session.get_one(Card, card_id), world.actor(session, "vera")
                    meet()
                    trust.verify(session, vera, card, 1, world.policy, world.now)

        return work

    assert at_once(*(verify(card) for card in cards), patience=0.05) == [None] * 4
    assert (checked(world).records, checked(world).broken_id) == (12, None)


def test_a_verification_that_fails_in_the_middle_leaves_no_record(chain: World) -> None:
    with pytest.raises(ZeroDivisionError), chain.transaction() as session:
        _verify_first(session, chain)
        _ = 1 / 0
    assert checked(chain).records == RECORDS
    with chain.transaction() as session:
        _verify_first(session, chain)
    assert (checked(chain).records, checked(chain).broken_id) == (RECORDS + 1, None)


def test_a_verification_is_taken_back_with_a_reason_that_readers_see(world: World) -> None:
    card_id = world.card(verified=True)
    world.later(days=1)
    with pytest.raises(Invalid), world.transaction() as session:
        trust.unverify(session, world.actor(session, "vera"), session.get_one(Card, card_id), " \n", world.now)
    with pytest.raises(Forbidden), world.transaction() as session:
        trust.unverify(session, world.actor(session, "rita"), session.get_one(Card, card_id), "No.", world.now)
    with world.transaction() as session:
        card = session.get_one(Card, card_id)
        record = trust.unverify(session, world.actor(session, "vera"), card, " VAT changed ", world.now)
        assert (record.verdict, record.note, record.verify_by) == ("unverified", "VAT changed", None)
    reason = world.trust(card_id).reasons[0]
    assert (reason.kind, reason.detail, reason.person, reason.at) == ("reported", "VAT changed", "Vera", world.now)
    with pytest.raises(Conflict, match="nothing to take back"), world.transaction() as session:
        trust.unverify(session, world.actor(session, "vera"), session.get_one(Card, card_id), "Again", world.now)
    assert (checked(world).records, checked(world).broken_id) == (2, None)


def _verify_first(session: Session, world: World) -> None:
    card = session.scalars(select(Card).order_by(Card.id)).first()
    assert card is not None
    trust.verify(session, world.actor(session, "vera"), card, 1, world.policy, world.now)
