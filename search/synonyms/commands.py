"""Change synonyms. Writers take turns, so that two curators at once neither double a group nor undo each other."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.cards.fields import clean_line
from kb.db import take_turns
from kb.errors import Conflict, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.wording import _, decimal
from search.analysis import fold
from search.curating import demand_curator
from search.synonyms.expansions import SIDE_WORDS_LIMIT, side_forms
from search.synonyms.models import Synonym, SynonymDismissal

TEXT_LIMIT = 60
WORDS_LIMIT = 12
GROUPS_LIMIT = 1_000
_LARGEST_ID = 2**31 - 1
_TURN = 7_310_011


def add_synonyms(session: Session, actor: Actor, words: Sequence[str], is_one_way: bool, now: datetime) -> Synonym:
    """Make a group of words that mean the same."""
    demand_curator(actor)
    take_turns(session, _TURN)
    tidied = _tidied(words)
    _refuse_double(session, tidied, is_one_way, None)
    if (session.scalar(select(func.count()).select_from(Synonym)) or 0) >= GROUPS_LIMIT:
        raise Conflict(
            _(
                "There are %(most)s groups of synonyms already. Delete some that nobody needs.",
                most=decimal(GROUPS_LIMIT),
            )
        )
    group = Synonym(words=tidied, is_one_way=is_one_way, updated_at=now, updated_by_id=actor.id)
    session.add(group)
    session.flush()
    audit.record(session, actor, "created", "synonym", group.id, now, words=tidied, is_one_way=is_one_way)
    return group


def change_synonyms(
    session: Session, actor: Actor, group_id: int, words: Sequence[str], is_one_way: bool, version: int, now: datetime
) -> Synonym:
    """Change a group that is as it was when it was read; Conflict if somebody else changed it meanwhile."""
    demand_curator(actor)
    take_turns(session, _TURN)
    group = synonyms_numbered(session, group_id)
    tidied = _tidied(words)
    if (group.words, group.is_one_way) == (tidied, is_one_way):
        return group
    if group.version != version:
        raise Conflict(_("Somebody changed this group meanwhile. It is now: %(words)s.", words=", ".join(group.words)))
    _refuse_double(session, tidied, is_one_way, group.id)
    group.words, group.is_one_way = tidied, is_one_way
    group.version, group.updated_at, group.updated_by_id = group.version + 1, now, actor.id
    session.flush()
    audit.record(session, actor, "changed", "synonym", group.id, now, words=tidied, is_one_way=is_one_way)
    return group


def remove_synonyms(session: Session, actor: Actor, group_id: int, now: datetime) -> None:
    """Delete a group."""
    demand_curator(actor)
    take_turns(session, _TURN)
    group = synonyms_numbered(session, group_id)
    audit.record(session, actor, "deleted", "synonym", group.id, now, words=group.words)
    session.delete(group)
    session.flush()


def dismiss_suggestion(session: Session, actor: Actor, asked: str, meant: str, now: datetime) -> None:
    """This pair is not suggested again. Safe to repeat."""
    demand_curator(actor)
    take_turns(session, _TURN)
    pair = {"asked": dismissal_key(asked), "meant": dismissal_key(meant)}
    if not all(pair.values()):
        raise invalid("asked", _("Both sides of the suggestion are needed."))
    if session.scalars(select(SynonymDismissal).filter_by(**pair)).first() is None:
        session.add(SynonymDismissal(**pair, dismissed_by_id=actor.id, at=now))
        session.flush()


def dismissal_key(text: str) -> str:
    """The form under which a dismissed side is remembered."""
    return " ".join(fold(clean_line(text)).split())[:TEXT_LIMIT].strip()


def synonyms_numbered(session: Session, group_id: int) -> Synonym:
    """One group; NotFound if there is none."""
    group = session.get(Synonym, group_id) if 0 < group_id <= _LARGEST_ID else None
    if group is None:
        raise NotFound(_("There is no such group of synonyms."))
    return group


def _tidied(words: Sequence[str]) -> list[str]:
    """Each word once, whatever its case and accents. Raises Invalid with the remedy."""
    kept: dict[str, str] = {}
    for word in words:
        text = clean_line(word)
        if text and not side_forms(text):
            raise invalid("words", _("“%(text)s” has no letter or digit to search for.", text=text[:TEXT_LIMIT]))
        if len(text) > TEXT_LIMIT or len(side_forms(text)) > SIDE_WORDS_LIMIT:
            raise invalid(
                "words",
                _(
                    "Each may have %(characters)s characters and %(words)s words at most.",
                    characters=TEXT_LIMIT,
                    words=SIDE_WORDS_LIMIT,
                ),
            )
        if text:
            kept.setdefault(fold(text), text)
    if len(kept) < 2:
        raise invalid("words", _("Give at least two different words or phrases, each on its own line."))
    if len(kept) > WORDS_LIMIT:
        raise invalid(
            "words", _("A group may have %(most)s words and phrases at most; make two groups.", most=WORDS_LIMIT)
        )
    return list(kept.values())


def _refuse_double(session: Session, words: Sequence[str], is_one_way: bool, own_id: int | None) -> None:
    wanted = _key(words, is_one_way)
    for group in session.scalars(select(Synonym).where(Synonym.id != (own_id or 0))):
        if _key(group.words, group.is_one_way) == wanted:
            raise invalid("words", _("There is a group with these words already."))


def _key(words: Sequence[str], is_one_way: bool) -> tuple[str, ...]:
    folded = [fold(word) for word in words]
    return ("→", folded[0], *sorted(folded[1:])) if is_one_way else tuple(sorted(folded))
