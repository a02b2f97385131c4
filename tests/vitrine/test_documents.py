"""What the documents say is what the code does."""

from pathlib import Path

from kb.cards.permissions import Right
from kb.people.tokens import SCOPES
from vitrine.cli import main
from vitrine.jobs import JOBS

ROOT = Path(__file__).parents[2]


def test_every_right_and_every_scope_is_documented() -> None:
    text = (ROOT / "docs/permissions.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    assert [right.value for right in Right if right.value not in rows] == []
    assert [scope for scope in SCOPES if f"`{scope}`" not in text] == []


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in main.commands if f"vitrine {name}" not in text] == []


def test_every_decision_stands_in_a_numbered_page_with_what_was_refused() -> None:
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        assert "gainst" in page.read_text(encoding="utf-8") or "Cost:" in page.read_text(encoding="utf-8"), page.name


def test_every_job_says_what_it_does() -> None:
    assert all(job.does and job.every_seconds > 0 for job in JOBS)
