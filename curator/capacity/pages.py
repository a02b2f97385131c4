"""The workload page: ready words and numbers."""

from dataclasses import dataclass

from curator.capacity.charts import PairChart


@dataclass(frozen=True, slots=True)
class WorkFigure:
    """One of the numbers on top."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class WorkCell:
    """One week of somebody: minutes, and whether that is more than there is time for; `words` says all of it."""

    minutes: str
    words: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A person or a group."""

    name: str
    note: str
    budget: str
    over: str
    cells: tuple[WorkCell, ...]


@dataclass(frozen=True, slots=True)
class StaffRow:
    """The staffing of one week."""

    week: str
    curators: str
    readers: str
    ratio: str


@dataclass(frozen=True, slots=True)
class WorkloadPage:
    """/reports/workload"""

    sentence: str
    figures: tuple[WorkFigure, ...]
    weeks: tuple[str, ...]
    people: tuple[WorkRow, ...]
    groups: tuple[WorkRow, ...]
    chart_wide: PairChart
    chart_narrow: PairChart
    total: tuple[WorkCell, ...]
    total_budget: tuple[str, ...]
    limits: str
    staffing_words: str
    staffing: tuple[StaffRow, ...]
    csv_url: str
    budget_url: str = "/account"
