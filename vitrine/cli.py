"""The command line's root: `vitrine --help`."""

from pathlib import Path

import click

from vitrine import __version__
from vitrine.commands import changes, checks, content, people, quality, run


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="vitrine")
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file (default: VITRINE_CONFIG, then ./config.toml)."
)
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """Vitrine keeps a company's customer-facing knowledge true.

    Example: vitrine serve
    """
    context.obj = config


for command in (
    run.serve, run.scheduler, run.run_job, run.jobs, content.import_cards, content.report, changes.flag,
    checks.index, quality.measure, checks.verify_log, checks.check_rules, checks.config, people.user, people.token,
):  # fmt: skip
    main.add_command(command)
