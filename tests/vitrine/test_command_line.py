"""The command line: one clear line on bad input, JSON for programs, safe to repeat."""

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from kb.cards.models import Card
from kb.installation import open_installation
from kb.people.actor import system_actor
from kb.settings import Settings
from search.golden.commands import add_golden_query
from tests.world import START
from vitrine.cli import main


class CommandLine:
    """Runs commands on an installation of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {"VITRINE_STORAGE_DATA_DIR": str(folder / "data"), "VITRINE_LOG_FORMAT": "json"}

    def run(self, *arguments: str, code: int = 0, stdin: str = "", **env: str) -> Result:
        """Run a command and check its exit code."""
        result = CliRunner().invoke(main, list(arguments), env={**self.env, **env}, input=stdin)
        assert result.exit_code == code, result.output + result.stderr
        return result

    def json(self, *arguments: str, **kwargs: Any) -> Any:
        """Run a command and read its JSON."""
        return json.loads(self.run(*arguments, "--json", **kwargs).stdout)


@pytest.fixture
def vitrine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return CommandLine(tmp_path)


def every_command(group: Any = main, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The path of every command."""
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        found += every_command(command, (*path, name)) if hasattr(command, "commands") else [(*path, name)]
    return found


@pytest.mark.parametrize("path", every_command(), ids=" ".join)
def test_every_command_explains_itself_with_an_example(vitrine: CommandLine, path: tuple[str, ...]) -> None:
    words = vitrine.run(*path, "--help").output
    assert re.search(r"Example: vitrine " + " ".join(path).replace("-", r"[-\s]*"), words)


def test_all_mistakes_in_the_settings_are_named_at_once(vitrine: CommandLine) -> None:
    wrong = "[server]\nport = 'x'\nprot = 1\n[mail]\nsecurity = 'ssl'\n[nope]\na=1\n"
    (vitrine.folder / "config.toml").write_text(wrong)
    result = vitrine.run("config", code=2, VITRINE_FRESHNESS_INTERVAL_DAYS="0")
    for mistake in ("server.port", "server.prot", "mail.security", "nope", "freshness.interval_days"):
        assert mistake in result.stderr
    assert "config.toml" in result.stderr
    assert "VITRINE_FRESHNESS_INTERVAL_DAYS" in result.stderr


def test_a_file_that_is_no_toml_is_one_line_and_exit_2(vitrine: CommandLine) -> None:
    (vitrine.folder / "broken.toml").write_text("[server\n")
    result = vitrine.run("--config", "broken.toml", "config", code=2)
    assert result.stderr.count("\n") == 1
    assert "broken.toml" in result.stderr


def test_secrets_are_masked_and_every_value_says_where_it_comes_from(vitrine: CommandLine) -> None:
    shown = vitrine.json("config", VITRINE_MAIL_PASSWORD="hunter2", VITRINE_SERVER_PORT="81")
    rows = {row["key"]: row for row in shown}
    assert rows["mail.password"]["value"] == "********"
    assert rows["server.port"] == {"key": "server.port", "value": 81, "from": "VITRINE_SERVER_PORT"}
    assert rows["server.host"]["from"] == "default"


def test_people_are_added_listed_given_tokens_and_deactivated(vitrine: CommandLine) -> None:
    added = vitrine.json("user", "add", "Maya@X.test", "--name", "Maya", "--role", "author")
    assert added["email"] == "maya@x.test"
    assert "/welcome/" in added["link"]
    again = vitrine.run("user", "add", "maya@x.test", "--name", "Maya", "--role", "author", code=1)
    assert again.stderr.strip() == "vitrine: email: There is a person with the address maya@x.test already."
    token = vitrine.run("token", "add", "maya@x.test", "--name", "laptop", "--scope", "read,write").stdout.strip()
    assert token.startswith("vit_")
    wrong = vitrine.run("token", "add", "maya@x.test", "--name", "laptop", "--scope", "everything", code=1)
    assert "Choose from lookup, read, write, verify, admin" in wrong.stderr
    assert vitrine.json("user", "deactivate", "maya@x.test")["cards_moved"] == 0
    people = {row["email"]: row for row in vitrine.json("user", "list")}
    assert people["maya@x.test"]["active"] is False
    assert "no person" in vitrine.run("user", "deactivate", "nobody@x.test", code=1).stderr
    assert vitrine.run("user", "deactivate", "not an address", code=2)


def test_a_password_can_be_given_on_standard_input(vitrine: CommandLine) -> None:
    arguments = ("user", "add", "ann@x.test", "--name", "Ann", "--role", "rep", "--password-stdin")
    assert "easy to guess" in vitrine.run(*arguments, code=1, stdin="password1234\n").stderr
    assert "link" not in vitrine.json(*arguments, stdin="blue kettle mountain seven\n")


