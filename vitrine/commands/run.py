"""Run the service, the scheduler alone, or one job."""

import sys

import click
from rich.progress import Progress

from kb import clock
from kb.installation import Installation
from kb.people.sign_in import needs_setup
from kb.people.tokens import issue_link
from kb.settings import Settings
from vitrine import demo as demo_company
from vitrine.commands.edge import Failure, answer, as_json, err, loaded_settings, out, spoken
from vitrine.jobs import JOBS, job_named, overview, run_now
from vitrine.runtime import running
from vitrine.scheduler import run_alone
from vitrine.server import bind
from vitrine.server import serve as serve_until_stopped


@click.command()
@click.option("--demo", is_flag=True, help="Fill an empty installation with a believable sample.")
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 lets the system choose.")
def serve(demo: bool, host: str | None, port: int | None) -> None:
    """Run the service: web, search index and scheduler in one process.

    Example: vitrine serve --port 8080
    """
    settings = _with_address(loaded_settings().settings, host, port)
    if demo:
        settings = demo_company.named(settings)
    try:
        bound, settings = bind(settings)
    except OSError as error:
        place = f"{settings.server.host}:{settings.server.port}"
        raise Failure(f"server.port: can't listen on {place}: {error.strerror or error}") from error
    with spoken(), Progress(console=err, transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("Preparing", total=None)
        ready = running(settings, lambda done: progress.update(bar, completed=done))
        with ready as runtime:
            if demo:
                progress.update(bar, description="Filling the demo")
                if not demo_company.fill(runtime, clock.now()):
                    err.print("vitrine: there are cards already, so the sample was not added.")
            progress.stop()
            links = _ways_in(runtime.installation, demo=demo)
            serve_until_stopped(runtime, bound, lambda: _greet(settings, links))


@click.command()
def scheduler() -> None:
    """Run the scheduler and the indexer alone, beside web processes that have schedule.enabled = false.

    Example: vitrine scheduler
    """
    with spoken(), running(loaded_settings().settings) as runtime:
        out.print("Scheduler running. Stop it with Ctrl+C.")
        run_alone(runtime)


@click.command("run-job")
@click.argument("name", type=click.Choice([job.name for job in JOBS]))
@as_json
def run_job(name: str, as_json: bool) -> None:
    """Run one scheduled job once, now. Safe to repeat.

    Example: vitrine run-job weekly-report
    """
    with spoken(), running(loaded_settings().settings) as runtime:
        outcome = run_now(runtime, job_named(name))
    answer({"job": name, "outcome": outcome}, as_json=as_json, words=f"{name}: {outcome}")


@click.command()
@as_json
def jobs(as_json: bool) -> None:
    """List the scheduled jobs with their last run, outcome and next run.

    Example: vitrine jobs
    """
    with spoken(), running(loaded_settings().settings) as runtime:
        rows = overview(runtime, clock.now())
    words = "\n".join(f"{r['job']:15} {r['does']}\n{'':15} last {r['last'] or 'never'}: {r['outcome'] or '-'}; "
                      f"next {r['next']}" for r in rows)  # fmt: skip
    answer(rows, as_json=as_json, words=words)


def _with_address(settings: Settings, host: str | None, port: int | None) -> Settings:
    changes = {k: v for k, v in (("host", host), ("port", port)) if v is not None}
    return settings.model_copy(update={"server": settings.server.model_copy(update=changes)})


def _ways_in(installation: Installation, *, demo: bool) -> list[tuple[str, str]]:
    """One-time links: for the first admin until set up; with --demo for one person of each role."""
    hours = installation.settings.security.setup_link_hours
    links = []
    with installation.database.transaction() as session:
        first = needs_setup(session)
        people = demo_company.guides(session) if demo else []
        if first is not None and not people:
            people = [("Set up the first admin", first)]
        for words, person in people:
            links.append((words, issue_link(session, person, hours, clock.now()).secret))
    return links


def _greet(settings: Settings, links: list[tuple[str, str]]) -> None:
    out.print(f"Vitrine is running at {settings.public_url}")
    for words, secret in links:
        out.print(f"  {words}: {settings.public_url}/welcome/{secret}", markup=False)
    if links:
        out.print(f"Each link works once, for {settings.security.setup_link_hours} hours.")
    out.print("Stop it with Ctrl+C.")
    sys.stdout.flush()
