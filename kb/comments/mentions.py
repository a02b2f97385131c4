"""Whom a text names with @: people who may read the card, by their whole name, their first name where only one has it,
or their e-mail address. Of anybody else not even that they exist is told: they are words like any others.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kb.cards.models import Card, CollectionAuthor, CollectionReader
from kb.cards.permissions import Right, may
from kb.people.actor import active_actor
from kb.people.models import Membership, Named, Person, Role
from kb.text.links import BARE, without_trailing_marks
from kb.wording import _
from kb.words import first_name

MOST_MENTIONED = 10
MOST_OFFERED = 8
_MARK = re.compile(rf"{BARE}|(?<![\w@.+-])@(?=[^\W_])")
_EMAIL = re.compile(r"[^\s@<>,;\"()\[\]]+@[^\s@<>,;\"()\[\]]*[^\s@<>,;\"()\[\].:!?]")
_WORD = re.compile(r"[^\W_](?:[\w'’-]*\w)?")


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a comment: plain words, a link (`url`), or what begins with @. `person_id` is 0 where it names nobody."""

    words: str
    url: str = ""
    is_mention: bool = False
    person_id: int = 0


class Readers:
    """People who may be named, found by what was typed."""

    def __init__(self, people: Iterable[Named]) -> None:
        self._by_email: dict[str, int] = {}
        self._by_name: dict[str, list[tuple[str, int]]] = {}
        self._by_first: dict[str, set[int]] = {}
        for person in people:
            first = first_name(person.name).casefold()
            self._by_email[person.email.lower()] = person.id
            self._by_name.setdefault(first, []).append((person.name, person.id))
            self._by_first.setdefault(first, set()).add(person.id)

    def named_at(self, rest: str) -> tuple[int, int]:
        """How many characters of what follows an @ are a name, and whose (0: nobody's, or more than one's)."""
        if email := _EMAIL.match(rest):
            return email.end(), self._by_email.get(email[0].lower(), 0)
        word = _WORD.match(rest)
        if word is None:
            return 0, 0
        spoken = dict.fromkeys((re.split(r"\s", rest, maxsplit=1)[0], word[0], re.split("['’]", word[0])[0]))
        near = [named for each in spoken for named in self._by_name.get(each.casefold(), [])]
        whole = {(len(name), person_id) for name, person_id in near if _begins(rest, name)}
        if whole:
            length = max(length for length, _ in whole)
            return length, _only({person_id for size, person_id in whole if size == length})
        for each in spoken:
            if (people := self._by_first.get(each.casefold())) and _begins(rest, each):
                return len(each), _only(people)
        return word.end(), 0


def pieces_of(text: str, people: Readers) -> Iterator[Piece]:
    """The text taken apart; all its pieces together are the text."""
    done = 0
    while found := _MARK.search(text, done):
        start, end, person_id, url = found.start(), found.end(), 0, ""
        if found[1]:
            url = without_trailing_marks(found[1])
            end = start + len(url)
        else:
            length, person_id = people.named_at(text[end : end + 400])
            end += length
        if start > done:
            yield Piece(text[done:start])
        yield Piece(text[start:end], url, is_mention=not url, person_id=person_id)
        done = end
    if done < len(text):
        yield Piece(text[done:])


def people_who_read(session: Session, card: Card) -> list[Named]:
    """Active people who read the card's collection, by name; of a draft some of them see nothing."""
    shelf = card.collection
    query = select(Person.id, Person.name, Person.email).where(Person.deactivated_at.is_(None))
    if not shelf.is_open:
        groups = [
            Membership.group_id.in_(select(table.group_id).where(table.collection_id == shelf.id))
            for table in (CollectionReader, CollectionAuthor)
        ]
        members = select(Membership.person_id).where(or_(*groups))
        query = query.where(or_(Person.role == Role.ADMIN, Person.id == shelf.steward_id, Person.id.in_(members)))
    return [Named(*row) for row in session.execute(query.order_by(Person.name, Person.id))]


def named_in(session: Session, card: Card, text: str) -> tuple[list[int], list[str]]:
    """Whom the text names of those who may read the card; and what begins with @ and names nobody of them."""
    if "@" not in text:
        return [], []
    found = [piece for piece in pieces_of(text, Readers(people_who_read(session, card))) if piece.is_mention]
    known = {piece.person_id for piece in found if piece.person_id and reads(session, piece.person_id, card)}
    unknown = dict.fromkeys(piece.words for piece in found if piece.person_id not in known)
    return sorted(known), list(unknown)


def offered(session: Session, card: Card, typed: str) -> list[tuple[Named, str]]:
    """Readers of the card whose name or address begins with what was typed after the @, and what names each surely."""
    people, wanted = people_who_read(session, card), typed.casefold().strip()
    names: dict[str, int] = {}
    for person in people:
        names[person.name.casefold()] = names.get(person.name.casefold(), 0) + 1
    found: list[tuple[Named, str]] = []
    for person in people:
        words = (person.name, *person.name.split()[1:], person.email)
        if any(word.casefold().startswith(wanted) for word in words) and reads(session, person.id, card):
            is_sure = names[person.name.casefold()] == 1 and "@" not in person.name
            found.append((person, f"@{person.name if is_sure else person.email}"))
        if len(found) == MOST_OFFERED:
            break
    return found


def reads(session: Session, person_id: int, card: Card) -> bool:
    """Whether this person may read the card now."""
    actor = active_actor(session, person_id)
    return actor is not None and may(actor, Right.READ, card)


def _begins(rest: str, name: str) -> bool:
    after = rest[len(name) : len(name) + 1]
    return rest[: len(name)].casefold() == name.casefold() and not (after.isalnum() or after == "_")


def _only(people: set[int]) -> int:
    return next(iter(people)) if len(people) == 1 else 0


def told_words(unknown: Sequence[str]) -> str:
    """What the writer hears of names that name nobody, whoever bears them elsewhere."""
    if not unknown:
        return ""
    names = ", ".join(words[:60] for words in unknown[:3]) + ("…" if len(unknown) > 3 else "")
    return _("Nobody was told for %(names)s: it names nobody who may read this card, or more than one.", names=names)
