"""Judges cards: how likely each is stale now, why, what that costs its readers, and when to look at it again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from sqlalchemy.orm import Session

from curator.freshness.estimate import (
    DAYS_A_YEAR,
    Band,
    band_of,
    days_until,
    minutes_for,
    p_over_time,
    p_with_reports,
    posterior_of,
    stale_days_averted,
    suggested_interval,
)  # fmt: skip
from curator.freshness.evidence import Array, Evidence, Record, evidence_of
from curator.freshness.facts import USE_DAYS, CardFacts, Check, Facts, Use, load_facts
from curator.freshness.learning import Model, learnt
from curator.freshness.reasons import Grounds, reasons_for, told_in_words
from curator.freshness.recording import record_of
from kb.settings import Freshness

_YEAR = timedelta(days=365)
_MOST_FINDINGS = 2


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is thought of one card. Rates and uses are what is expected; `averted_per_minute` orders the queue.

    `interval_days` never exceeds what a person set for the card or its collection; `free_interval_days` is what the
    evidence alone suggests, for policies that may follow it.
    """

    card_id: int
    p_stale: float
    band: Band
    rate_per_year: float
    days_since_check: float
    interval_days: int
    free_interval_days: int
    views_per_week: float
    stale_per_week: float
    averted_per_minute: float
    minutes: int
    reasons: tuple[str, ...]


class Worth(NamedTuple):
    """The stale impressions that a minute of checking a card averts, and the minutes a check takes."""

    averted_per_minute: float
    minutes: int


def assess_cards(
    session: Session, card_ids: Iterable[int] | None, settings: Freshness, now: datetime
) -> dict[int, Assessment]:
    """Judge these cards, or all. Only published cards that nothing replaced are judged; others are left out."""
    return judge_cards(session, card_ids, settings, now).assessments()


def assess_card(session: Session, card_id: int, settings: Freshness, now: datetime) -> Assessment | None:
    """Judge one card; None if it is not one that can be served."""
    return assess_cards(session, [card_id], settings, now).get(card_id)


def judge_cards(session: Session, card_ids: Iterable[int] | None, settings: Freshness, now: datetime) -> "Judgement":
    """Judge these cards, or all, and put into words only what is asked for: for orders over thousands."""
    facts = load_facts(session, card_ids, now)
    model = learnt(session, settings, now, facts if card_ids is None else None)
    return Judgement(facts, model, settings, now)


class Judgement:
    """What is thought of some cards: a number for each at once, words only for those that are shown."""

    def __init__(self, facts: Facts, model: Model, settings: Freshness, now: datetime) -> None:
        self._facts, self._settings, self._now = facts, settings, now
        self._record = record_of(facts, settings, now)
        self._judged = _judge(self._record, facts, model, settings)
        self._places = {card.id: place for place, card in enumerate(facts.cards)}

    def worth(self) -> dict[int, Worth]:
        """What checking each of these cards is worth."""
        found = {}
        for card, averted in zip(self._facts.cards, self._judged.averted_per_day.tolist(), strict=True):
            minutes = minutes_for(card.words, self._settings)
            found[card.id] = Worth(averted / minutes, minutes)
        return found

    def assessments(self, card_ids: Iterable[int] | None = None) -> dict[int, Assessment]:
        """The assessments of all these cards, or of some of them, with their reasons."""
        wanted = self._places if card_ids is None else [card_id for card_id in card_ids if card_id in self._places]
        return {card_id: self._assessment(self._places[card_id]) for card_id in wanted}

    def _assessment(self, place: int) -> Assessment:
        return _assessment(
            place, self._facts.cards[place], self._facts, self._record, self._judged, self._settings, self._now
        )


@dataclass(frozen=True, slots=True)
class _Judged:
    """The columns that assessments are made of."""

    evidence: Evidence
    p: Array
    rate_per_year: Array
    usual_per_year: Array
    target_days: Array
    averted_per_day: Array


def _judge(record: Record, facts: Facts, model: Model, settings: Freshness) -> _Judged:
    evidence = evidence_of(record, settings, model.median_words)
    posterior = posterior_of(evidence, model.shelf_rate(facts.cards), record.multiplier, settings)
    p_time = p_over_time(posterior, evidence.unchecked, model.calibration, settings)
    p = p_with_reports(p_time, record.flags, record.views_since_check, model.report_rate, settings)
    averted = stale_days_averted(posterior, evidence.unchecked, p_time, p, settings)
    targets = [settings.stale_target if card.stale_target is None else card.stale_target for card in facts.cards]
    return _Judged(
        evidence=evidence,
        p=p,
        rate_per_year=posterior.rate * DAYS_A_YEAR,
        usual_per_year=posterior.prior * DAYS_A_YEAR,
        target_days=days_until(posterior, np.array(targets, dtype=np.float64), model.calibration, settings),
        averted_per_day=(record.views_per_day + 1.0 / USE_DAYS) * averted,
    )


def _assessment(
    place: int, card: CardFacts, facts: Facts, record: Record, judged: _Judged, settings: Freshness, now: datetime
) -> Assessment:
    p, minutes = float(judged.p[place]), minutes_for(card.words, settings)
    views_per_week = 7.0 * float(record.views_per_day[place])
    free = suggested_interval(float(judged.target_days[place]))
    return Assessment(
        card_id=card.id,
        p_stale=p,
        band=band_of(p),
        rate_per_year=float(judged.rate_per_year[place]),
        days_since_check=float(judged.evidence.unchecked[place]),
        interval_days=free if card.limit_days is None else min(free, card.limit_days),
        free_interval_days=free,
        views_per_week=views_per_week,
        stale_per_week=views_per_week * p,
        averted_per_minute=float(judged.averted_per_day[place]) / minutes,
        minutes=minutes,
        reasons=reasons_for(_grounds(place, card, facts, record, judged, now)),
    )


def _grounds(place: int, card: CardFacts, facts: Facts, record: Record, judged: _Judged, now: datetime) -> Grounds:
    checks, use = facts.checks.get(card.id, []), facts.use.get(card.id, Use())
    edits = facts.edits.get(card.id, [])
    return Grounds(
        age_days=float(record.age[place]),
        days_since_check=max(0.0, (now - (checks[-1].at if checks else card.since)).total_seconds() / 86_400),
        was_checked=bool(checks),
        batch_size=checks[-1].batch_size if checks else 1,
        clean_checks=_clean_at_the_end(checks),
        found_at_last=bool(checks) and checks[-1].found,
        corrections_in_a_year=sum(edit.corrects and edit.at > now - _YEAR for edit in edits),
        usual_a_year=float(judged.usual_per_year[place]),
        reports=facts.reports(card.id, now),
        detections=facts.detections(card.id, now),
        findings=tuple(told_in_words(*told[1:]) for told in facts.findings.get(card.id, ())[:_MOST_FINDINGS]),
        is_taken_back=card.is_taken_back,
        words=card.words,
        size=float(judged.evidence.size[place]),
        views_a_month=use.impressions,
        views_since_check=use.views_since_check,
    )


def _clean_at_the_end(checks: list[Check]) -> int:
    """How many of the last checks in a row found nothing."""
    found = [check.found for check in reversed(checks)]
    return found.index(True) if True in found else len(found)
