"""API tokens as the account and the administration of people show them."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from kb.people.models import ApiToken, Person
from kb.web.account_pages import TokenRow
from kb.web.parts import Choice, Option
from kb.words import Words, count

EXPIRIES = {"30": "In 30 days", "90": "In 90 days", "365": "In a year", "never": "Never"}
_USUAL = "90"
_SCOPES = {
    "lookup": "Look up, report and ask, as the browser extension does",
    "read": "Search, look up and read cards",
    "write": "Write and edit cards",
    "verify": "Verify cards and resolve reports",
    "admin": "Everything this person may do",
}


def scopes_to_choose(error: str) -> Choice:
    """What a new token may do."""
    return Choice(tuple(Option(scope, scope.title(), scope == "read", hint) for scope, hint in _SCOPES.items()), error)


def expiries_to_choose(error: str) -> Choice:
    """How long a new token is valid."""
    return Choice(tuple(Option(value, label, value == _USUAL) for value, label in EXPIRIES.items()), error)


def token_rows(session: Session, person: Person, words: Words) -> tuple[TokenRow, ...]:
    """The person's tokens, the newest first. Expired ones stay until they are revoked: it is seen what ended."""
    rows = session.scalars(
        select(ApiToken).where(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.id.desc())
    )  # fmt: skip
    return tuple(
        TokenRow(
            row.name,
            ", ".join(row.scopes),
            f"Ends in {row.last4}, made {words.day(row.created_at)}, "
            + (f"last used {words.ago(row.last_used_at)}" if row.last_used_at else "never used"),
            _expiry(row, words),
            row.expires_at is not None and row.expires_at <= words.now,
            f"/account/tokens/{row.id}/revoke",
        )
        for row in rows
    )


def tokens_in_words(session: Session, person: Person, words: Words) -> str:
    """ "2 in force, last used 3 days ago"; of which kind and for what is the person's own business."""
    number, last = session.execute(
        select(func.count(), func.max(ApiToken.last_used_at)).where(_in_force(person, words.now))
    ).one()
    if not number:
        return "None"
    return f"{count(number, 'token')} in force, " + (f"last used {words.ago(last)}" if last else "never used")


def _in_force(person: Person, now: datetime) -> ColumnElement[bool]:
    lasts = or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now)
    return and_(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None), lasts)


def _expiry(row: ApiToken, words: Words) -> str:
    if row.expires_at is None:
        return "Never expires"
    return f"Expire{'d' if row.expires_at <= words.now else 's'} {words.day(row.expires_at)}"
