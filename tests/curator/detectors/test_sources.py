"""Watched sources: an address or a file of an allowed folder; a change is a finding with a diff until it is checked."""

from pathlib import Path
from typing import Any

import pytest

from curator import jobs
from curator.detectors.source_diff import source_diff
from curator.detectors.source_text import text_of
from kb.trust.shown import short_address
from tests.curator.cast import context
from tests.curator.detectors.rounds import detect, flags, found
from tests.infra.answering import AnsweringServer, Reply
from tests.site import Site
from tests.world import World

PAGE = (
    "<html><head><title>T</title><script>x={}</script></head><body><h1>Prices</h1><p>Pro costs <b>€49</b>.</p>{}</body>"
)


def page(price: str, more: str = "") -> Reply:
    body = PAGE.replace("€49", price).replace("{}", more)
    return Reply(body=body.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def read(world: World, *, days: float = 1) -> None:
    world.later(days=days, seconds=60)
    jobs.check_sources(context(world))
    detect(world)


def watch(site: Site, card: int, place: str, name: str = "cora") -> Any:
    return site.api(name, "read", "verify").call("POST", f"/cards/{card}/sources", {"place": place})


def diff(world: World, card: int) -> list[tuple[str, str]]:
    with world.read() as session:
        return [
            (line.kind, "".join(words for words, _ in line.pieces))
            for source in source_diff(session, card)
            for line in source.lines
            if line.kind != "same"
        ]


def test_a_page_that_says_something_else_is_a_finding_with_a_diff(site: Site, server: AnsweringServer) -> None:
    world = site.world
    server.replies["/prices"] = page("€49")
    card = world.card(verified=True)
    assert watch(site, card, f"{server.url}/prices").status_code == 201
    read(world, days=0)
    server.replies["/prices"] = page("€49", "<script>nonce=7</script>")
    read(world)
    assert found(world, card) == {}
    server.replies["/prices"] = page("€59")
    read(world)
    assert found(world, card) == {"source_changed": [short_address(f"{server.url}/prices")]}
    assert flags(world, card) == [("source_changed", "It says something else since 18 Nov 2026.")]
    assert diff(world, card) == [("removed", "Pro costs €49."), ("added", "Pro costs €59.")]


def test_a_check_accepts_what_the_source_says_and_the_next_change_counts_from_there(
    site: Site, server: AnsweringServer
) -> None:
    world = site.world
    server.replies["/prices"] = page("€49")
    card = world.card(verified=True)
    watch(site, card, f"{server.url}/prices")
    read(world, days=0)
    server.replies["/prices"] = page("€59")
    read(world)
    world.later(seconds=60)
    world.verify(card)
    assert (found(world, card), diff(world, card)) == ({}, [])
    read(world)
    assert found(world, card) == {}
    server.replies["/prices"] = page("€69")
    read(world)
    assert diff(world, card) == [("removed", "Pro costs €59."), ("added", "Pro costs €69.")]


def test_a_source_that_is_changed_back_is_no_finding_any_more(site: Site, server: AnsweringServer) -> None:
    world = site.world
    card = world.card(verified=True)
    watch(site, card, f"{server.url}/prices")
    for price in ("€49", "€59", "€49"):
        server.replies["/prices"] = page(price)
        read(world)
    assert (found(world, card), flags(world, card), diff(world, card)) == ({}, [], [])


def test_a_dismissed_change_is_silent_until_the_next(site: Site, server: AnsweringServer) -> None:
    world = site.world
    card = world.card(verified=True)
    watch(site, card, f"{server.url}/prices")
    for price in ("€49", "€59"):
        server.replies["/prices"] = page(price)
        read(world)
    vera: Any = site.api("vera", "read", "verify")
    number = vera.get(f"/cards/{card}/findings").json["items"][0]["id"]
    assert vera.call("POST", f"/findings/{number}/dismissal", {"reason": "Another plan"}).status_code == 200
    read(world)
    assert found(world, card) == {}
    server.replies["/prices"] = page("€69")
    read(world)
    assert found(world, card) == {"source_changed": [short_address(f"{server.url}/prices")]}


def test_a_file_of_an_allowed_folder_is_watched(site: Site, folder: Path) -> None:
    world, file = site.world, folder / "policy.md"
    file.write_text("Refund within 30 days.\n")
    card = world.card(verified=True)
    assert watch(site, card, str(file)).status_code == 201
    read(world, days=0)
    file.write_text("Refund within 14 days.\n")
    read(world)
    assert diff(world, card) == [("removed", "Refund within 30 days."), ("added", "Refund within 14 days.")]


def test_no_other_file_is_read_whatever_leads_to_it(site: Site, folder: Path, tmp_path: Path) -> None:
    card = site.world.card(verified=True)
    secret = tmp_path / "secret"
    secret.write_text("key")
    (folder / "way out").symlink_to(secret)
    for place in ("/etc/passwd", str(secret), f"{folder}/../secret", str(folder / "way out"), "policy.md", "file:///etc",
                  "ftp://x/y", f"{folder}x/a", "http://user:pw@a.example/", "http:///x"):  # fmt: skip
        answer = watch(site, card, place)
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "place"), place