def test_markdown_is_imported_reported_and_checked(vitrine: CommandLine) -> None:
    folder = vitrine.folder / "pages"
    folder.mkdir()
    (folder / "refunds.md").write_text("# Refunds\n\nSee [plans](plans.md).\n")
    (folder / "plans.md").write_text("# Plans\n\nThree plans.\n")
    (folder / "empty.md").write_text("")
    dry = vitrine.json("import", "pages", "--collection", "handbook", "--publish", "--dry-run", code=1)
    assert (dry["created"], dry["failed"]) == (2, 1)
    real = vitrine.run("import", "pages", "--collection", "handbook", "--publish", code=1)
    assert "2 created, 0 updated, 0 unchanged, 1 failed" in real.stdout
    assert "empty.md: " in real.stderr
    again = vitrine.run("import", "pages", "--collection", "handbook", "--publish", code=1)
    assert "0 created, 0 updated, 2 unchanged, 1 failed" in again.stdout
    assert vitrine.json("index", "rebuild") == {"cards": 2}
    assert vitrine.json("index", "check") == {"cards": 2, "differences": []}
    assert vitrine.json("verify-log")["records"] == 0
    assert vitrine.json("verify-log", "--export", "log.jsonl") == vitrine.json("verify-log", "--file", "log.jsonl")
    (vitrine.folder / "log.jsonl").write_text("nonsense\n")
    assert vitrine.json("verify-log", "--file", "log.jsonl", code=1)["broken"] == 1
    report = vitrine.json("report")
    assert report["this_week"]["cards"] == 2
    assert vitrine.run("report", "--format", "csv").stdout.startswith("id,title,url")
    nowhere = vitrine.run("import", "nowhere", "--collection", "x", code=1)
    assert nowhere.stderr == "vitrine: path: There is no file or folder nowhere.\n"


def test_search_is_measured_by_the_golden_queries(vitrine: CommandLine) -> None:
    assert vitrine.json("search-quality") == {"queries": 0, "ndcg": None, "mrr": None, "golden_queries": []}
    assert "no golden queries" in vitrine.run("search-quality", "--fail-under", "0.5", code=1).stderr
    folder = vitrine.folder / "pages"
    folder.mkdir()
    for name in ("Refund window", "Refund form"):
        (folder / f"{name}.md").write_text(f"# {name}\n\nWords.\n")
    vitrine.run("import", "pages", "--collection", "handbook", "--publish")
    installation = open_installation(Settings.model_validate({"storage": {"data_dir": vitrine.folder / "data"}}), START)
    with installation.database.transaction() as session:
        card = session.scalars(select(Card).where(Card.title == "Refund window")).one()
        for words in ("refund window", "zebra"):
            add_golden_query(session, system_actor(session), words, card.id, 2, START)
    installation.close()
    found = vitrine.json("search-quality", "--fail-under", "0.5")
    assert (found["queries"], found["ndcg"], found["mrr"]) == (2, 0.5, 0.5)
    assert [row["rank"] for row in found["golden_queries"]] == [1, None]
    assert "nDCG@10 0.500" in vitrine.run("search-quality").stdout
    below = vitrine.run("search-quality", "--fail-under", "0.51", code=1).stderr
    assert "nDCG@10 is 0.500; at least 0.510 is demanded." in below
    assert vitrine.run("search-quality", "--fail-under", "2", code=2)


def test_a_week_that_does_not_exist_is_refused(vitrine: CommandLine) -> None:
    assert vitrine.run("report", "--collection", "nowhere", code=1).stderr == "vitrine: There is no such collection.\n"
    assert vitrine.run("report", "--week", "2026-W54", code=1).stderr.startswith("vitrine: week:")


def test_jobs_are_listed_and_run_by_hand_any_number_of_times(vitrine: CommandLine) -> None:
    names = [row["job"] for row in vitrine.json("jobs")]
    assert {"notice", "digest", "weekly-report", "send-mail", "check-index", "near-duplicates", "detect", "check-links",
            "check-sources", "housekeeping"} <= set(names)  # fmt: skip
    for name in names:
        first, second = (vitrine.json("run-job", name)["outcome"] for _ in range(2))
        assert first
        assert second
    rows = {row["job"]: row for row in vitrine.json("jobs")}
    assert all(row["last"] and row["failures"] == 0 for row in rows.values())


def test_a_port_that_is_taken_is_one_clear_line(vitrine: CommandLine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = vitrine.run("serve", "--port", port, code=1)
    assert result.stderr.startswith(f"vitrine: server.port: can't listen on 127.0.0.1:{port}")
    assert not (vitrine.folder / "data").exists()
