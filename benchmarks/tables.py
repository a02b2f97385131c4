"""The reports as tables for people."""

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.queries import CLASSES

_COLUMNS = (
    ("p50 ms", "p50_ms", 2), ("p95 ms", "p95_ms", 2), ("p99 ms", "p99_ms", 2), ("build s", "build_s", 1),
    ("update ms", "update_ms", 1), ("open ms", "open_ms", 1), ("memory MB", "memory_mb", 0), ("size MB", "size_mb", 1),
    ("finds %", "found", 0), ("asked", "asked", 0), ("noise %", "noise", 0),
)  # fmt: skip
_SHARES = {"found", "noise"}
_TIMINGS = {"p50_ms", "p95_ms", "p99_ms", "found", "noise"}


def show_search(report: dict[str, Any], *, markdown: bool = False) -> None:
    """All about one size."""
    engines: dict[str, Any] = report["engines"]
    size = f"{report['size']:,}".replace(",", " ")
    rows = [[name, *(_cell(figures, key, digits) for _, key, digits in _COLUMNS)] for name, figures in engines.items()]
    _show(
        f"{size} cards; CPU time of the full answer, words and prefixes",
        ["engine", *(title for title, _, _ in _COLUMNS)],
        rows,
        markdown,
    )
    rows = [[name, *(_pair(figures["classes"].get(kind)) for kind in CLASSES)] for name, figures in engines.items()]
    _show(f"{size} cards; CPU ms by class, p50 / p95", ["engine", *CLASSES], rows, markdown)
    columns = [column for column in _COLUMNS if column[1] in _TIMINGS]
    rows = [[name, *(_cell(figures, key, digits) for _, key, digits in columns),
             *(_pair(figures["classes"].get(kind)) for kind in CLASSES)]
            for name, figures in report["product"].items()]  # fmt: skip
    _show(
        f"{size} cards; CPU time, with all that Vitrine does as a product",
        ["engine", *(title for title, _, _ in columns), *CLASSES],
        rows,
        markdown,
    )
    show_bars(report["bars"], markdown=markdown)


def show_serving(report: dict[str, Any], *, markdown: bool = False) -> None:
    """One run of the service."""
    kinds = ("server_ms", "search_ms", "client_ms")
    rows = [[kind.removesuffix("_ms"), *(f"{value:.2f}" for value in report[kind].values())] for kind in kinds]
    title = (
        f"{report['size']} cards; {report['lookups']} lookups and {report['edits']} edits"
        f" in {report['seconds']:.0f} s, {report['errors']} errors; wall clock"
    )
    _show(title, ["time", "p50 ms", "p95 ms", "p99 ms"], rows, markdown)
    show_bars(report["bars"], markdown=markdown)


def show_hostile(report: dict[str, Any], *, markdown: bool = False) -> None:
    """Each hostile query by each road: CPU ms, and the status where it is a refusal."""
    roads = list(next(iter(report["queries"].values())))
    rows = [[name, *map(_answered, by.values())] for name, by in report["queries"].items()]
    _show(f"{report['size']} cards; CPU ms", ["query", *roads], rows, markdown)
    show_bars(report["bars"], markdown=markdown)


def show_keystrokes(report: dict[str, Any], *, markdown: bool = False) -> None:
    """One typist at full speed, and one on a slow machine far away."""
    rows = []
    for name in ("plain", "slow"):
        seen = report[name]
        painted = [f"{value:.0f}" for value in seen["painted_ms"].values()]
        others = [f"{seen['first_view_ms']:.0f}", f"{seen['shift']:g}", str(seen["long_tasks"])]
        rows.append([name, str(seen["keys"]), *painted, *others])
    columns = ["typist", "keys", "p50 ms", "p95 ms", "p99 ms", "first view ms", "shift", "long tasks"]
    _show(f"{report['size']} cards; key to paint", columns, rows, markdown)
    show_bars(report["bars"], markdown=markdown)


def show_morning(report: dict[str, Any], *, markdown: bool = False) -> None:
    """The machine's time by card, and what that leaves to the person."""
    rows = [
        [name, *(f"{value:.0f}" for value in report[key].values())]
        for name, key in (("next card painted", "painted_ms"), ("it takes a key", "ready_ms"))
    ]
    done = ", ".join(f"{number} {how}" for how, number in report["done"].items())
    _show(
        f"{report['cards']} cards ({done}); from the deciding key",
        ["until", "p50 ms", "p95 ms", "p99 ms"],
        rows,
        markdown,
    )
    figures = ("machine_seconds", "left_seconds_a_card", "words", "reading_minutes")
    _show(
        "The morning",
        ["figure", "value"],
        [[name.replace("_", " "), f"{report[name]:g}"] for name in figures],
        markdown,
    )
    show_bars(report["bars"], markdown=markdown)


def show_bars(bars: Sequence[dict[str, Any]], *, markdown: bool = False) -> None:
    """Which are met."""
    if bars:
        rows = [
            [bar["name"], f"{bar['value']:g}", f"{bar['bar']:g}", "met" if bar["met"] else "MISSED"] for bar in bars
        ]
        _show("Bars", ["bar", "value", "bar is", ""], rows, markdown)


def _show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], markdown: bool) -> None:
    table = Table(box=box.MARKDOWN if markdown else box.ROUNDED)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*row)
    console = Console()
    # Cut to 80 columns, a table in a file would lose its figures.
    console.width = max(console.width, 0 if console.is_terminal else 140)
    console.print(title, table, "", sep="\n")


def _cell(figures: dict[str, Any], key: str, digits: int) -> str:
    value = figures.get(key)
    if value is None:
        return "–"
    return f"{value * 100:.0f}" if key in _SHARES else f"{value:.{digits}f}"


def _answered(answer: dict[str, Any]) -> str:
    return f"{answer['cpu_ms']:.1f}" + (f" ({answer['status']})" if answer["status"] != 200 else "")


def _pair(percentiles: dict[str, float] | None) -> str:
    return f"{percentiles['p50_ms']:.2f} / {percentiles['p95_ms']:.2f}" if percentiles else "–"
