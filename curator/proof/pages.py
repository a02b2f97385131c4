"""What the audit page shows."""

from dataclasses import dataclass

from kb.web.parts import BLANK, Badge, Chip, Field, Link, Paging


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the audit, with the name of its icon."""

    kind: str
    words: str
    strong: str
    by: str
    at: str
    at_exact: str
    badge: Badge | None = None
    diff_url: str = ""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """/cards/{id}/audit"""

    title: str
    card_url: str
    crumbs: tuple[Link, ...]
    action: str
    scopes: tuple[Chip, ...]
    rows: tuple[AuditRow, ...]
    count_words: str
    csv_url: str
    person: Field = BLANK
    since: Field = BLANK
    until: Field = BLANK
    scope: str = ""
    as_of: Field = BLANK
    zone: str = ""
    recall_url: str = ""
    paging: Paging | None = None
