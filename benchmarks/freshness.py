"""Freshness: real edit histories of a handbook are lived through again, with readers and a budget of checks a week.

Every policy gets the same worlds and the same budget; the figure is the share of impressions that were served stale.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.policies import POLICIES
from benchmarks.progress import say
from benchmarks.replay import Histories, Sight, World, draw_world, read_histories, replay
from curator.freshness.calibration import Said, reliability
from kb.paths import resource_root

BUDGETS = {"1/52": 1 / 52, "1/26": 1 / 26, "1/13": 1 / 13}  # of the cards, a week
REPORTS = {"0": 0.0, "0.002": 0.002, "0.005": 0.005}  # how often a reader of a stale card reports it
SEEDS = 8
READ_REPORTS = {"vitrine", "fixed_90_flagged"}  # the others do the same whatever readers report
BARS = {"fixed_90": 0.35, "use_age": 0.90}
Shares = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to measure."""

    seeds: int
    reports: dict[str, float]  # "0" must come first
    budgets: dict[str, float]


def main(arguments: Sequence[str]) -> int:
    """Measure and print. The exit code is 1 if a bar is missed."""
    parser = argparse.ArgumentParser("bench freshness", description=__doc__)
    default = resource_root().parent / "shared" / "yardsticks" / "freshness" / "histories.jsonl"
    parser.add_argument("--histories", type=Path, default=default, help="the set (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="worlds to draw (default: %(default)s)")
    parser.add_argument("--no-reports", action="store_true", help="leave out the worlds in which readers report")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = parser.parse_args(arguments)
    if chosen.seeds < 1:
        parser.error("--seeds: at least one world is needed")
    try:
        histories = read_histories(chosen.histories)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        print(f"The set can't be read: {error!r}. Name it with --histories.", file=sys.stderr)
        return 2
    reports = {"0": 0.0} if chosen.no_reports else REPORTS
    figures = measure(histories, Chosen(chosen.seeds, reports, BUDGETS))
    print(json.dumps(figures, indent=2) if chosen.json else table(figures))
    return 0 if all(bar["met"] for bar in figures["bars"]) else 1


def measure(histories: Histories, chosen: Chosen) -> dict[str, Any]:
    """All figures. `budgets` has the shares without reports; `with_reports` those with, by how often readers report."""
    worlds = [draw_world(histories, seed) for seed in range(chosen.seeds)]
    shares: dict[str, Shares] = {}
    outcomes: list[Said] = []
    for name, rate in chosen.reports.items():
        shares[name] = {}
        for budget, value in chosen.budgets.items():
            say(f"budget {budget}, {name} reports a stale view")
            shares[name][budget] = {
                policy: shares["0"][budget][policy]
                if rate and policy not in READ_REPORTS
                else _share(worlds, policy, value, rate, outcomes)
                for policy in POLICIES
            }
    say("")
    plain = shares["0"]
    return {
        "budgets": plain,
        "ratios": {budget: _ratios(row) for budget, row in plain.items()},
        "with_reports": {name: rows for name, rows in shares.items() if name != "0"},
        "nobody_checks": round(fmean(replay(world, _nobody, 0.0, 0.0, 0)[0] for world in worlds), 4),
        "reliability": [
            {"band": row.band.value, "checks": row.checks, "said": round(row.said, 3), "found": round(row.found, 3)}
            for row in reliability(outcomes)
        ],
        "bars": list(_bars(plain)),
        "seeds": chosen.seeds,
        "cards": len(histories),
    }


def table(figures: dict[str, Any]) -> str:
    """The shares in percent, the ratios and the bars."""
    lines = [f"{'impressions served stale, %':30}" + "".join(f"{policy:>18}" for policy in POLICIES)]
    rows = [("no reports", figures["budgets"])]
    rows += [(f"{name} reports a stale view", shares) for name, shares in figures["with_reports"].items()]
    for words, shares in rows:
        for budget, row in shares.items():
            lines.append(f"{f'{budget}, {words}':30}" + "".join(f"{100 * row[policy]:>18.2f}" for policy in POLICIES))
    for bar in figures["bars"]:
        words = f"vitrine / {bar['against']} at {bar['budget']}"
        lines.append(f"{words:30}{bar['ratio']:>8.3f}  bar ≤ {bar['bar']:.2f}{'' if bar['met'] else '  missed'}")
    for row in figures["reliability"]:
        lines.append(f"{row['band']:30}said {row['said']:.0%}, found {row['found']:.0%} in {row['checks']:,} checks")
    nobody = f"Nobody checks: {100 * figures['nobody_checks']:.1f} %."
    lines.append(f"{figures['cards']:,} cards, {figures['seeds']} worlds each. {nobody}")
    return "\n".join(lines)


def _share(worlds: Iterable[World], policy: str, budget: float, rate: float, outcomes: list[Said]) -> float:
    """The mean over all worlds; what the product said before its checks is kept."""
    shares = []
    for seed, world in enumerate(worlds):
        share, sight = replay(world, POLICIES[policy], budget, rate, seed)
        shares.append(share)
        if policy == "vitrine":
            outcomes += [Said(looked.said, looked.found) for looked in sight.log]
    return round(fmean(shares), 5)


def _nobody(sight: Sight) -> Any:
    return sight.unchecked


def _ratios(row: dict[str, float]) -> dict[str, float]:
    return {policy: round(row["vitrine"] / max(share, 1e-9), 4) for policy, share in row.items() if policy != "vitrine"}


def _bars(shares: Shares) -> Iterable[dict[str, Any]]:
    for budget, row in shares.items():
        for against, bar in BARS.items():
            ratio = row["vitrine"] / max(row[against], 1e-9)
            yield {"budget": budget, "against": against, "ratio": round(ratio, 4), "bar": bar, "met": ratio <= bar}
