"""Reading Markdown files: what becomes title, tags and text, and which files are bad."""

import os
from pathlib import Path

import pytest

from kb.importing.markdown_files import read_markdown, read_markdown_file
from kb.importing.parsed import BadItem, ParsedCard


def read(tmp_path: Path, text: str, name: str = "page.md") -> ParsedCard:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return read_markdown_file(tmp_path, file)


def bad(tmp_path: Path) -> dict[str, str]:
    return {item.where: item.reason for item in read_markdown(tmp_path).items if isinstance(item, BadItem)}


@pytest.mark.parametrize(
    ("text", "name", "title", "body"),
    [
        ("# Refunds\n\nText", "a.md", "Refunds", "Text"),
        ("Refunds\n=======\n\nText", "a.md", "Refunds", "Text"),
        ("Text", "how-to_refund.md", "How to refund", "Text"),
        ("Text", "pricing/index.md", "Pricing", "Text"),
        ("Text", "pricing/README.md", "Pricing", "Text"),
        ("---\ntitle: Given\n---\n# Other\n\nText", "a.md", "Given", "# Other\n\nText"),
        ("---\ntitle: Given\n---\n# Given\n\nText", "a.md", "Given", "Text"),
        ("## First\n\n# Later\n\nText", "a.md", "Later", "## First\n\n# Later\n\nText"),
        ("---\ntitle: 2024\n---\nText", "a.md", "2024", "Text"),
        ("\ufeff# Marked\r\n\r\nText", "a.md", "Marked", "Text"),
    ],
)
def test_the_title_comes_from_front_matter_heading_or_name(
    tmp_path: Path, text: str, name: str, title: str, body: str
) -> None:
    card = read(tmp_path, text, name)
    assert (card.title, card.body) == (title, body)


def test_front_matter_gives_the_fields_of_a_card_and_the_rest_stays_at_hand(tmp_path: Path) -> None:
    card = read(
        tmp_path,
        "---\ntags: [Hub 1, fees]\nowner: Ada@Northwind.example\nverifiers: [vera@northwind.example, group:deal-desk]\n"
        "interval_days: 60\nlanguage: de\naudience: [support]\nreplaced_by: other\nstory: due_soon\n---\nText",
        "content/Sales Team/page.md",
    )
    assert card.external_id == "content/Sales Team/page.md"
    assert card.tags == ("hub 1", "fees", "sales-team")
    assert (card.owner, card.verifiers) == ("ada@northwind.example", ("vera@northwind.example", "group:deal-desk"))
    assert (card.interval_days, card.language, card.audience) == (60, "de", ("support",))
    assert (card.replaced_by, dict(card.extra)) == ("other", {"story": "due_soon"})
    assert card.notices == ()


@pytest.mark.parametrize(
    "block",
    ["title: [", "a: &x 1\nb: *x", "{{ template }}", "date: 2024-99-99", "[" * 3000, "? [a]\n: b\n? {c: d}\n: e"],
)
def test_front_matter_that_cannot_be_read_stays_in_the_text_with_a_warning(tmp_path: Path, block: str) -> None:
    card = read(tmp_path, f"---\n{block}\n---\n# Title\n\nText")
    assert card.title == "Title"
    assert "front matter" in card.notices[0].detail


def test_a_sentence_between_two_rules_is_no_front_matter(tmp_path: Path) -> None:
    card = read(tmp_path, "---\nJust a sentence.\n---\nText")
    assert "Just a sentence." in card.body
    assert card.notices == ()


def test_what_is_too_long_or_odd_is_cut_and_named(tmp_path: Path) -> None:
    card = read(
        tmp_path,
        f"---\ntags: [{'x' * 80}, {', '.join(f't{n}' for n in range(30))}]\nowner: nobody\ninterval_days: 0\n"
        f"language: xx\nupdated_at: yesterday\n---\n# {'word ' * 60}\n\nText",
    )
    assert len(card.title) <= 200
    assert card.title.endswith("…")
    assert len(card.tags) == 20
    assert len(card.tags[0]) == 60
    assert (card.owner, card.interval_days, card.language, card.updated_at) == (None, None, None, None)
    assert [str(notice.kind) for notice in card.notices].count("field") == 4
    assert [str(notice.kind) for notice in card.notices].count("cut") == 3


def test_bad_files_are_named_with_their_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_text(" \n")
    (tmp_path / "title-only.md").write_text("# Title\n")
    (tmp_path / "latin.md").write_bytes("Grüße".encode("latin-1"))
    (tmp_path / "nul.md").write_bytes(b"a\x00b")
    (tmp_path / "large.md").write_bytes(b"x" * (256 * 1024 + 1))
    (tmp_path / "fits.md").write_bytes(b"x" * (256 * 1024))
    (tmp_path / "UPPER.MD").write_text("Text")
    (tmp_path / ".hidden.md").write_text("Text")
    (tmp_path / "note.txt").write_text("Text")
    assert bad(tmp_path) == {
        "empty.md": "it is empty",
        "title-only.md": "it is empty: there is no text below its title",
        "latin.md": "it is not UTF-8 (byte 2)",
        "nul.md": "it contains a NUL character; it is no text file",
        "large.md": "it is larger than 256 KB. Split it into several cards",
    }
    good = [item.where for item in read_markdown(tmp_path).items if isinstance(item, ParsedCard)]
    assert good == ["UPPER.MD", "fits.md"]


def test_links_out_of_the_folder_are_named_and_not_followed(tmp_path: Path) -> None:
    outside, root = tmp_path / "secret.md", tmp_path / "root"
    outside.write_text("Secret")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner.md").write_text("Secret")
    root.mkdir()
    (root / "page.md").write_text("Text")
    (root / "out.md").symlink_to(outside)
    (root / "in.md").symlink_to(root / "page.md")
    (root / "lost.md").symlink_to(root / "nowhere.md")
    (root / "loop.md").symlink_to(root / "loop.md")
    (root / "sub").symlink_to(tmp_path / "folder")
    os.mkfifo(root / "pipe.md")
    assert bad(root) == {
        "out.md": "it is a link to a file outside of the folder",
        "lost.md": "it is a link that leads nowhere",
        "loop.md": "it is a link that leads nowhere",
        "sub": "it is a link to another folder; links to folders are not followed",
        "pipe.md": "it is not a file",
    }
    assert [item.where for item in read_markdown(root).items if isinstance(item, ParsedCard)] == ["in.md", "page.md"]


def test_one_file_is_a_folder_of_one(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("Text")
    (tmp_path / "other.md").write_text("Text")
    assert [item.where for item in read_markdown(tmp_path / "page.md").items] == ["page.md"]
