"""The order of a queue is right over all that waits, however much that is, and every page counts all of it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import insert, select

from kb.cards.models import Card
from kb.use.models import CardUse
from tests.curator.cast import read
from tests.site import Site
from tests.world import World

MANY = 501


@pytest.fixture
def crowd(world: World) -> int:
    """A quiet card on which `MANY` others are modelled, all overdue, each of them shown once while it was stale. The
    busiest of all was never shown while stale: it has only just become overdue. Returns its id."""
    quiet = world.card("Quiet", verified=True, interval_days=30)
    world.later(days=9)
    busy = world.card("Busy", verified=True, interval_days=30)
    world.later(days=30, seconds=1)
    with world.transaction() as session:
        like = session.execute(select(Card.__table__).where(Card.id == quiet)).mappings().one()
        new = [{**like, "id": busy + number, "title": f"Crowd {number}"} for number in range(1, MANY + 1)]
        session.execute(insert(Card), new)
        use = [{"card_id": row["id"], "day": world.now.date(), "impressions": 1, "stale_impressions": 1} for row in new]
        session.execute(insert(CardUse), use)
    read(world, busy, shown=4000)
    return busy


def pages(site: Site, limit: int) -> Iterator[dict]:  # type: ignore[type-arg]
    """Every page of Vera's queue."""
    vera, cursor = site.api("vera", "read"), ""
    while cursor is not None:
        page = vera.get(f"/queue?limit={limit}&cursor={cursor}").get_json()
        yield page
        cursor = page["next_cursor"]


def test_the_most_worthwhile_of_more_than_500_comes_first_though_it_was_never_shown_while_stale(
    site: Site, crowd: int
) -> None:
    found = list(pages(site, 100))
    items = [item for page in found for item in page["items"]]
    assert items[0]["id"] == crowd
    assert items[0]["stale_impressions"] == 0
    assert [item["priority"] for item in items] == sorted((item["priority"] for item in items), reverse=True)
    assert len({item["id"] for item in items}) == len(items) == found[0]["total"] == MANY + 2
    assert found[0]["minutes"] == sum(item["minutes"] for item in items)


def test_the_page_shows_the_rows_around_the_open_card_and_counts_all(site: Site, crowd: int) -> None:
    vera = site.page("vera")
    first = vera.get("/verify").get_data(as_text=True)
    assert f"{MANY + 2} to check" in first
    assert f'action="/verify/{crowd}"' in first
    last = [item["id"] for page in pages(site, 100) for item in page["items"]][-1]
    page = vera.get(f"/verify?card={last}").get_data(as_text=True)
    assert f'action="/verify/{last}"' in page
    assert 50 <= page.count("/verify?scope=mine&amp;card=") <= 110
