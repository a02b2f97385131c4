"""Links to elsewhere: tried once a day, one for each host, dead only after different days, never a private address."""

from http.server import BaseHTTPRequestHandler

import pytest
from sqlalchemy import select

from curator import jobs
from curator.detectors.link_checks import Tried, judge
from curator.detectors.models import ExternalLink
from kb.outbound.client import Answer
from tests.curator.cast import context
from tests.curator.detectors.rounds import detect, edit, flags, found
from tests.infra.answering import AnsweringServer, Reply
from tests.world import World


def try_links(world: World) -> str:
    return jobs.check_links(context(world))


def a_day(world: World, days: int = 1) -> None:
    """So many days on which the jobs run."""
    for _ in range(days):
        world.later(days=1, seconds=60)
        try_links(world)
        detect(world)


def linking(world: World, *urls: str, words: str = "the price list") -> int:
    card = world.card(body=" ".join(f"See [{words}]({url})." for url in urls), verified=True)
    detect(world)
    world.later(seconds=3600)
    try_links(world)
    return card


def test_a_page_that_is_gone_is_found_on_the_second_day_and_flags_the_card(
    world: World, server: AnsweringServer
) -> None:
    card = linking(world, f"{server.url}/prices#pro")
    assert (server.paths("HEAD"), server.paths("GET")) == (["/prices"], ["/prices"])
    assert found(world, card) == {}
    a_day(world)
    assert found(world, card) == {"dead_link": ["the price list"]}
    [(kind, detail)] = flags(world, card)
    assert (kind, "answers 404" in detail, "the price list" in detail) == ("dead_link", True, True)


def test_nothing_is_tried_twice_on_a_day(world: World, server: AnsweringServer) -> None:
    server.replies["/prices"] = Reply()
    linking(world, f"{server.url}/prices")
    for _ in range(3):
        world.later(seconds=60)
        assert try_links(world) == "0 links tried"
    assert server.paths() == ["/prices"]


def test_what_works_is_tried_again_after_a_week_and_only_its_head_is_asked_for(
    world: World, server: AnsweringServer
) -> None:
    server.replies["/prices"] = Reply()
    card = linking(world, f"{server.url}/prices")
    a_day(world, 6)
    assert server.paths() == ["/prices"]
    a_day(world, 2)
    assert (server.paths("HEAD"), server.paths("GET")) == (["/prices"] * 2, [])
    assert found(world, card) == {}


def test_a_link_that_works_again_closes_the_flag(world: World, server: AnsweringServer) -> None:
    card = linking(world, f"{server.url}/prices")
    a_day(world)
    server.replies["/prices"] = Reply()
    a_day(world)
    assert (found(world, card), flags(world, card), world.trust(card).is_good) == ({}, [], True)


def test_a_link_that_is_taken_out_is_forgotten(world: World, server: AnsweringServer) -> None:
    card = linking(world, f"{server.url}/prices")
    a_day(world)
    edit(world, card, "No link any more.", is_minor=True)
    assert (found(world, card), flags(world, card)) == ({}, [])
    try_links(world)
    with world.read() as session:
        assert session.scalars(select(ExternalLink)).all() == []


def test_a_server_that_fails_is_given_four_days(world: World, server: AnsweringServer) -> None:
    server.replies["/prices"] = Reply(503, b"down")
    card = linking(world, f"{server.url}/prices")
    a_day(world, 2)
    assert found(world, card) == {}
    a_day(world)
    assert found(world, card) == {"dead_link": ["the price list"]}


def test_one_bad_day_in_between_starts_the_count_anew(world: World, server: AnsweringServer) -> None:
    card = linking(world, f"{server.url}/prices")
    server.replies["/prices"] = Reply()
    a_day(world)
    del server.replies["/prices"]
    a_day(world, 7)
    assert found(world, card) == {}
    a_day(world)
    assert found(world, card) == {"dead_link": ["the price list"]}


def test_a_page_that_moved_for_good_is_a_hint_and_no_flag(world: World, server: AnsweringServer) -> None:
    server.replies["/prices"] = Reply(301, b"", {"Location": "/plans"})
    server.replies["/plans"] = Reply()
    card = linking(world, f"{server.url}/prices")
    assert found(world, card) == {}
    a_day(world)
    assert found(world, card) == {"moved_link": ["the price list"]}
    assert world.trust(card).is_good


def test_links_to_one_host_wait_for_each_other(world: World, server: AnsweringServer) -> None:
    linking(world, *(f"{server.url}/{number}" for number in range(3)))
    assert len(server.paths("HEAD")) == 1
    world.later(seconds=60)
    assert try_links(world) == "1 link tried"
    world.later(seconds=60)
    try_links(world)
    assert sorted(server.paths("HEAD")) == ["/0", "/1", "/2"]


def test_a_private_address_is_never_asked_and_says_nothing_about_the_card(
    world: World, server: AnsweringServer
) -> None:
    card = linking(world, "http://10.0.0.1/prices", "http://169.254.169.254/latest")
    a_day(world, 9)
    assert (found(world, card), server.asked) == ({}, [])
    with world.read() as session:
        assert {link.outcome for link in session.scalars(select(ExternalLink))} == {"unknown"}


def test_a_link_that_redirects_into_the_private_network_is_not_followed(world: World, server: AnsweringServer) -> None:
    server.replies["/prices"] = Reply(302, b"", {"Location": "http://10.0.0.1/"})
    card = linking(world, f"{server.url}/prices")
    a_day(world, 9)
    assert found(world, card) == {}


def test_a_claimed_link_is_not_tried_by_a_second_process(world: World, server: AnsweringServer) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        try_links(world)
        handler.send_error(404)

    server.replies["/prices"] = answer
    linking(world, f"{server.url}/prices")
    assert server.paths("HEAD") == ["/prices"]


@pytest.mark.parametrize(
    ("status", "final", "for_good", "outcome"),
    [
        (200, "https://a.example/x", False, "ok"),
        (204, "https://a.example/x", False, "ok"),
        (401, "https://a.example/x", False, "ok"),
        (403, "https://a.example/x", False, "ok"),
        (429, "https://a.example/x", False, "ok"),
        (400, "https://a.example/x", False, "unknown"),
        (404, "https://a.example/x", False, "gone"),
        (410, "https://a.example/x", False, "gone"),
        (404, "https://a.example/y", True, "gone"),
        (500, "https://a.example/x", False, "silent"),
        (200, "https://a.example/y", True, "moved"),
        (200, "https://a.example/y", False, "ok"),
        (200, "https://www.a.example/x/", True, "ok"),
        (200, "https://b.example/x", True, "moved"),
        (403, "https://a.example/y", True, "ok"),
    ],
)
def test_what_an_answer_says(status: int, final: str, for_good: bool, outcome: str) -> None:
    hops = 1 if for_good else 0
    tried: Tried = judge("http://a.example/x", Answer(status, {}, b"", False, final, hops, for_good))
    assert tried.outcome == outcome
