"""The card manager's filters, read from an address; every mistake is named, and what can't be seen doesn't exist."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Literal

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kb.card_templates.completeness import template_of
from kb.cards.models import Collection, Status
from kb.errors import FieldError, Invalid
from kb.people.actor import Actor
from kb.people.models import Group, Person
from kb.settings import KNOWN_LANGUAGES
from kb.trust.state import TrustState
from kb.wording import _, decimal

LAST_PAGE = 10_000
NOBODY = "none"
KEYS = (
    "q", "collection", "tag", "trust", "status", "owner", "assignee", "verifier", "language", "updated_since",
    "template", "incomplete",
)  # fmt: skip


class Sort(StrEnum):
    """Orders of the table; the same with a leading minus is the other way round."""

    TITLE = "title"
    UPDATED = "updated"
    NEXT_CHECK = "next_check"
    VIEWS = "views"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which cards, in which order, which page. Without a status: everything that isn't archived.

    `template`: a slug, or "none". `is_incomplete`: published without a part that its template asks for.
    """

    q: str = ""
    collection_id: int | None = None
    tag: str = ""
    trust: TrustState | None = None
    status: Status | Literal["any"] | None = None
    owner_id: int | None = None
    is_unowned: bool = False
    assignee_id: int | None = None
    group_id: int | None = None
    language: str = ""
    template: str = ""
    is_incomplete: bool = False
    updated_since: date | None = None
    sort: Sort = Sort.UPDATED
    is_descending: bool = True
    page: int = 1


def read_filters(session: Session, actor: Actor, values: Mapping[str, str]) -> Filters:
    """Filters from an address's arguments. Raises Invalid that names every bad one; blanks are ignored."""
    reader = _Reader(session, actor, values)
    filters = reader.read()
    if reader.errors:
        raise Invalid(" ".join(error.message for error in reader.errors), errors=tuple(reader.errors))
    return filters


class _Reader:
    def __init__(self, session: Session, actor: Actor, values: Mapping[str, str]) -> None:
        self.session, self.actor = session, actor
        cleaned = {name: value.replace("\x00", "").strip() for name, value in values.items()}
        self.values = {name: value for name, value in cleaned.items() if value}
        self.errors: list[FieldError] = []

    def read(self) -> Filters:
        owner = self.values.get("owner", "")
        filters = Filters(
            q=self.values.get("q", "")[:200],
            collection_id=self._collection(),
            tag=self.values.get("tag", "").lower()[:60],
            trust=TrustState(value) if (value := self._one_of("trust", list(TrustState))) else None,
            status=self._status(),
            owner_id=None if owner == NOBODY else self._person("owner"),
            is_unowned=owner == NOBODY,
            assignee_id=self._person("assignee"),
            group_id=self._group(),
            language=self._one_of("language", list(KNOWN_LANGUAGES)),
            template=self._template(),
            is_incomplete=self._one_of("incomplete", ["1"]) == "1",
            updated_since=self._day(),
            page=self._page(),
        )
        return self._sorted(filters)

    def _sorted(self, filters: Filters) -> Filters:
        wish = self.values.get("sort", "")
        chosen = self._one_of("sort", [sign + sort for sort in Sort for sign in ("", "-")])
        if not wish or not chosen:
            return filters
        return replace(filters, sort=Sort(chosen.removeprefix("-")), is_descending=chosen.startswith("-"))

    def _status(self) -> Status | Literal["any"] | None:
        value = self._one_of("status", [*Status, "any"])
        if value == "any":
            return "any"
        return Status(value) if value else None

    def _collection(self) -> int | None:
        return self._found(
            "collection", _("There is no such collection."),
            select(Collection.id).where(
                Collection.slug == self.values.get("collection", ""), Collection.id.in_(self.actor.readable)
            ),
        )  # fmt: skip

    def _person(self, field: str) -> int | None:
        email = self.values.get(field, "").lower()
        if email == "me":
            return self.actor.id
        words = _("There is nobody with this e-mail address.")
        return self._found(field, words, select(Person.id).where(Person.email == email))

    def _group(self) -> int | None:
        slug = self.values.get("verifier", "")
        return self._found("verifier", _("There is no such group."), select(Group.id).where(Group.slug == slug))

    def _template(self) -> str:
        value = self.values.get("template", "")
        if value and value != NOBODY and template_of(self.session, value) is None:
            self.errors.append(FieldError("template", _("There is no such card template.")))
            return ""
        return value

    def _found(self, field: str, words: str, query: Select[int]) -> int | None:
        if field not in self.values:
            return None
        found: int | None = self.session.scalars(query).first()
        if found is None:
            self.errors.append(FieldError(field, words))
        return found

    def _one_of(self, field: str, allowed: list[str]) -> str:
        value = self.values.get(field, "")
        if value and value not in allowed:
            self.errors.append(FieldError(field, _("Choose one of: %(words)s.", words=", ".join(allowed))))
            return ""
        return value

    def _day(self) -> date | None:
        value = self.values.get("updated_since", "")
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.errors.append(FieldError("updated_since", _("Write the day as 2026-11-21.")))
            return None

    def _page(self) -> int:
        value = self.values.get("page", "1")
        if not (value.isascii() and value.isdigit() and len(value) < 9 and 1 <= int(value) <= LAST_PAGE):
            self.errors.append(
                FieldError("page", _("A page is a whole number from 1 to %(last)s.", last=decimal(LAST_PAGE)))
            )
            return 1
        return int(value)
