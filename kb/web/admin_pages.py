"""One frozen dataclass per page of the administration: people, groups, collections."""

from dataclasses import dataclass

from kb.web.parts import BLANK, NOTHING_TO_CHOOSE, Chip, Choice, Field, Link, Paging, Problem, Who


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person in the list."""

    who: Who
    email: str
    url: str
    groups: str
    owns: str
    last_seen: str
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """/admin/people. Invite: POST name, email, role to `invite_action`. Search: GET q."""

    count_words: str
    people: tuple[PersonRow, ...]
    scopes: tuple[Chip, ...]
    query: str
    invite_action: str
    name: Field = BLANK
    email: Field = BLANK
    role: Choice = NOTHING_TO_CHOOSE
    problems: tuple[Problem, ...] = ()
    invite_link: str = ""
    invited_name: str = ""
    paging: Paging | None = None


@dataclass(frozen=True, slots=True)
class PersonPage:
    """/admin/people/{id}. POST name, role, groups to `action`; deactivating says what moves to whom."""

    who: Who
    email: str
    action: str
    name: Field
    role: Choice
    groups: Choice
    minutes: Field | None
    facts: tuple[tuple[str, str], ...]
    is_active: bool = True
    moves: tuple[tuple[Link, str], ...] = ()
    moves_more: str = ""
    deactivate_action: str = ""
    confirm: Field = BLANK
    reactivate_action: str = ""
    reset_action: str = ""
    reset_link: str = ""
    absences_url: str = ""
    handover_url: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group with its members. POST members (ids) and name to `action`; empty groups can be deleted."""

    id: int
    name: str
    members_words: str
    action: str
    members: Choice
    used_words: str = ""
    delete_action: str = ""
    is_open: bool = False
    name_field: Field = BLANK


@dataclass(frozen=True, slots=True)
class GroupsPage:
    """/admin/groups. Create: POST name to `create_action`."""

    groups: tuple[GroupRow, ...]
    create_action: str
    name: Field = BLANK
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """A collection in the list."""

    name: str
    url: str
    cards: str
    steward: str
    interval: str
    readers: str
    trust: str


@dataclass(frozen=True, slots=True)
class CollectionsPage:
    """/admin/collections. Create: POST name to `create_action`."""

    collections: tuple[ShelfRow, ...]
    create_action: str
    name: Field = BLANK
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ContractFields:
    """A collection's freshness contract as a sentence, and the fields `contract`, `min_trust`, `max_age_days`."""

    sentence: str
    effect: str
    below: Choice
    min_trust: Choice
    max_age: Field


@dataclass(frozen=True, slots=True)
class ShelfPage:
    """/admin/collections/{slug}. One form: POST all fields to `action`."""

    heading: str
    action: str
    shelf_url: str
    name: Field
    about: Field
    readers: Choice
    authors: Choice
    steward: Choice
    interval: Choice
    stale_target: Choice
    verifiers: tuple[Choice, ...]
    contract: ContractFields
    is_open: bool = True
    escalate: Field = BLANK
    is_adaptive: bool = False
    is_reviewed: bool = False
    delete_action: str = ""
    delete_words: str = ""
    confirm: Field = BLANK
    problems: tuple[Problem, ...] = ()
