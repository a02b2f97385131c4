"""What is reported of an engine, and the bars it is held to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy

from benchmarks.queries import CLASSES


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Milliseconds."""

    p50_ms: float
    p95_ms: float
    p99_ms: float

    @classmethod
    def of(cls, milliseconds: Iterable[float]) -> "Percentiles":
        """Linear between the nearest two."""
        return cls(*(round(float(value), 4) for value in numpy.percentile(list(milliseconds), (50, 95, 99))))


@dataclass(frozen=True, slots=True)
class Timings:
    """An engine where products do all that their pages and API do, in a run of its own: the same percentiles."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    found: float
    noise: float | None
    classes: dict[str, Percentiles]


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """One engine at one size. The percentiles are those of words and prefixes together, which is what people type.

    `found`: the share of questions whose first ten hold the card that the question was drawn from.
    `noise`: by how much the slowest round took longer than the fastest.
    """

    p50_ms: float
    p95_ms: float
    p99_ms: float
    build_s: float
    update_ms: float
    open_ms: float
    memory_mb: float | None
    size_mb: float
    asked: int
    found: float
    noise: float | None
    classes: dict[str, Percentiles]
    visible_ms: float | None = None
    visible_p95_ms: float | None = None
    rebuild_cards_per_s: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Without what was not measured."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def by_class(kinds: Sequence[str], milliseconds: Sequence[float]) -> tuple[Percentiles, dict[str, Percentiles]]:
    """The percentiles of words and prefixes together, and those of each class that was asked."""
    pairs = list(zip(kinds, milliseconds, strict=True))
    typed = [time for kind, time in pairs if kind in ("words", "prefixes")]
    classes = {
        name: Percentiles.of(times) for name in CLASSES if (times := [time for kind, time in pairs if kind == name])
    }
    return Percentiles.of(typed), classes


@dataclass(frozen=True, slots=True)
class Bar:
    """A promise: the value must not exceed the bar, or not fall below it where more is better."""

    name: str
    value: float
    bar: float
    more_is_better: bool = False
    met: bool = field(init=False)

    def __post_init__(self) -> None:
        is_met = self.value >= self.bar if self.more_is_better else self.value <= self.bar
        object.__setattr__(self, "met", is_met)

    def as_json(self) -> dict[str, Any]:
        """The four fields that matter."""
        return {"name": self.name, "value": self.value, "bar": self.bar, "met": self.met}


# From that many cards on, until the next step: (rival, percentile, at most this part of the rival's).
_RATIOS = {
    10_000: (
        ("tantivy", "p50_ms", 0.8), ("tantivy", "p95_ms", 0.8), ("fts5", "p50_ms", 0.8), ("fts5", "p95_ms", 0.6),
    ),
    100_000: (
        ("tantivy", "p50_ms", 0.8), ("tantivy", "p95_ms", 0.8), ("fts5", "p50_ms", 0.4), ("fts5", "p95_ms", 0.15),
    ),
}  # fmt: skip
_LARGE = 100_000
_LEAST_REBUILT_A_SECOND = 900
_MOST_MEMORY_MB = 80
MOST_VISIBLE_MS = 150
_MOST_SERVER_MS = {10_000: 10, 100_000: 20}


def search_bars(size: int, engines: Mapping[str, EngineFigures]) -> list[Bar]:
    """The bars of that size which these engines can decide."""
    ours = engines.get("vitrine")
    if ours is None:
        return []
    bars = list(_ratio_bars(size, engines))
    if size >= _LARGE and "tantivy" in engines:
        ratio = ours.classes["phrases"].p95_ms / engines["tantivy"].classes["phrases"].p95_ms
        bars.append(Bar("phrases, p95 as part of tantivy's", round(ratio, 3), 1.0))
    if size >= _LARGE and ours.memory_mb is not None:
        bars.append(Bar("private memory of a process, MB", ours.memory_mb, _MOST_MEMORY_MB))
    if ours.visible_ms is not None:
        bars.append(Bar("saved card found by another process, median ms", ours.visible_ms, MOST_VISIBLE_MS))
    if ours.rebuild_cards_per_s is not None and size >= min(_RATIOS):
        rebuilt = ours.rebuild_cards_per_s
        bars.append(Bar("cards rebuilt a CPU second", rebuilt, _LEAST_REBUILT_A_SECOND, more_is_better=True))
    return bars


def _ratio_bars(size: int, engines: Mapping[str, EngineFigures]) -> Iterator[Bar]:
    for rival, name, most in _RATIOS.get(_step(size), ()):
        if "vitrine" in engines and rival in engines:
            ratio = round(getattr(engines["vitrine"], name) / getattr(engines[rival], name), 3)
            yield Bar(f"words and prefixes, {name[:3]} as part of {rival}'s", ratio, most)


def serving_bars(size: int, server: Percentiles, visible_ms: float | None) -> list[Bar]:
    """Those of serving; small installations are held to the bar of ten thousand cards."""
    most = _MOST_SERVER_MS[max(_step(size), min(_MOST_SERVER_MS))]
    bars = [Bar("lookup over HTTP, server time p95, ms", server.p95_ms, most)]
    if visible_ms is not None:
        bars.append(Bar("saved card found by another process, median ms", visible_ms, MOST_VISIBLE_MS))
    return bars


def _step(size: int) -> int:
    return max((step for step in _RATIOS if step <= size), default=0)
