"""A change of the policy as a value: to a rule, to a collection's interval and pace, or to nothing but pending dates.

It can be tried out on terms without touching anything, and carried out in the database; both do the same.
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from curator.rules.terms import Terms
from kb.card_templates.choosing import known
from kb.cards.models import Collection
from kb.errors import Conflict, Forbidden, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.trust.rules import Clause, Rule, clause_of, forget_clauses, rules_in_order
from kb.trust.timing import Shelf
from kb.wording import _

MOST_RULES = 200


class Kind(StrEnum):
    """What is changed."""

    ADD = "add"
    EDIT = "edit"
    REMOVE = "remove"
    MOVE = "move"
    COLLECTION = "collection"
    CATCH_UP = "catch_up"


@dataclass(frozen=True, slots=True)
class Change:
    """Add, edit, remove or move a rule (before another, or to the end); set what a collection says; or change nothing
    and only look at checks whose dates are not what the policy in force says."""

    kind: Kind
    rule_id: int | None = None
    clause: Clause | None = None
    before_id: int | None = None
    collection_id: int | None = None
    shelf: Shelf | None = None

    def facts(self) -> list[Any]:
        """All of it as plain values, for the token of a preview."""
        return [str(getattr(self, field.name)) for field in fields(self)]


Listed = tuple[int, Clause]


def listed(session: Session) -> list[Listed]:
    """All rules with their numbers, first to last."""
    return [(rule.id, clause_of(rule)) for rule in rules_in_order(session)]


def tried(change: Change, terms: Terms, rules: list[Listed]) -> Terms:
    """The terms as they would be."""
    if change.collection_id is not None and change.shelf is not None:
        return terms.with_shelf(change.collection_id, change.shelf)
    return replace(terms, clauses=tuple(clause for _, clause in _changed(change, rules)))


def demand_change(session: Session, actor: Actor, change: Change) -> None:
    """Raise unless the actor curates all that the change is about. Rules for every collection are for admins."""
    if not actor.is_curator:
        raise Forbidden(_("Only curators and admins may see and change the rules."))
    if change.collection_id is not None:
        _demand_collection(actor, change.collection_id)
    if change.clause is not None:
        _demand_collection(actor, change.clause.collection_id)
        demand_sense(change.clause)
    if change.rule_id is not None:
        _demand_collection(actor, rule_seen(session, actor, change.rule_id).collection_id)
    if change.before_id is not None:
        rule_seen(session, actor, change.before_id)


def rule_seen(session: Session, actor: Actor, rule_id: int) -> Rule:
    """The rule, if it is about collections that the actor curates; NotFound otherwise."""
    rule = session.get(Rule, rule_id)
    if rule is None or not may_see(actor, rule.collection_id):
        raise NotFound(_("There is no such rule."))
    return rule


def may_see(actor: Actor, collection_id: int | None) -> bool:
    """Whether the actor sees a rule about this collection; those about all collections are seen by all curators."""
    return actor.is_curator and (collection_id is None or collection_id in actor.curated)


def may_change(actor: Actor, collection_id: int | None) -> bool:
    """Whether the actor may change a rule about this collection."""
    return actor.is_admin if collection_id is None else collection_id in actor.curated


def demand_sense(clause: Clause) -> None:
    """Raise Invalid for a rule that says nothing, or two things that exclude each other."""
    if not clause.says_when and clause.pace is None and clause.expiry is None:
        raise invalid(
            "interval_days", _("Say at least one thing: an interval, a date, a pace or what happens when overdue.")
        )
    if clause.is_yearly and clause.check_on is None:
        raise invalid("check_on", _("Say on which day of the year."))
    if clause.is_yearly and clause.interval_days is not None:
        raise invalid("interval_days", _("A yearly date leaves no room for an interval; take one of them away."))


def carry_out(session: Session, actor: Actor, change: Change, now: datetime) -> None:
    """Do it, with an audit record. No date of any check moves by it."""
    if change.kind is Kind.CATCH_UP:
        return
    if change.collection_id is not None and change.shelf is not None:
        _set_shelf(session, actor, change.collection_id, change.shelf, now)
        return
    if change.clause is not None:
        known(session, change.clause.template)  # and nobody deletes it before this is done
    before = listed(session)
    if change.kind is Kind.ADD and len(before) >= MOST_RULES:
        raise Conflict(_("There are %(most)s rules already. Remove one first.", most=MOST_RULES))
    after = _changed(change, before)
    _write(session, actor, before, after, now)
    forget_clauses(session)
    detail = (
        {field: _plain(getattr(change.clause, field)) for field in Clause.__dataclass_fields__} if change.clause else {}
    )
    in_force = [{name: _plain(getattr(clause, name)) for name in Clause.__dataclass_fields__} for _, clause in after]
    audit.record(session, actor, change.kind.value, "rule", change.rule_id, now, **detail, in_force=in_force)


def _changed(change: Change, rules: list[Listed]) -> list[Listed]:
    """The rules as they would stand; a new one has the number 0."""
    if change.kind is Kind.ADD and change.clause is not None:
        return [*rules, (0, change.clause)]
    if change.kind is Kind.EDIT and change.clause is not None:
        return [(number, change.clause if number == change.rule_id else clause) for number, clause in rules]
    rest = [each for each in rules if each[0] != change.rule_id]
    if change.kind is Kind.MOVE:
        moved = [each for each in rules if each[0] == change.rule_id]
        place = next((place for place, each in enumerate(rest) if each[0] == change.before_id), len(rest))
        return [*rest[:place], *moved, *rest[place:]]
    return rest if change.kind is Kind.REMOVE else rules


def _write(session: Session, actor: Actor, before: list[Listed], after: list[Listed], now: datetime) -> None:
    kept = {number for number, _clause in after}
    for number, _clause in before:
        if number not in kept:
            session.delete(session.get_one(Rule, number))
    for position, (number, clause) in enumerate(after, 1):
        rule = session.get_one(Rule, number) if number else Rule(created_at=now, created_by_id=actor.id)
        rule.position = position
        for field in Clause.__dataclass_fields__:
            setattr(rule, field, getattr(clause, field))
        session.add(rule)
    session.flush()


def _set_shelf(session: Session, actor: Actor, collection_id: int, shelf: Shelf, now: datetime) -> None:
    found = session.get(Collection, collection_id)
    if found is None:
        raise NotFound(_("There is no such collection."))
    found.interval_days, found.is_adaptive = shelf.interval_days, shelf.is_adaptive
    audit.record(
        session, actor, "changed", "collection", found.id, now,
        name=found.name, interval_days=shelf.interval_days, is_adaptive=shelf.is_adaptive,
    )  # fmt: skip


def _demand_collection(actor: Actor, collection_id: int | None) -> None:
    if collection_id is None:
        if not actor.is_admin:
            raise Forbidden(_("Only admins may change rules for all collections. Choose one that you curate."))
    elif collection_id not in actor.readable:
        raise NotFound(_("There is no such collection."))
    elif collection_id not in actor.curated:
        raise Forbidden(_("Only the curators of a collection may change its rules."))


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
