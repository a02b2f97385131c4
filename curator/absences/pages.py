"""One frozen dataclass per page about absences."""

from dataclasses import dataclass

from kb.web.parts import Choice, Field, Link, Problem


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """Days away and who stands in. POST to `end_action` takes it back, or ends one that has begun."""

    days: str
    words: str
    edit_url: str
    end_action: str
    end_label: str
    is_now: bool = False


@dataclass(frozen=True, slots=True)
class AbsencesPage:
    """/account/absences and /admin/people/{id}/absences. POST from, to, stand_in to `action`."""

    heading: str
    sentence: str
    back: Link
    is_own: bool
    rows: tuple[AbsenceRow, ...]
    form_heading: str
    action: str
    first_day: Field
    last_day: Field
    stand_in: Choice
    cancel_url: str = ""
    problems: tuple[Problem, ...] = ()
