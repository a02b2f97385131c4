"""Absences over HTTP."""

from datetime import date
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from curator.absences import away
from curator.absences.away import Leave
from kb.errors import NotFound
from kb.people.absences import Absence, absences_of
from kb.people.models import Person
from kb.people.references import person_referred
from kb.people.shapes import PersonShape, person_or_none
from kb.web.api import PREFIX, Api, Reply, sliced
from kb.web.api_models import Day, JsonBody, Listing, PersonRef, Shape
from kb.web.edge import now, reading, services, writing

api = Api("absences_api", "People")
StandIn = Annotated[
    PersonRef | None,
    Field(description="Gets the cards they may read meanwhile; the others go to the next in line, as all do without."),
]


class NewAbsence(JsonBody):
    """Days away: from the first to the last one, in the installation's time zone."""

    first_day: Annotated[Day, Field(alias="from")]
    last_day: Annotated[Day, Field(alias="to")]
    stand_in: StandIn = None


class AbsenceShape(Shape):
    """An absence that is not over."""

    id: int
    first_day: date = Field(serialization_alias="from", validation_alias="from")
    last_day: date = Field(serialization_alias="to", validation_alias="to")
    stand_in: PersonShape | None
    is_now: bool


class Absences(Shape):
    """A page of absences, the next one first."""

    items: list[AbsenceShape]
    next_cursor: str | None


@api.operation("GET", "/people/<int:person_id>/absences", {200: Absences}, scope="read")
def list_absences(person_id: int, query: Listing) -> Absences:
    """List a person's absences. Those that are not over; the person and admins may."""
    with reading() as (session, actor):
        away.demand_absences(actor, person_id)
        _person(session, person_id)
        rows, cursor = sliced(absences_of(session, person_id, now()), query)
        return Absences(items=[_shape(row) for row in rows], next_cursor=cursor)


@api.operation("POST", "/people/<int:person_id>/absences", {201: AbsenceShape}, scope="write")
def add_absence(person_id: int, body: NewAbsence) -> Reply:
    """Plan an absence. The cards move when it begins, and come back when it ends."""
    with writing() as (session, actor):
        away.demand_absences(actor, person_id)
        leave, person = _leave(session, body), _person(session, person_id)
        absence = away.plan_absence(session, actor, person, leave, services().policy, now())
        answer = _shape(absence)
    return Reply(answer, 201, {"Location": f"{PREFIX}/people/{person_id}/absences/{answer.id}"})


@api.operation("GET", "/people/<int:person_id>/absences/<int:absence_id>", {200: AbsenceShape}, scope="read")
def show_absence(person_id: int, absence_id: int) -> AbsenceShape:
    """Read an absence."""
    with reading() as (session, actor):
        return _shape(away.absence_visible_to(session, actor, person_id, absence_id))


@api.operation("PUT", "/people/<int:person_id>/absences/<int:absence_id>", {200: AbsenceShape}, scope="write")
def change_absence(person_id: int, absence_id: int, body: NewAbsence) -> AbsenceShape:
    """Change an absence. It takes the place of what was planned."""
    with writing() as (session, actor):
        absence = away.absence_visible_to(session, actor, person_id, absence_id)
        away.change_absence(session, actor, absence, _leave(session, body), services().policy, now())
        session.flush()
        session.refresh(absence)
        return _shape(absence)


@api.operation("DELETE", "/people/<int:person_id>/absences/<int:absence_id>", {204: None}, scope="write")
def end_absence(person_id: int, absence_id: int) -> Reply:
    """Take an absence back, or end one that has begun."""
    with writing() as (session, actor):
        absence = away.absence_visible_to(session, actor, person_id, absence_id)
        away.end_absence(session, actor, absence, services().policy, now())
    return Reply(None, 204)


def _leave(session: Session, body: NewAbsence) -> Leave:
    stand_in = person_referred(session, body.stand_in, "stand_in").id if body.stand_in is not None else None
    return Leave(body.first_day, body.last_day, stand_in)


def _person(session: Session, person_id: int) -> Person:
    found = session.get(Person, person_id) if 0 < person_id < 2**31 else None
    if found is None:
        raise NotFound("There is no such person.")
    return found


def _shape(absence: Absence) -> AbsenceShape:
    return AbsenceShape.model_validate({
        "id": absence.id, "from": absence.first_day, "to": absence.last_day,
        "stand_in": person_or_none(absence.stand_in), "is_now": absence.starts_at <= now() < absence.ends_at,
    })  # fmt: skip
