"""The rules' pages: ready words, addresses and choices."""

from dataclasses import dataclass

from curator.capacity.charts import PairChart
from kb.web.parts import BLANK, NOTHING_TO_CHOOSE, Chip, Choice, Field, Link, Problem

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule in the list. Its buttons lead to previews: GET `preview_url` with these fields."""

    number: int
    about: str
    says: str
    cards: str
    edit_url: str = ""
    up: Fields = ()
    down: Fields = ()
    remove: Fields = ()


@dataclass(frozen=True, slots=True)
class RuleForm:
    """The fields of a rule, new or changed: GET to the preview with `fields`."""

    heading: str
    fields: Fields
    collection: Choice
    audience: Choice
    pace: Choice
    expiry: Choice
    template: Choice = NOTHING_TO_CHOOSE
    tag: Field = BLANK
    interval_days: Field = BLANK
    check_on: Field = BLANK
    is_yearly: bool = False
    cancel_url: str = ""


@dataclass(frozen=True, slots=True)
class DoneRow:
    """A change that was applied."""

    words: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class RulesPage:
    """/admin/rules"""

    lede: str
    preview_url: str
    rules: tuple[RuleRow, ...]
    form: RuleForm
    pending_words: str
    pending: Fields
    done: tuple[DoneRow, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class MovedRow:
    """A card whose check would move: from when to when, at once and spread."""

    card: Link
    collection: str
    assignee: str
    is_overdue: bool
    before: str
    now: str
    spread: str


@dataclass(frozen=True, slots=True)
class LoadRow:
    """One coming week: checks and minutes as it is, and for each way to apply the change."""

    week: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplayRow:
    """One past week."""

    week: str
    made: str
    before: str
    after: str
    corrections: str
    earlier_before: str
    earlier_after: str


@dataclass(frozen=True, slots=True)
class ReplayPart:
    """The last twelve weeks under both terms."""

    words: str
    limits: str
    wide: PairChart
    narrow: PairChart
    rows: tuple[ReplayRow, ...]


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """/admin/rules/preview. Apply: POST `fields` and `when` to `action`. `weeks` shows it spread over others."""

    heading: str
    rule_words: str
    sentence: str
    more: tuple[str, ...]
    action: str
    fields: Fields
    back_url: str
    when: Choice = NOTHING_TO_CHOOSE
    weeks: tuple[Chip, ...] = ()
    moved: tuple[MovedRow, ...] = ()
    moved_more: str = ""
    loads: tuple[LoadRow, ...] = ()
    replay: ReplayPart | None = None
    problem: str = ""
