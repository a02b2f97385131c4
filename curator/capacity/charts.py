"""Pairs of bars by week, in whole pixels: what is beside what it is measured against. Pure; the template draws it."""

from collections.abc import Sequence
from dataclasses import dataclass

from kb.wording import decimal

WIDE, NARROW = 640, 340
_SHOWN = {WIDE: 12, NARROW: 6}
_HEIGHT, _LEFT, _TOP, _BOTTOM = 220, 40, 14, 26
_LINES = 3.2


@dataclass(frozen=True, slots=True)
class Pair:
    """A week: two numbers beside each other, and whether the second is too much."""

    label: str
    first: int
    second: int
    words: str
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One bar."""

    x: int
    y: int
    width: int
    height: int
    look: str


@dataclass(frozen=True, slots=True)
class Column:
    """A week's two bars; `label` is empty where it would not fit."""

    blocks: tuple[Block, ...]
    label: str
    middle: int
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid."""

    y: int
    label: str


@dataclass(frozen=True, slots=True)
class PairChart:
    """Everything the template draws."""

    width: int
    height: int
    left: int
    baseline: int
    lines: tuple[Line, ...]
    columns: tuple[Column, ...]
    description: str


def paired_bars(pairs: Sequence[Pair], description: str, width: int = WIDE, *, keep_first: bool = True) -> PairChart:
    """The weeks as pairs of bars, oldest first; the narrow chart keeps the first six weeks, or the last."""
    most = _SHOWN[width]
    shown = list(pairs)[:most] if keep_first else list(pairs)[-most:]
    top = max([max(pair.first, pair.second) for pair in shown] + [1])
    baseline = _HEIGHT - _BOTTOM
    scale = (baseline - _TOP) / top
    step = _round_step(top)
    lines = tuple(Line(baseline - round(n * scale), decimal(n)) for n in range(0, top + 1, step))
    pitch = (width - _LEFT - 4) / max(len(shown), 1)
    columns = tuple(_column(pair, place, len(shown), pitch, baseline, scale) for place, pair in enumerate(shown))
    return PairChart(width, _HEIGHT, _LEFT, baseline, lines, columns, description)


def _column(pair: Pair, place: int, number: int, pitch: float, baseline: int, scale: float) -> Column:
    width = max(3, round(pitch * 0.36))
    x = round(_LEFT + 4 + pitch * place)
    looks = ("first", "over" if pair.is_over else "second")
    blocks = tuple(
        Block(x + side * (width + 1), baseline - height, width, height, look)
        for side, (value, look) in enumerate(zip((pair.first, pair.second), looks, strict=True))
        if (height := max(2, round(value * scale)) if value else 0)
    )
    every = 1 if number <= _SHOWN[NARROW] else 2
    return Column(blocks, pair.label if place % every == 0 else "", x + width, f"{pair.label}: {pair.words}")


def _round_step(most: int) -> int:
    """A round distance between grid lines, so that about three are drawn."""
    need = max(1.0, most / _LINES)
    power = 1
    while power * 10 <= need:
        power *= 10
    return next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= need)
