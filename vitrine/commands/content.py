"""Bring knowledge in, and report what is stale."""

import sys
from contextlib import suppress
from pathlib import Path

import click
from rich.progress import Progress

from curator.capacity.planning import plan_all
from curator.jobs import JobContext, JobFailed, near_duplicates
from curator.reports.about import about_asked
from curator.reports.formats import as_csv, as_json, as_letter
from curator.reports.schedules.sending import send_turn
from curator.reports.schedules.turns import Sender, turns_of
from curator.reports.weekly import weekly_report
from curator.reports.weeks import read_week
from kb import clock
from kb.importing.report import ImportReport, Outcome
from kb.importing.request import Format, ImportRequest
from kb.importing.run import run_import
from kb.people.actor import system_actor
from kb.people.commands import person_with_email
from kb.text.renderer import Renderer
from kb.trust.policy import Policy
from kb.words import count
from vitrine.commands.edge import EmailAddress, Failure, answer, err, loaded_settings, out, spoken
from vitrine.commands.edge import as_json as json_option
from vitrine.runtime import opened

_WARNINGS_SHOWN = 20


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--collection", required=True, help="Slug of the collection; it is made if there is none.")
@click.option("--format", "kind", type=click.Choice([f.value for f in Format]), default="auto", help="What PATH holds.")
@click.option("--owner", type=EmailAddress(), help="Owner of new cards whose source names none.")
@click.option("--publish", is_flag=True, help="Publish the cards. It never verifies them.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--warnings", is_flag=True, help="Print all warnings, not just the first.")
@json_option
def import_cards(
    path: Path, collection: str, kind: str, owner: str | None, publish: bool, dry_run: bool, warnings: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Import Markdown files, JSON lines or CSV. Idempotent: a second run changes nothing.

    A bad item is named with the reason and skipped; then the exit code is 1. With --publish the first checks are laid
    out over weeks, within the time of whoever checks them.

    Example: vitrine import ../handbook --collection handbook --publish
    """
    settings = loaded_settings().settings
    request = ImportRequest(path, collection, Format(kind), owner, publish, dry_run, settings.workspace.languages)
    progress = Progress(console=err, transient=True, disable=as_json or not sys.stderr.isatty())
    planned = 0
    with spoken(), opened(settings) as installation, Renderer() as renderer, progress:
        bar = progress.add_task("Importing", total=None)
        report = run_import(
            installation.database, renderer, request, Policy.of(settings), clock.now(),
            progress=lambda _item: progress.advance(bar), started=lambda total: progress.update(bar, total=total),
        )  # fmt: skip
        if not dry_run:
            progress.update(bar, description="Comparing", total=None)
            planned = plan_all(installation.database, settings, clock.now(), imported_ids(report)) if publish else 0
            with suppress(JobFailed):  # the import is done; the scheduled job tries again and says what is wrong
                near_duplicates(JobContext.on(installation, clock.now))
    if as_json:
        answer(_as_data(report) | {"first_checks_planned": planned}, as_json=True, words="")
    else:
        _print(report, everything=warnings)
        if planned:
            out.print(f"{count(planned, 'check')} laid out within the time of whoever checks them.")
    if report.counts[Outcome.FAILED]:
        raise Failure(f"{count(report.counts[Outcome.FAILED], 'item')} could not be imported; each is named above.")


@click.command()
@click.option("--week", default="", help="ISO week such as 2026-W47 (default: the current week).")
@click.option("--collection", default="", help="Only this collection, by its slug.")
@click.option("--person", type=EmailAddress(), help="Only what this person owns or checks.")
@click.option("--send", is_flag=True, help="Queue the mail to all who subscribe, once per schedule and week.")
@click.option("--format", "kind", type=click.Choice(["text", "html", "csv", "json"]), default="text")
@click.option("--json", "as_json_flag", is_flag=True, help="The same as --format json.")
def report(week: str, collection: str, person: str | None, send: bool, kind: str, as_json_flag: bool) -> None:
    """Print the weekly stale report, or send it.

    Example: vitrine report --week 2026-W47 --collection billing --format csv
    """
    if send and (collection or person):
        raise click.UsageError("--send goes by the schedules of each reader: leave --collection and --person out.")
    settings, now = loaded_settings().settings, clock.now()
    policy = Policy.of(settings)
    with spoken(), opened(settings) as installation:
        wanted = read_week(week, now, policy)
        if send:
            sender = Sender(installation.database, settings, policy, installation.secret_key, now)
            turns, had_it = turns_of(sender, wanted)
            queued = sum(send_turn(sender, turn) for turn in turns)
            words = f"{count(queued, 'mail')} queued for {wanted.key}; {count(had_it, 'reader')} had it already."
            answer({"week": wanted.key, "queued": queued}, as_json=as_json_flag, words=words)
            return
        with installation.database.read() as session:
            actor = system_actor(session)
            number = str(person_with_email(session, person).id) if person else ""
            about = about_asked(session, actor, collection, number)
            found = weekly_report(session, actor, wanted, policy, settings.freshness, now, about)
        if kind == "json" or as_json_flag:
            answer(as_json(found, settings), as_json=True, words="")
        elif kind == "csv":
            sys.stdout.write(as_csv(found, settings))
        else:
            letter = as_letter(found, settings)
            sys.stdout.write(letter.html if kind == "html" else letter.text)


def imported_ids(report: ImportReport) -> set[int]:
    """The cards that this run made or changed."""
    touched = (Outcome.CREATED, Outcome.UPDATED)
    return {item.card_id for item in report.items if item.card_id is not None and item.outcome in touched}


def _as_data(report: ImportReport) -> dict[str, object]:
    return {
        "collection": report.collection,
        "dry_run": report.is_dry_run,
        **{outcome.value: number for outcome, number in report.counts.items()},
        "items": [
            {"where": i.where, "outcome": i.outcome.value, "external_id": i.external_id, "title": i.title,
             "card_id": i.card_id, "reason": i.reason, "warnings": [n.detail for n in i.notices]}
            for i in report.items
        ],
    }  # fmt: skip


def _print(report: ImportReport, *, everything: bool) -> None:
    warnings = report.warnings
    for where, notice in warnings if everything else warnings[:_WARNINGS_SHOWN]:
        err.print(f"warning: {where}: {notice.detail}", markup=False)
    if len(warnings) > _WARNINGS_SHOWN and not everything:
        err.print(f"... and {len(warnings) - _WARNINGS_SHOWN} more warnings: repeat with --warnings to see all.")
    for item in report.items:
        if item.outcome is Outcome.FAILED:
            err.print(f"failed: {item.where}: {item.reason}", markup=False)
    words = ", ".join(f"{number} {outcome.value}" for outcome, number in report.counts.items())
    head = "Dry run, nothing was written: " if report.is_dry_run else ""
    out.print(f"{head}{words}, {count(len(warnings), 'warning')} in collection {report.collection}.", markup=False)