def test_a_file_that_becomes_a_way_out_is_not_read(site: Site, folder: Path, tmp_path: Path) -> None:
    world, file = site.world, folder / "policy.md"
    secret = tmp_path / "secret"
    secret.write_text("key")
    file.write_text("Refund within 30 days.\n")
    card = world.card(verified=True)
    watch(site, card, str(file))
    read(world, days=0)
    file.unlink()
    file.symlink_to(secret)
    read(world)
    assert found(world, card) == {}
    answer: Any = site.api("vera", "read").get(f"/cards/{card}/sources")
    assert "may be watched" in answer.json["items"][0]["trouble"]


def test_a_source_that_does_not_answer_is_trouble_and_no_finding(site: Site, server: AnsweringServer) -> None:
    world = site.world
    card = world.card(verified=True)
    watch(site, card, f"{server.url}/missing")
    read(world, days=0)
    answer: Any = site.api("vera", "read").get(f"/cards/{card}/sources")
    [source] = answer.json["items"]
    assert (source["trouble"], found(world, card)) == ("It answers 404.", {})


def test_only_whoever_keeps_the_card_says_what_is_watched(site: Site, server: AnsweringServer) -> None:
    card = site.world.card(verified=True)
    secret = site.world.card(verified=True, collection="deals")
    place = f"{server.url}/prices"
    assert [watch(site, card, place, name).status_code for name in ("rita", "vera", "axel")] == [403, 403, 201]
    assert watch(site, card, place).status_code == 409
    number = watch(site, secret, place).json["id"]
    stan, cora = site.api("stan", "read", "verify"), site.api("cora", "read", "verify")
    assert [stan.call("DELETE", f"/sources/{n}").status_code for n in (number, 9999)] == [404, 404]
    assert [cora.call("DELETE", f"/sources/{n}").status_code for n in (number, number)] == [204, 404]


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        (b"<p>One<br>two</p><p>three <i>four</i></p>", "text/html", "One\ntwo\nthree four"),
        (b"<style>a{}</style><nav>Menu</nav>One\n two &amp; three", "text/html", "One two & three"),
        ("<p>Größe</p>".encode("latin-1"), "text/html; charset=latin-1", "Größe"),
        ("Größe".encode("latin-1"), "text/plain; charset=no-such", "Gr\ufffd\ufffde"),
        (b"a\r\n\r\n  b  c\n", "text/plain", "a\nb c"),
        (b'{"a": 1}', "application/json", '{"a": 1}'),
        (b"\x89PNG\0", "image/png", None),
        (b"a\0b", "text/plain", None),
        (b"<div><script>never closed", "text/html", ""),
        (b"<" * 50_000, "text/html", None),
    ],
)
def test_the_text_of_a_source_is_what_a_reader_sees(content: bytes, kind: str, text: str | None) -> None:
    if content.startswith(b"<<"):
        assert len(text_of(content, kind) or "") <= 100_000
    else:
        assert text_of(content, kind) == text
