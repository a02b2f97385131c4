"""How much time people have for checks: their own number, set by themselves and by admins."""

from typing import Any

from kb.people.budgets import budget_of
from tests.infra.cases import in_one_world
from tests.site import Site
from tests.world import World


def budget(world: World, name: str) -> int:
    with world.read() as session:
        return budget_of(world.person(session, name), 60)


def test_people_set_their_own_time_for_checks_and_no_check_moves(site: Site) -> None:
    vera = site.page("vera")
    assert "Empty: 60, as for everybody" in vera.get("/account").text
    assert vera.post("/account", {"name": "Vera", "minutes_per_week": "45"}).status_code == 303
    assert budget(site.world, "vera") == 45
    assert 'value="45"' in vera.get("/account").text
    vera.post("/account", {"name": "Vera", "minutes_per_week": ""})
    assert budget(site.world, "vera") == 60


def test_whoever_checks_nothing_has_no_time_for_it(site: Site) -> None:
    assert "Minutes a week" not in site.page("rita").get("/account").text
    site.page("rita").post("/account", {"name": "Rita", "minutes_per_week": "45"})
    assert budget(site.world, "rita") == 0


@in_one_world("minutes", ["-1", "2401", "soon", "1.5", "9" * 30])
def test_a_time_that_cannot_be_is_named_beside_its_field(site: Site, minutes: str) -> None:
    refused = site.page("vera").post("/account", {"name": "Vera", "minutes_per_week": minutes})
    assert refused.status_code == 422
    assert 'id="e-minutes_per_week"' in refused.text


def test_an_admin_sets_it_on_the_persons_page_and_over_the_api(site: Site) -> None:
    with site.world.read() as session:
        vera = site.world.person(session, "vera").id
    ada = site.page("ada")
    assert "Minutes a week for checks" in ada.get(f"/admin/people/{vera}").text
    fields = {"name": "Vera", "role": "author", "minutes_per_week": "30"}
    assert ada.post(f"/admin/people/{vera}", fields).status_code == 303
    assert budget(site.world, "vera") == 30
    api = site.api("ada", "admin")
    for change, minutes in (({"minutes_per_week": 0}, 0), ({"name": "Vera V"}, 0), ({"minutes_per_week": None}, None)):
        answer: Any = api.call("PATCH", f"/people/{vera}", change).json
        assert answer["minutes_per_week"] == minutes
    assert api.call("PATCH", f"/people/{vera}", {"minutes_per_week": 5000}).status_code == 422
    assert site.api("vera", "admin").call("PATCH", f"/people/{vera}", {"minutes_per_week": 5}).status_code == 403
