"""Prove and inspect: the verification log, the index, the settings in force."""

from pathlib import Path

import click

from kb.settings import SECRETS
from kb.trust import log as verification_log
from kb.trust.export import exported, proved
from kb.trust.orphans import without_assignee
from search.engines import open_backend
from search.indexer import Indexer
from vitrine.commands.edge import Failure, answer, as_json, loaded_settings, spoken
from vitrine.runtime import opened


@click.command("verify-log")
@click.option("--export", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write the log to a file.")
@click.option("--file", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Check an exported file; needs no installation.")  # fmt: skip
@as_json
def verify_log(target: Path | None, source: Path | None, as_json: bool) -> None:
    """Check the hash chain of all verifications; exit 1 names the first broken record.

    Example: vitrine verify-log --export log.jsonl && vitrine verify-log --file log.jsonl
    """
    if target is not None and source is not None:
        raise click.UsageError("--export writes a file, --file checks one: use one of them.")
    with spoken():
        found = _file_checked(source) if source is not None else _database_checked(target)
    data = {"records": found.records, "head": found.head, "broken": found.broken_id, "reason": found.reason}
    if found.broken_id is not None:
        if as_json:
            answer(data, as_json=True, words="")
        raise Failure(f"Record {found.broken_id} is broken: {found.reason}. The {found.records} before it are intact.")
    answer(data, as_json=as_json, words=f"{found.records} records, unbroken. Head: {found.head}")


def _database_checked(target: Path | None) -> verification_log.LogCheck:
    with opened(loaded_settings().settings) as installation, installation.database.read() as session:
        if target is not None:
            with target.open("w", encoding="utf-8") as file:
                file.writelines(exported(session))
        return verification_log.check(session)


def _file_checked(source: Path) -> verification_log.LogCheck:
    with source.open(encoding="utf-8", errors="replace") as file:
        return proved(file)


@click.command("check")
@as_json
def check_rules(as_json: bool) -> None:
    """Check what must always hold: every published card has one able person who checks it; exit 1 names the others.

    Example: vitrine check
    """
    with spoken(), opened(loaded_settings().settings) as installation, installation.database.read() as session:
        orphans = without_assignee(session)
    words = "Every published card has one able person who checks it."
    answer({"unassigned": orphans}, as_json=as_json, words=words if not orphans else "")
    if orphans:
        numbers = ", ".join(map(str, orphans[:20]))
        raise Failure(f"{len(orphans)} published cards have nobody able to check them: {numbers}")


@click.group()
def index() -> None:
    """Rebuild or check the search index."""


@index.command("rebuild")
@as_json
def rebuild(as_json: bool) -> None:
    """Build a new index beside the live one and swap.

    Example: vitrine index rebuild
    """
    with spoken(), opened(loaded_settings().settings) as installation:
        backend = open_backend(installation)
        cards = Indexer(installation.database, backend).rebuild()
        backend.close()
    answer({"cards": cards}, as_json=as_json, words=f"Rebuilt with {cards} cards.")


@index.command("check")
@as_json
def check(as_json: bool) -> None:
    """Compare index and database card by card; exit 1 if anything differs.

    Example: vitrine index check
    """
    with spoken(), opened(loaded_settings().settings) as installation:
        backend = open_backend(installation)
        differences = Indexer(installation.database, backend).differences()
        docs = backend.health().docs
        backend.close()
    words = "\n".join(differences) or f"Index and database agree on {docs} cards."
    answer({"cards": docs, "differences": differences}, as_json=as_json, words=words)
    if differences:
        raise Failure(f"{len(differences)} differences. Run: vitrine index rebuild")


@click.command("config")
@as_json
def config(as_json: bool) -> None:
    """Show the settings in force and where each comes from; secrets are masked.

    Example: vitrine config
    """
    loaded = loaded_settings()
    rows = []
    for section, values in loaded.settings.model_dump(mode="json").items():
        for key, value in values.items():
            shown = "********" if (section, key) in SECRETS and value else value
            source = loaded.sources.get((section, key), "default")
            rows.append({"key": f"{section}.{key}", "value": shown, "from": source})
    words = "\n".join(f"{r['key']:30} {r['value']!s:36} {r['from']}" for r in rows)
    answer(rows, as_json=as_json, words=words)
