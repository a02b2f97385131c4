"""API tokens as the account and the administration of people show them."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from kb.people.models import ApiToken, Person
from kb.web.account_pages import TokenRow
from kb.web.parts import Choice, Option
from kb.wording import N_, _, ngettext
from kb.words import Words

EXPIRIES = {"30": N_("In 30 days"), "90": N_("In 90 days"), "365": N_("In a year"), "never": N_("Never")}
_USUAL = "90"
_SCOPES = {
    "lookup": N_("Look up, report and ask, as the browser extension does"),
    "read": N_("Search, look up and read cards"),
    "write": N_("Write and edit cards"),
    "verify": N_("Verify cards and resolve reports"),
    "admin": N_("Everything this person may do"),
}


def scopes_to_choose(error: str) -> Choice:
    """What a new token may do."""
    return Choice(
        tuple(Option(scope, scope.title(), scope == "read", _(hint)) for scope, hint in _SCOPES.items()), error
    )


def expiries_to_choose(error: str) -> Choice:
    """How long a new token is valid."""
    return Choice(tuple(Option(value, _(label), value == _USUAL) for value, label in EXPIRIES.items()), error)


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
            _token_words(row, words),
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
        return _("None")
    if last is None:
        return ngettext("%(num)s token in force, never used", "%(num)s tokens in force, never used", number)
    return ngettext(
        "%(num)s token in force, last used %(when)s", "%(num)s tokens in force, last used %(when)s", number,
        when=words.ago(last),
    )  # fmt: skip


def _token_words(row: ApiToken, words: Words) -> str:
    made = words.day(row.created_at)
    if row.last_used_at is None:
        return _("Ends in %(last)s, made %(day)s, never used", last=row.last4, day=made)
    used = words.ago(row.last_used_at)
    return _("Ends in %(last)s, made %(day)s, last used %(when)s", last=row.last4, day=made, when=used)


def _in_force(person: Person, now: datetime) -> ColumnElement[bool]:
    lasts = or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now)
    return and_(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None), lasts)


def _expiry(row: ApiToken, words: Words) -> str:
    if row.expires_at is None:
        return _("Never expires")
    day = words.day(row.expires_at)
    return _("Expired %(day)s", day=day) if row.expires_at <= words.now else _("Expires %(day)s", day=day)
