"""The rows of the report in ready words: cards in doubt, collections, assignees, changes."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from curator.reports.charts import WeekMix, mix_bar
from curator.reports.facts import CardFacts
from curator.reports.gaps import Gap
from curator.reports.pages import AssigneeRow, ChangeRow, Fact, FixRow, GapRow, ShelfTrust, Tone
from curator.reports.weekly import InDoubt, Mix, ShelfNumbers, WeeklyReport
from curator.reports.words import change_words, percent, points
from kb.text.slugs import slug
from kb.trust.state import TrustState
from kb.web.parts import Badge, Link
from kb.wording import _, decimal, ngettext
from kb.words import count

FIX_FIRST = 10
LISTED = 20
_NOBODY: frozenset[int] = frozenset()


def fix_first(report: WeeklyReport) -> list[InDoubt]:
    """The cards in doubt that cost most; only those that somebody was shown while they were stale."""
    return [row for row in report.in_doubt[:FIX_FIRST] if row.stale_impressions]


def fix_rows(
    rows: Iterable[InDoubt], *, base: str = "", nudgeable: frozenset[int] = _NOBODY, nudged: frozenset[int] = _NOBODY,
    checks: Mapping[int, str] | None = None,
) -> tuple[FixRow, ...]:  # fmt: skip
    """Cards in doubt; `checks` are the addresses at which the reader of a mail may verify them."""
    return tuple(
        FixRow(
            title=row.card.title, url=base + card_link(row.card).url, collection=row.card.collection,
            badge=doubt_badge(row), owner=row.card.owner or _("No owner"), stale_views=decimal(row.stale_impressions),
            days_late=decimal(row.days_late) if row.days_late else "–",
            nudge_action=f"/reports/weekly/nudges/{row.card.id}"
            if row.card.id in nudgeable and row.card.id not in nudged else "",
            nudged=_("Nudged today") if row.card.id in nudged else "",
            check_url=(checks or {}).get(row.card.id, ""),
        )
        for row in rows
    )  # fmt: skip


def card_link(card: CardFacts) -> Link:
    """The card's title and address."""
    return Link(card.title, f"/cards/{card.id}/{slug(card.title)}")


def doubt_badge(row: InDoubt) -> Badge:
    """The state of a card in doubt, as of the report."""
    if row.state is TrustState.FLAGGED:
        return Badge("flagged", _("Flagged"), count(row.reports, "reason"))
    if row.state is TrustState.OVERDUE:
        return Badge("overdue", _("Overdue"), count(row.days_late, "day"))
    verified = any(record.is_verified for record in row.card.history.records)
    return Badge("unverified", _("Not verified") if verified else _("Not verified yet"))


def week_mix(label: str, mix: Mix) -> WeekMix:
    """A mix as the charts take it."""
    counts = {state.value: number for state, number in mix.counts.items()}
    return WeekMix(label, **counts)


def shelf_row(shelf: ShelfNumbers) -> ShelfTrust:
    """A collection."""
    change = points(shelf.mix.score, shelf.before.score)
    return ShelfTrust(
        name=shelf.name,
        url=f"/reports/weekly?collection={shelf.slug}",
        trust=percent(shelf.mix.score),
        mix=mix_bar(week_mix(shelf.name, shelf.mix)),
        cards=decimal(shelf.mix.total),
        overdue=decimal(shelf.mix.counts[TrustState.OVERDUE]),
        change=f"+{change}" if change > 0 else f"−{-change}" if change < 0 else "0",
    )


def assignee_rows(report: WeeklyReport, *, may_open: bool = False) -> tuple[AssigneeRow, ...]:
    """Whom the work waits for; a curator may open the report about each of them."""
    return tuple(
        AssigneeRow(
            load.name, decimal(load.waiting), decimal(load.overdue), decimal(load.stale_impressions),
            f"/reports/weekly?person={load.person_id}" if may_open else "",
        )
        for load in report.loads
    )  # fmt: skip


def change_rows(report: WeeklyReport) -> tuple[ChangeRow, ...]:
    """Whose state changed since the week before, worst first."""
    kinds: tuple[tuple[tuple[CardFacts, ...], str, Tone], ...] = (
        (report.changes.became_flagged, _("Became flagged"), "bad"),
        (report.changes.became_overdue, _("Became overdue"), "bad"),
        (report.changes.verified_again, _("Verified again"), "good"),
        (report.changes.new, _("New"), "same"),
    )
    return tuple(ChangeRow(card_link(card), words, tone) for cards, words, tone in kinds for card in cards)


def work_facts(report: WeeklyReport) -> tuple[Fact, ...]:
    """What the week's checks came to, and what was shown all the same."""
    work, numbers, before = report.work, report.numbers, report.before
    checks = ngettext("%(num)s card checked", "%(num)s cards checked", work.checks)
    if work.checks:
        share = percent(work.yield_share)
        found = _("%(number)s of them needed a change (%(share)s)", number=decimal(work.found), share=share)
        checks = f"{checks}, {found}"
    facts = [Fact(_("Checks"), checks)]
    if work.checks and work.averted is not None:
        facts.append(Fact(_("Averted"), _("About %(number)s stale views a week", number=decimal(round(work.averted)))))
    if report.reliability is not None:
        told = report.reliability
        said = _("Said %(said)s, found %(found)s", said=percent(told.said), found=percent(told.found))
        checks = ngettext(
            "%(said)s (%(num)s check in 12 weeks)", "%(said)s (%(num)s checks in 12 weeks)", told.checks, said=said
        )
        facts.append(Fact(_("The estimate"), checks, "/reports/freshness"))
    if work.in_batches:
        facts.append(
            Fact(
                _("In batches"),
                _(
                    "%(number)s (%(percent)s): they find less",
                    number=decimal(work.in_batches),
                    percent=percent(work.batch_share),
                ),
            )
        )
    shown = _(
        "%(number)s (%(percent)s of all)",
        number=decimal(numbers.stale_impressions),
        percent=percent(numbers.stale_share),
    )
    changed = change_words(numbers.stale_impressions, before.stale_impressions)
    facts.append(Fact(_("Shown while in doubt"), f"{shown}{f', {changed}' if changed else ''}"))
    return tuple(facts)


def gap_rows(gaps: Iterable[Gap], cards: Mapping[int, Link], *, base: str = "") -> tuple[GapRow, ...]:
    """What was searched for in vain, and the doubted card it led to, if any."""
    return tuple(
        GapRow(
            words=gap.words,
            url=f"{base}/?{urlencode({'q': gap.words})}",
            also=_("also %(words)s", words=", ".join(_("“%(word)s”", word=word) for word in gap.also))
            if gap.also
            else "",
            asked=f"{count(gap.times, 'time')}, {count(gap.people, 'person', 'people')}"
            if gap.people
            else count(gap.times, "time"),
            found=_found(gap),
            card=cards.get(gap.card_id or 0),
        )
        for gap in gaps
    )


def _found(gap: Gap) -> str:
    if gap.found_nothing:
        return _("Nothing found")
    if gap.rephrased == gap.times:
        return _("Asked again in other words")
    return _("Only doubted answers")


def gaps_of(report: WeeklyReport, *, base: str = "") -> tuple[GapRow, ...]:
    """The same for a whole report."""
    return gap_rows(report.gaps, {row.card.id: _based(row.card, base) for row in report.in_doubt}, base=base)


def _based(card: CardFacts, base: str) -> Link:
    link = card_link(card)
    return Link(link.label, base + link.url)


def more(number: int) -> str:
    """What a shortened list leaves out."""
    return _("and %(number)s more", number=decimal(number - LISTED)) if number > LISTED else ""
