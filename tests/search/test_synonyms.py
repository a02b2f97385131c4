"""Synonyms: curators keep them, and two people's searches suggest them."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from kb.people.models import AuditEntry, Role
from search.asking import completed
from search.synonyms.expansions import ALTERNATIVES_LIMIT, Group, Thesaurus, expansions
from search.synonyms.models import Synonym
from search.synonyms.suggestions import difference
from tests.kb.together import Meet, at_once
from tests.site import Site

HERE = "/admin/synonyms"


def api(site: Site, name: str, *scopes: str) -> Any:
    return site.api(name, *(scopes or ("read", "admin")))


def groups(site: Site) -> list[list[str]]:
    with site.world.read() as session:
        return [group.words for group in session.scalars(select(Synonym).order_by(Synonym.id))]


def look_up(site: Site, name: str, words: str, opened: int | None = None) -> None:
    """Somebody searches, and opens a card or not."""
    asked = api(site, name).get("/lookup", query_string={"q": words}).json["query_id"]
    if opened is not None:
        body = {"kind": "view", "card_id": opened, "query_id": asked}
        assert api(site, name).call("POST", "/events", body).status_code == 204
    site.runtime.services.recorder.flush()


def suggested(site: Site, name: str = "cora") -> list[tuple[str, str]]:
    page = site.page(name).get(HERE).text
    return re.findall(r'name="asked" value="([^"]*)"><input type="hidden" name="meant" value="([^"]*)"', page)


def test_only_curators_and_admins_keep_synonyms(site: Site) -> None:
    made = api(site, "ada").call("POST", "/synonyms", {"words": ["a1", "b1"]}).json
    change = {"words": ["a1", "c1"], "version": 1}
    for name in ("rita", "axel", "vera"):
        person, program = site.page(name), api(site, name)
        assert person.get(HERE).status_code == 403
        assert person.post(HERE, {"words": "x1\ny1"}).status_code == 403
        assert person.post(f"{HERE}/{made['id']}", {"words": "x1\ny1", "version": 1}).status_code == 403
        assert person.post(f"{HERE}/{made['id']}/delete").status_code == 403
        assert person.post(f"{HERE}/dismissals", {"asked": "a", "meant": "b"}).status_code == 403
        for method, path, body in (
            ("GET", "/synonyms", None), ("POST", "/synonyms", {"words": ["x1", "y1"]}),
            ("PUT", f"/synonyms/{made['id']}", change), ("DELETE", f"/synonyms/{made['id']}", None),
        ):  # fmt: skip
            assert program.call(method, path, body).status_code == 403
    assert groups(site) == [["a1", "b1"]]
    assert api(site, "cora", "read").call("POST", "/synonyms", {"words": ["x1", "y1"]}).status_code == 403


def test_the_page_adds_changes_and_deletes_without_javascript(site: Site) -> None:
    cora = site.page("cora")
    assert cora.post(HERE, {"words": "WFH\r\n working  from home \r\n\r\nwfh"}).status_code == 303
    assert groups(site) == [["WFH", "working from home"]]
    page = cora.get(HERE).text
    assert "WFH, working from home" in page
    assert "1 group" in page
    group = re.findall(rf'action="{HERE}/(\d+)"', page)[0]
    assert cora.post(f"{HERE}/{group}", {"words": "WFH\nremote", "is_one_way": "1", "version": "1"}).status_code == 303
    assert groups(site) == [["WFH", "remote"]]
    assert "WFH → remote" in cora.get(f"{HERE}?q=REMOTE").text
    assert "WFH → remote" not in cora.get(f"{HERE}?q=zebra").text
    assert cora.post(f"{HERE}/{group}/delete").status_code == 303
    assert groups(site) == []
    assert cora.post(f"{HERE}/{group}/delete").status_code == 404
    with site.world.read() as session:
        entries = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "synonym"))
        assert list(entries) == ["created", "changed", "deleted"]


def test_what_cannot_be_a_group_is_refused_with_the_remedy(site: Site) -> None:
    cora, program = site.page("cora"), api(site, "cora")
    bad = {
        "": "at least two", "wfh": "at least two", "WFH\nwfh\nWfh": "at least two", "wfh\n!!!": "no letter",
        "wfh\n" + "x" * 61: "60 characters", "wfh\na b c d e f g": "6 words", "a\x00b\nc": "NUL",
        "\n".join(f"w{n}" for n in range(13)): "12 words", "\n".join(f"w{n}" for n in range(5000)): "too long",
    }  # fmt: skip
    for typed, remedy in bad.items():
        answer = cora.post(HERE, {"words": typed})
        assert (typed[:20], answer.status_code) == (typed[:20], 422)
        assert remedy in answer.text
    bodies: tuple[dict[str, Any], ...] = (
        {}, {"words": []}, {"words": ["a"]}, {"words": ["a", "b"] * 2500}, {"words": ["a", "\x00"]},
        {"words": ["a", "A"]}, {"words": "ab"}, {"words": ["a", 1]}, {"words": ["a", ""]},
        {"words": ["a", "b"], "one_way": "yes"}, {"words": ["a", "b"], "more": 1},
    )  # fmt: skip
    for body in bodies:
        assert program.call("POST", "/synonyms", body).status_code == 422
    assert groups(site) == []


def test_the_same_group_is_not_made_twice(site: Site) -> None:
    program = api(site, "cora")
    for words, one_way, status in (
        (["Café", "bar"], False, 201), (["BAR", "cafe"], False, 422), (["bar", "cafe"], True, 201),
        (["cafe", "bar"], True, 201), (["bar", "café"], True, 422),
    ):  # fmt: skip
        assert program.call("POST", "/synonyms", {"words": words, "one_way": one_way}).status_code == status


def test_there_is_a_limit_to_groups(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.synonyms.commands.GROUPS_LIMIT", 2)
    answers = [api(site, "cora").call("POST", "/synonyms", {"words": ["a", f"b{n}"]}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert "Delete some" in answers[2].json["detail"]
    assert "Delete some" in site.page("cora").post(HERE, {"words": "a\nz"}).text


def test_two_curators_at_once_do_not_undo_each_other(site: Site) -> None:
    made = api(site, "cora").call("POST", "/synonyms", {"words": ["a", "b"]}).json
    path = f"/synonyms/{made['id']}"
    first = api(site, "ada").call("PUT", path, {"words": ["a", "b", "c"], "version": 1})
    assert (first.status_code, first.json["version"]) == (200, 2)
    late = api(site, "cora").call("PUT", path, {"words": ["a", "d"], "version": 1})
    assert (late.status_code, "a, b, c" in late.json["detail"]) == (409, True)
    assert api(site, "cora").call("PUT", path, {"words": ["a", "b", "c"], "version": 1}).status_code == 200
    page = site.page("cora").post(f"{HERE}/{made['id']}", {"words": "a\nd", "version": "1"})
    assert (page.status_code, "a, b, c" in page.text, "\na\nd</textarea>" in page.text) == (409, True, True)
    assert groups(site) == [["a", "b", "c"]]


def test_a_group_made_twice_at_the_same_moment_is_made_once(site: Site) -> None:
    programs = [api(site, name) for name in ("ada", "cora", "ada")]
    statuses: list[int] = []

    def work(program: Any) -> Any:
        def run(meet: Meet) -> None:
            meet()
            statuses.append(program.client.post(
                "/api/v1/synonyms", json={"words": ["a", "b"]}, headers=program.headers
            ).status_code)  # fmt: skip

        return run

    at_once(*map(work, programs))
    assert sorted(statuses) == [201, 422, 422]


def test_missing_groups_are_missing(site: Site) -> None:
    for number in ("0", "7", "99999999999999999999"):
        body = {"words": ["a", "b"], "version": 1}
        assert api(site, "cora").call("PUT", f"/synonyms/{number}", body).status_code == 404
        assert api(site, "cora").call("DELETE", f"/synonyms/{number}").status_code == 404
        assert site.page("cora").post(f"{HERE}/{number}", {"words": "a\nb", "version": "1"}).status_code == 404


def test_two_people_who_went_the_same_way_suggest_a_pair(site: Site) -> None:
    card = site.world.card("Working from home rules")
    site.index()
    for name in ("rita", "rita", "stan"):
        assert suggested(site) == []
        look_up(site, name, "wfh rules")
        site.world.later(seconds=60)
        look_up(site, name, "working from home rules", card)
        site.world.later(seconds=600)
    assert suggested(site) == [("wfh", "working from home")]
    page = site.page("cora").get(HERE).text
    assert "2 people" in page
    assert f'href="/cards/{card}/working-from-home-rules"' in page
    assert site.page("cora").post(HERE, {"words": "wfh\nworking from home"}).status_code == 303
    assert suggested(site) == []
    assert groups(site) == [["wfh", "working from home"]]


def test_a_dismissed_pair_does_not_come_back(site: Site) -> None:
    card = site.world.card("Working from home")
    site.index()
    for name in ("rita", "stan"):
        look_up(site, name, "WFH")
        look_up_later(site, name, "working from home", card)
    assert suggested(site) == [("wfh", "working from home")]
    for _ in range(2):
        fields = {"asked": "Wfh", "meant": "working  from home"}
        assert site.page("cora").post(f"{HERE}/dismissals", fields).status_code == 303
    look_up(site, "vera", "wfh")
    look_up_later(site, "vera", "working from home", card)
    assert suggested(site) == []


def test_too_late_too_similar_or_not_opened_suggests_nothing(site: Site) -> None:
    card = site.world.card("Refund window")
    site.index()
    for name in ("rita", "stan"):
        look_up(site, name, "kaching")
        look_up_later(site, name, "refund", card, seconds=301)
        for failed, then in (
            ("refnd", "refund"), ("refunds window", "refund window"), ("window refund", "refund window"),
            ("refund window finland", "refund window"), ("tag:x", "refund"),
        ):  # fmt: skip
            site.world.later(seconds=3600)
            look_up(site, name, failed)
            look_up_later(site, name, then, card)
        site.world.later(seconds=3600)
        look_up(site, name, "lolly")
        look_up_later(site, name, "window", None)
    assert suggested(site) == []


def test_a_suggestion_shows_no_curator_what_they_may_not_open(site: Site) -> None:
    secret = site.world.card("Quorzel discount", collection="deals")
    site.index()
    for name in ("rita", "vera"):
        look_up(site, name, "rebate")
        look_up_later(site, name, "quorzel", secret)
    with site.world.transaction() as session:
        site.world.person(session, "stan").role = Role.CURATOR
    assert suggested(site, "stan") == []
    assert "uorzel" not in site.page("stan").get(HERE).text
    assert suggested(site, "ada") == [("rebate", "quorzel")]


def look_up_later(site: Site, name: str, words: str, opened: int | None, *, seconds: int = 60) -> None:
    site.world.later(seconds=seconds)
    look_up(site, name, words, opened)


def test_expansions_are_the_same_each_time_and_bounded() -> None:
    many = [Group(("home office", *(f"w{n}x{m}" for m in range(11)))) for n in range(50)]
    thesaurus = Thesaurus.of([Group(("WFH", "working from home", "Homeoffice")), *many])
    found = expansions(("work", "from", "home", "office"), thesaurus)
    assert found[0] == ("work from home", ("WFH", "Homeoffice"))
    assert found[1][0] == "home office"
    assert len(found[1][1]) == ALTERNATIVES_LIMIT
    assert found == expansions(("work", "from", "home", "office"), thesaurus)
    assert expansions((), thesaurus) == expansions(("office", "home"), thesaurus) == ()
    assert expansions(("wfh",) * 12, thesaurus) == (("wfh", ("working from home", "Homeoffice")),)


@pytest.mark.parametrize(
    ("asked", "meant", "pair"),
    [
        ("wfh policy", "home office policy", ("wfh", "home office")),
        ("how to pto", "how to holiday", ("pto", "holiday")),
        ("счет", "invoice", ("счет", "invoice")),
        ("refund", "refund", None),
        ("the", "invoice", None),
        ('"pto"', "holiday", None),
        ("", "holiday", None),
        ("a b c d e f g", "holiday", None),
    ],
)  # fmt: skip
def test_a_pair_is_what_differs(asked: str, meant: str, pair: tuple[str, str] | None) -> None:
    assert difference(asked, meant) == pair


def test_a_word_that_was_still_being_typed_is_completed_from_the_title_that_was_opened() -> None:
    assert completed("working fr", "Working from Home") == "working from"
    assert completed("bew", "Über die Bewirtung") == "bewirtung"
    assert completed("work", "Work or working") == "work"
    assert completed("zebra", "Working from home") == "zebra"
    assert completed("§", "Working") == "§"
