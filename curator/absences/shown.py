"""The page of somebody's absences, in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from curator.absences.pages import AbsenceRow, AbsencesPage
from kb.errors import FieldError
from kb.people.absences import Absence, absences_of
from kb.people.actor import Actor
from kb.people.models import Person, Role
from kb.people.queries import active_people
from kb.people.shown import days_away
from kb.trust.policy import Policy
from kb.web.parts import Choice, Field, Link, Option, Problem
from kb.wording import _


def absences_page(
    session: Session, actor: Actor, person: Person, policy: Policy, now: datetime,
    *, editing: Absence | None = None, typed: Mapping[str, str] | None = None, errors: Sequence[FieldError] = (),
) -> AbsencesPage:  # fmt: skip
    """The absences that are not over, and the form for one more, or for one that is edited."""
    is_own = actor.id == person.id
    base = "/account/absences" if is_own else f"/admin/people/{person.id}/absences"
    wrong = {error.field: _sentence(error) for error in errors}
    values = typed if typed is not None else _values(editing)
    return AbsencesPage(
        heading=_("Absences") if is_own else _("Absences of %(name)s", name=person.name),
        sentence=(
            _("While you are away, your cards wait for whoever stands in. Days are days in %(zone)s.", zone=policy.zone)
            if is_own
            else _(
                "While %(name)s is away, the cards wait for whoever stands in. Days are days in %(zone)s.",
                name=person.name,
                zone=policy.zone,
            )
        ),
        back=Link(_("Account"), "/account") if is_own else Link(person.name, f"/admin/people/{person.id}"),
        is_own=is_own,
        rows=tuple(_row(absence, base, now) for absence in absences_of(session, person.id, now)),
        form_heading=_("Change this absence") if editing else _("Add an absence"),
        action=f"{base}/{editing.id}" if editing else base,
        first_day=Field(values.get("from", ""), wrong.get("from", "")),
        last_day=Field(values.get("to", ""), wrong.get("to", "")),
        stand_in=_stand_ins(session, person, values.get("stand_in", ""), wrong.get("stand_in", "")),
        cancel_url=base if editing else "",
        problems=tuple(Problem(error.field, _sentence(error)) for error in errors),
    )


def _row(absence: Absence, base: str, now: datetime) -> AbsenceRow:
    is_now = absence.starts_at <= now
    who = (
        _("%(name)s stands in.", name=absence.stand_in.name)
        if absence.stand_in
        else _("The next in line take the cards.")
    )
    return AbsenceRow(
        days=days_away(absence),
        words=f"{_('Away now.')} {who}" if is_now else who,
        edit_url=f"{base}?edit={absence.id}",
        end_action=f"{base}/{absence.id}/end",
        end_label=_("Back today") if is_now else _("Remove"),
        is_now=is_now,
    )


def _stand_ins(session: Session, person: Person, chosen: str, error: str) -> Choice:
    options = [Option("", _("Nobody: the next in line"), not chosen)]
    options += [
        Option(str(other.id), other.name, str(other.id) == chosen)
        for other in active_people(session, at_least=Role.AUTHOR)
        if other.id != person.id
    ]
    return Choice(tuple(options), error, _("Gets the cards they may read; the others go to the next in line."))


def _values(absence: Absence | None) -> Mapping[str, str]:
    if absence is None:
        return {}
    return {
        "from": absence.first_day.isoformat(), "to": absence.last_day.isoformat(),
        "stand_in": str(absence.stand_in_id or ""),
    }  # fmt: skip


def _sentence(error: FieldError) -> str:
    names = {"from": _("The first day"), "to": _("The last day"), "stand_in": _("The stand-in")}
    if error.message[:1].isupper():
        return error.message
    return f"{names.get(error.field, error.field)} {error.message}."
