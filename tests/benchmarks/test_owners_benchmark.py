"""The benchmark of suggested owners asks the product before a card is written, and counts right."""

from typing import Any

from benchmarks.owners import measure


def row(number: int, author: str, collection: str, title: str) -> dict[str, Any]:
    """A card of the set."""
    return {
        "id": str(number), "title": title, "body": f"Words about {title.lower()}.", "collection": collection,
        "updated_at": f"2026-01-{number:02d}T09:00:00Z", "author": author,
    }  # fmt: skip


def test_whoever_writes_on_a_shelf_is_found_and_a_newcomer_is_not() -> None:
    rows = [row(n, "ann", "billing", f"Refund {n}") for n in range(1, 5)]
    rows += [row(5, "ben", "deals", "Discount"), row(6, "ann", "billing", "Refund 6"), row(7, "new", "deals", "Floor")]
    figures = measure(rows, {}, every=1, warm_up=5)["new"]
    assert figures["cases"] == 2
    assert figures["methods"]["blend"] == {"acc@1": 0.5, "acc@3": 0.5}
    assert figures["methods"]["shelf"] == {"acc@1": 0.5, "acc@3": 0.5}


def test_versions_of_one_page_are_edits_of_one_card() -> None:
    rows = [row(n, "ann", "billing", f"Refund {n}") for n in range(1, 4)]
    rows += [
        row(4, "ben", "billing", "Discount"),
        row(5, "cid", "billing", "Discounts"),
        row(6, "cid", "billing", "Discounts now"),
    ]
    figures = measure(rows, {"4": "page", "5": "page", "6": "page"}, every=100, warm_up=1)
    (half,) = figures["edited"]
    assert (half["cases"], figures["new"]) == (2, None)
    assert half["methods"]["last"]["acc@1"] == 0.5
    assert half["methods"]["creator"]["acc@1"] == 0.0
    assert half["methods"]["blend"]["acc@3"] == 0.5
