"""Reading JSON lines and CSV: every bad line is named by its number, the others are read."""

import json
from pathlib import Path

import pytest

from kb.errors import Invalid
from kb.importing.parsed import BadItem, ParsedCard, Source
from kb.importing.records import read_csv, read_jsonl


def jsonl(tmp_path: Path, *lines: object) -> Source:
    file = tmp_path / "cards.jsonl"
    file.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    return read_jsonl(file)


def csv(tmp_path: Path, content: bytes) -> Source:
    file = tmp_path / "cards.csv"
    file.write_bytes(content)
    return read_csv(file)


def only(source: Source) -> ParsedCard:
    (item,) = source.items
    assert isinstance(item, ParsedCard)
    return item


def bad(source: Source) -> dict[str, str]:
    return {item.where: item.reason for item in source.items if isinstance(item, BadItem)}


def test_a_line_carries_the_fields_of_the_api(tmp_path: Path) -> None:
    card = only(
        jsonl(
            tmp_path,
            {"id": 7, "external_id": "x/1", "title": "T", "body": "B", "tags": ["a"], "language": "fi",
             "audience": ["support"], "interval_days": 30, "owner": {"email": "axel@northwind.example"},
             "verifiers": [{"slug": "experts"}, "vera@northwind.example"], "collection": {"slug": "old-shelf"},
             "updated_at": "2025-01-02T03:04:05Z", "verified_at": "2025-02-01", "author": "somebody"},
        )
    )  # fmt: skip
    assert (card.external_id, card.title, card.body, card.language) == ("x/1", "T", "B", "fi")
    assert (card.tags, card.audience, card.interval_days) == (("a", "old-shelf"), ("support",), 30)
    assert (card.owner, card.verifiers) == ("axel@northwind.example", ("group:experts", "vera@northwind.example"))
    assert card.updated_at is not None
    assert card.updated_at.isoformat() == "2025-01-02T03:04:05+00:00"
    assert card.verified_at is not None
    assert card.verified_at.isoformat() == "2025-02-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{not json", "it is not JSON"),
        (b"[1]", "it is not a JSON object"),
        (b"\xff\xfe", "it is not UTF-8"),
        (b"[" * 100_000, "it is not JSON that can be read"),
        (b'{"id": ' + b"9" * 5000 + b"}", "it is not JSON that can be read"),
        ({"id": 1, "body": "B"}, "it has no title"),
        ({"id": 1, "title": " ", "body": "B"}, "it has no title"),
        ({"id": 1, "title": "T", "body": 5}, "it has no body"),
        ({"id": 1, "title": "T", "body": " \n"}, "it is empty"),
        ({"id": 1, "title": "T", "body": "a\x00b"}, "its body can't be used"),
        ({"id": 1, "title": "\ud800", "body": "B"}, "its title can't be used"),
        ({"id": 1, "title": "T", "body": "ä" * (128 * 1024 + 1)}, "its body can't be used"),
        ({"id": "x" * 301, "title": "T", "body": "B"}, "its external_id is 301 characters long"),
    ],
)
def test_a_bad_line_is_named_and_the_next_is_read(tmp_path: Path, line: object, reason: str) -> None:
    source = jsonl(tmp_path, {"id": 0, "title": "T", "body": "B"}, line, {"id": 2, "title": "T", "body": "B"})
    ((where, why),) = bad(source).items()
    assert where == "line 2"
    assert why.startswith(reason)
    assert len(source.items) == 3


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    source = jsonl(tmp_path, b" " * (9 * 2**20), {"id": 1, "title": "T", "body": "B"})
    assert bad(source) == {"line 1": "it is longer than 4 MB"}
    assert len(source.items) == 2


def test_each_unknown_field_is_said_once(tmp_path: Path) -> None:
    record = {"title": "T", "body": "B", "votes": 1}
    source = jsonl(tmp_path, {**record, "id": 1}, {**record, "id": 2, "colour": "red"})
    assert [notice.detail for notice in source.notices] == [
        "The field “votes” is none of a card and was left out.",
        "The field “colour” is none of a card and was left out.",
    ]


def test_items_without_an_id_are_known_by_their_title(tmp_path: Path) -> None:
    source = jsonl(tmp_path, {"title": "Refund: how?", "body": "B"})
    assert only(source).external_id == "title:refund-how"
    assert "1 items have no external_id" in source.notices[0].detail


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_with_any_usual_delimiter(tmp_path: Path, mark: str) -> None:
    rows = [["Title", "Body", "Tags", "External ID", "Votes"], ["T", '"Two\nlines"', '"a, b;c"', "7", ""]]
    source = csv(tmp_path, ("\ufeff" + "\r\n".join(mark.join(row) for row in rows)).encode())
    card = only(source)
    assert (card.title, card.body, card.tags, card.external_id) == ("T", "Two\nlines", ("a", "b", "c"), "7")
    assert source.notices == ()


def test_a_bad_row_is_named_and_the_next_is_read(tmp_path: Path) -> None:
    content = b"id,title,body\n1,T,B\n2,\xff,B\n\n3,T,B,more\n4,,B\n5,T," + b"x" * (1024 * 1024 + 1) + b"\n6,T,B\n"
    source = csv(tmp_path, content)
    assert {where: why[:24] for where, why in bad(source).items()} == {
        "line 3": "its title can't be used:", "line 5": "it has 4 cells, but ther", "line 6": "it has no title",
        "line 7": "it is not CSV: field lar",
    }  # fmt: skip
    assert [item.where for item in source.items if isinstance(item, ParsedCard)] == ["line 2", "line 8"]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"title;text\n"])
def test_a_table_without_title_and_body_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Invalid, match="title and body"):
        csv(tmp_path, content)
