"""Importing a folder: once, again, changed, edited here meanwhile, broken in the middle, and for trial only."""

import io
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select

from kb.cards import commands
from kb.cards.commands import Edit
from kb.cards.models import Attachment, Card, Collection, IndexOutbox, Replacement, Revision
from kb.errors import Invalid, Unavailable
from kb.importing import run, saving
from kb.importing.known import reserve_card_ids
from kb.importing.request import Format
from kb.people.models import AuditEntry
from kb.text.renderer import Rendered, Renderer, RenderRefused
from kb.trust.models import Verification
from tests.infra.cases import in_one_world
from tests.kb.importing.conftest import Importing, outcomes, reasons
from tests.world import World, email


def count(world: World, table: type[object]) -> int:
    with world.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


class Picky:
    """Refuses what says it is impossible."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def render(self, source: str) -> Rendered:
        if source == "Impossible":
            raise RenderRefused("crash", "it breaks the Markdown parser")
        return self._renderer.render(source)


def everything(world: World) -> dict[str, int]:
    tables = (Card, Revision, Verification, Attachment, Collection, AuditEntry, IndexOutbox)
    return {table.__name__: count(world, table) for table in tables}


def test_a_folder_becomes_cards(importing: Importing) -> None:
    importing.write(refunds="# Refunds\n\nFull refund within 30 days of the purchase.", sales__pricing="Ask the desk.")
    report = importing(owner=email("axel"))
    assert outcomes(report) == {"refunds.md": "created", "sales/pricing.md": "created"}
    card = importing.card(report, "refunds.md")
    assert (card.title, card.external_id, card.language) == ("Refunds", "refunds.md", "en")
    assert (card.status, card.version, card.verified_at) == ("published", 1, None)
    assert card.assignee_id is not None
    assert importing.card(report, "sales/pricing.md").tags == ["sales"]


def test_importing_again_changes_nothing(importing: Importing, world: World) -> None:
    importing.write(a="# A\n\n[b](b.md#two)", b="# B\n\n## Two\n\nText")
    importing()
    before = everything(world)
    world.later(days=1)
    assert set(outcomes(importing()).values()) == {"unchanged"}
    assert everything(world) == before


def test_a_trial_writes_nothing_and_tells_the_same(importing: Importing, world: World) -> None:
    importing.write(a="# A\n\n[b](b.md) [c](gone.md)", b="Text", c="")
    before = everything(world)
    trial = importing(collection="new shelf", dry_run=True)
    assert everything(world) == before
    real = importing(collection="new shelf")
    assert outcomes(trial) == outcomes(real) == {"a.md": "created", "b.md": "created", "c.md": "failed"}
    assert trial.warnings == real.warnings
    importing.write(a="# A\n\nChanged")
    assert outcomes(importing(collection="new shelf", dry_run=True)) == outcomes(importing(collection="new shelf"))


def test_links_in_circles_lead_to_the_right_cards(importing: Importing) -> None:
    importing.write(
        a="# A\n\n[b](sub/b.md#deep-down) ![x](gone.png) [c](sub) [own](#part) [lost](/nowhere)\n\n"
        "## Part\n\n`[b](sub/b.md)`",
        sub__b="# B\n\n[a](../a.md#part)\n\n## Deep down\n\nText",
        sub__index="# C\n\n[a][1]\n\n[1]: ../a",
    )  # fmt: skip
    report = importing()
    a, b, c = (importing.card(report, name) for name in ("a.md", "sub/b.md", "sub/index.md"))
    assert f'href="/cards/{b.id}#h-deep-down"' in a.html
    assert 'id="h-deep-down"' in b.html
    assert f'href="/cards/{c.id}"' in a.html
    assert 'href="#h-part"' in a.html
    assert f'href="/cards/{a.id}#h-part"' in b.html
    assert f'href="/cards/{a.id}"' in c.html
    assert "<code>[b](sub/b.md)</code>" in a.html
    assert " lost</p>" in a.html
    assert [notice.kind for _, notice in report.warnings] == ["picture", "link"]
    assert {card.version for card in (a, b, c)} == {1}


def test_a_changed_file_makes_one_revision_and_unverifies(importing: Importing, world: World) -> None:
    importing.write(a="Text one.", b="Text")
    report = importing()
    card_id = importing.card(report, "a.md").id
    world.verify(card_id, by="cora")
    world.later(days=1)
    importing.write(a="Text two.")
    assert outcomes(importing()) == {"a.md": "updated", "b.md": "unchanged"}
    with world.read() as session:
        revisions = session.scalars(select(Revision).where(Revision.card_id == card_id).order_by(Revision.number)).all()
    assert [(revision.number, revision.body, revision.note) for revision in revisions] == [
        (1, "Text one.", ""), (2, "Text two.", "Imported again"),
    ]  # fmt: skip
    assert [reason.kind for reason in world.trust(card_id).reasons] == ["edited"]


def edit_here(world: World, card_id: int, body: str) -> None:
    with world.transaction() as session:
        card = session.get_one(Card, card_id)
        commands.edit_card(
            session, world.actor(session, "cora"), card, world.text(card.title, body), Edit(card.version),
            world.policy, world.now,
        )  # fmt: skip


def test_what_was_edited_here_stays_until_the_file_itself_changes(importing: Importing, world: World) -> None:
    importing.write(a="From the file. [b](b.md)")
    card_id = importing.card(importing(), "a.md").id
    edit_here(world, card_id, "Better, by hand.")
    importing.write(b="Now the link has somewhere to lead.")
    assert outcomes(importing()) == {"a.md": "unchanged", "b.md": "created"}
    importing.write(a="Newer, from the file.")
    report = importing()
    assert outcomes(report)["a.md"] == "updated"
    assert "had been edited here" in report.items[0].notices[0].detail
    assert importing.card(report, "a.md").body == "Newer, from the file."
    assert outcomes(importing())["a.md"] == "unchanged"


def test_a_link_that_finds_its_card_later_is_a_minor_change(importing: Importing, world: World) -> None:
    importing.write(a="See [b](b.md).")
    card_id = importing.card(importing(), "a.md").id
    world.verify(card_id, by="cora")
    importing.write(b="Text")
    report = importing()
    assert outcomes(report) == {"a.md": "updated", "b.md": "created"}
    assert f"/cards/{importing.card(report, 'b.md').id}" in importing.card(report, "a.md").html
    assert world.trust(card_id).state == "verified"


def test_an_archived_card_is_left_alone_until_it_is_restored(importing: Importing, world: World) -> None:
    importing.write(a="One")
    card_id = importing.card(importing(), "a.md").id
    with world.transaction() as session:
        commands.archive_card(session, world.actor(session, "cora"), session.get_one(Card, card_id), world.now)
    importing.write(a="Two")
    report = importing()
    assert outcomes(report) == {"a.md": "unchanged"}
    assert "archived" in report.items[0].notices[0].detail
    with world.transaction() as session:
        commands.restore_card(session, world.actor(session, "cora"), session.get_one(Card, card_id), world.now)
    assert outcomes(importing()) == {"a.md": "updated"}


def test_a_text_that_cannot_be_displayed_is_named_and_nothing_leads_to_it(importing: Importing, world: World) -> None:
    importing.write(a="See [b](b.md) and [c](c.md).", b="Impossible", c="See [a](a.md).")
    importing.renderer = Picky(world.renderer)
    report = importing()
    assert outcomes(report) == {"a.md": "created", "b.md": "failed", "c.md": "created"}
    assert reasons(report)["b.md"].startswith("The text can't be displayed")
    a, c = importing.card(report, "a.md"), importing.card(report, "c.md")
    assert f'See b and <a href="/cards/{c.id}"' in a.html
    assert count(world, Card) == 2
    assert set(outcomes(importing()).values()) == {"unchanged", "failed"}


def test_a_crash_leaves_whole_cards_and_the_next_run_does_the_rest(
    importing: Importing, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    importing.write(**{f"p{number:02}": f"# P{number}\n\n[next](p{(number + 1) % 12:02}.md)" for number in range(12)})
    monkeypatch.setattr(run, "BATCH", 4)
    real, calls = saving.save, []

    def dies(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 7:
            raise Unavailable("The database is gone.")
        return real(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr(run, "save", dies)
        with pytest.raises(Unavailable):
            importing()
    assert count(world, Card) == count(world, Revision) == 4
    world.card("Written meanwhile")
    report = importing()
    assert sorted(outcomes(report).values()).count("failed") == 0
    cards = {where: importing.card(report, where) for where in outcomes(report)}
    for number in range(12):
        following = cards[f"p{(number + 1) % 12:02}.md"].id
        assert f'href="/cards/{following}"' in cards[f"p{number:02}.md"].html
    assert set(outcomes(importing()).values()) == {"unchanged"}


def test_a_number_taken_meanwhile_fails_that_item_only(
    importing: Importing, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not world.database.is_sqlite:
        pytest.skip("PostgreSQL's sequence gives no number twice")
    importing.write(a="[b](b.md)", b="[a](a.md)")
    too_low = lambda session, count: [number - 1 for number in reserve_card_ids(session, count)]  # noqa: E731
    monkeypatch.setattr(run, "reserve_card_ids", too_low)
    taken = world.card("First come")
    report = importing()
    assert outcomes(report) == {"a.md": "failed", "b.md": "created"}
    assert "Run the import again" in reasons(report)["a.md"]
    assert f"/cards/{taken}" not in importing.card(report, "b.md").html
    monkeypatch.undo()
    assert outcomes(importing()) == {"a.md": "created", "b.md": "updated"}


def test_pictures_are_written_anew_and_belong_to_the_card(importing: Importing, world: World) -> None:
    content = io.BytesIO()
    Image.new("RGB", (3, 2)).save(content, "PNG")
    importing.put("img/a.png", content.getvalue() + b"<script>")
    importing.put("fake.png", b"<svg/>")
    (importing.root.parent / "outside.png").write_bytes(content.getvalue())
    importing.write(
        sub__page="![one](../img/a.png) ![two](/img/a.png 'T')\n\n![fake](../fake.png) ![out](../../outside.png)"
        " ![far](https://other.example/x.png)\n\n![r][1]\n\n[1]: ../img/a.png"
    )
    report = importing()
    card = importing.card(report, "sub/page.md")
    with world.read() as session:
        (kept,) = session.scalars(select(Attachment)).all()
    assert kept.card_id == card.id
    assert (kept.media_type, kept.file_name) == ("image/png", "a.png")
    assert b"script" not in kept.content
    assert card.html.count(f'src="/media/{kept.sha256}.png"') == 3
    assert [notice.detail.split("”")[0] for _, notice in report.warnings] == [
        "“../../outside.png", "“https://other.example/x.png", "“../fake.png",
    ]  # fmt: skip
    assert outcomes(importing()) == {"sub/page.md": "unchanged"}
    importing.put("img/a.png", content.getvalue() + b"more")
    assert outcomes(importing())["sub/page.md"] == "unchanged"  # another file, the same picture
    assert count(world, Revision) == 1


def test_who_keeps_the_card_is_taken_from_the_source(importing: Importing, world: World) -> None:
    people = f"owner: {email('vera')}\nverifiers: [{email('axel')}, 'group:experts', group:none]\n"
    head = f"---\n{people}interval_days: {{}}\n---\nText"
    importing.write(a=head.format(30), b="Text")
    report = importing(owner=email("axel"))
    a, b = importing.card(report, "a.md"), importing.card(report, "b.md")
    with world.read() as session:
        vera, axel = world.person(session, "vera").id, world.person(session, "axel").id
    assert (a.owner_id, a.interval_days, a.assignee_id, b.owner_id) == (vera, 30, axel, axel)
    assert [(row.person_id is None) for row in a.verifiers] == [False, True]
    assert [notice.kind for _, notice in report.warnings] == ["person"]
    world.verify(a.id, by="cora")
    importing.write(a=head.format(60))
    report = importing()
    assert outcomes(report) == {"a.md": "updated", "b.md": "unchanged"}
    a = importing.card(report, "a.md")
    assert (a.interval_days, a.version, a.verified_version) == (60, 1, 1)


def test_a_replaced_card_stands_behind_its_successor_until_people_undo_it(importing: Importing, world: World) -> None:
    importing.write(old="---\nreplaced_by: new\n---\nOld", new="New", lost="---\nreplaced_by: gone\n---\nText")
    report = importing()
    old, new = importing.card(report, "old.md"), importing.card(report, "new.md")
    assert old.replaced_by_id == new.id
    assert [where for where, _ in report.warnings] == ["lost.md"]
    with world.transaction() as session:
        session.get_one(Card, old.id).replaced_by_id = None
    assert set(outcomes(importing()).values()) == {"unchanged"}
    assert count(world, Replacement) == 1
    assert importing.card(report, "old.md").replaced_by_id is None


def test_a_draft_is_published_by_a_later_run(importing: Importing, world: World) -> None:
    importing.write(a="Text")
    report = importing(publish=False)
    assert importing.card(report, "a.md").status == "draft"
    assert outcomes(importing(publish=True)) == {"a.md": "updated"}
    assert importing.card(report, "a.md").status == "published"
    assert outcomes(importing(publish=False)) == {"a.md": "unchanged"}


def test_the_collection_is_found_by_slug_or_name_and_made_otherwise(importing: Importing, world: World) -> None:
    importing.write(a="Text")
    shelves = count(world, Collection)
    assert importing(collection="Billing").collection == "billing"
    assert importing(collection="customer-success").collection == "customer-success"
    assert importing(collection="Customer success").collection == "customer-success"
    assert count(world, Collection) == shelves + 1
    with world.read() as session:
        assert world.collection(session, "customer-success").name == "Customer success"


@in_one_world(
    ("path", "options", "field"),
    [
        ("nowhere", {}, "path"), ("", {"owner": "nobody@northwind.example"}, "owner"),
        ("", {"collection": " - "}, "collection"),
        ("file.bin", {}, "format"), ("", {"format": Format.CSV}, "path"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_before_anything_is_written(
    importing: Importing, world: World, path: str, options: dict[str, str], field: str
) -> None:
    importing.put("file.bin", b"x")
    before = everything(world)
    with pytest.raises(Invalid) as refused:
        importing(importing.root / path, **options)  # type: ignore[arg-type]
    assert [error.field for error in refused.value.errors] == [field]
    assert everything(world) == before


def test_the_number_of_items_is_told_first_and_then_each_of_them(importing: Importing) -> None:
    importing.write(a="Text", b="", c="Text")
    assert importing.told == []
    report = importing()
    assert importing.told[0] == 3
    assert sorted(map(str, importing.told[1:])) == ["a.md", "b.md", "c.md"]
    assert [item.where for item in report.items] == ["a.md", "b.md", "c.md"]
    assert {str(outcome): number for outcome, number in report.counts.items()} == {
        "created": 2, "updated": 0, "unchanged": 0, "failed": 1,
    }  # fmt: skip


def test_two_items_cannot_be_the_same_card(importing: Importing) -> None:
    file = importing.put("cards.csv", b"id,title,body\n1,T,B\n1,U,C\n")
    assert reasons(importing(file)) == {"line 3": "line 2 has the same external_id “1”"}


def test_an_empty_folder_is_an_empty_report(importing: Importing, tmp_path: Path) -> None:
    assert importing().items == ()
