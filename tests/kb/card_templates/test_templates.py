"""Card templates: kept by curators, asked for when a card is published, never in the way of a draft."""

import re
from typing import Any

from sqlalchemy import select

from curator.rules.changes import Change, Kind
from kb.card_templates.commands import PartFields, TemplateFields, change_template, make_template
from kb.card_templates.models import CardTemplate
from kb.cards.models import Card, Revision
from kb.people.models import AuditEntry
from kb.reviewing.models import Proposal
from kb.trust.rules import Clause, Rule
from tests.infra.cases import in_one_world
from tests.site import Site, Visitor

BUILT_IN = {"battle-card", "how-to", "objection", "policy", "product-update"}
WHOLE = "## The rule\n\n30 days.\n\n## Who and what it covers\n\nAll plans.\n\n## Exceptions\n\nNone.\n"
LACKING = "## The rule\n\n30 days.\n\n## Exceptions\n\n"


def form(body: str = WHOLE, step: str = "publish", template: str | None = "policy", **more: Any) -> dict[str, Any]:
    fields = {"title": "Refunds", "body": body, "collection": "billing", "step": step, **more}
    return fields if template is None else {**fields, "template": template}


def card_of(site: Site, title: str = "Refunds") -> Card:
    with site.world.read() as session:
        return session.scalars(select(Card).where(Card.title == title).order_by(Card.id.desc())).first()  # type: ignore[return-value]


def api(site: Site, name: str, *scopes: str) -> Any:
    return site.api(name, *scopes)


def written(site: Site, body: str = WHOLE, *, publish: bool = True, template: str = "policy") -> Any:
    card = {"title": "Refunds", "body": body, "collection": "billing", "template": template, "publish": publish}
    return api(site, "axel", "write").call("POST", "/cards", card)


def published(site: Site, body: str = WHOLE) -> int:
    answer = written(site, body)
    assert answer.status_code == 201, answer.json
    return int(answer.json["id"])


def ask_for_more(site: Site, heading: str = "Since when") -> None:
    """The policy template gets another required part."""
    with site.world.transaction() as session:
        template = session.get_one(CardTemplate, "policy")
        parts = tuple(PartFields(part.heading, part.hint, part.is_required) for part in template.parts)
        fields = TemplateFields("Policy", "", 600, (*parts, PartFields(heading, "The day", True)))
        change_template(session, site.world.actor(session, "cora"), "policy", template.version, fields, site.world.now)


def test_five_templates_come_with_it(site: Site) -> None:
    answer = api(site, "rita", "read").get("/card-templates").json
    assert {each["slug"] for each in answer["items"]} == BUILT_IN
    policy = next(each for each in answer["items"] if each["slug"] == "policy")
    assert [part["heading"] for part in policy["parts"] if part["required"]] == [
        "The rule", "Who and what it covers", "Exceptions",
    ]  # fmt: skip


def test_a_card_with_all_its_parts_is_published(site: Site) -> None:
    assert site.page("axel").post("/cards/new", form()).status_code == 303
    assert (card_of(site).status, card_of(site).template) == ("published", "policy")


def test_without_a_required_part_it_is_not_and_the_refusal_names_part_and_remedy(site: Site) -> None:
    answer = site.page("axel").post("/cards/new", form(LACKING))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "“Who and what it covers” is missing: add the heading “## Who and what it covers”" in page
    assert "“Exceptions” is empty: write below its heading." in page
    assert "The rule” is" not in page
    assert card_of(site) is None


def test_a_draft_may_lack_what_it_likes_and_is_published_once_it_has_it(site: Site) -> None:
    axel = site.page("axel")
    assert axel.post("/cards/new", form(LACKING, "draft")).status_code == 303
    draft = card_of(site)
    assert (draft.status, draft.template) == ("draft", "policy")
    refused = axel.post(f"/cards/{draft.id}/publish", {"version": 1})
    assert refused.location == f"/cards/{draft.id}/edit"
    assert "“Who and what it covers” is missing" in axel.get(refused.location).text
    assert card_of(site).status == "draft"
    assert axel.post(f"/cards/{draft.id}/edit", form(version=1)).status_code == 303
    assert card_of(site).status == "published"


def test_the_api_refuses_it_with_the_field(site: Site) -> None:
    answer = written(site, LACKING)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == ["body"]
    draft = written(site, LACKING, publish=False).json
    assert (draft["status"], draft["template"]) == ("draft", "policy")
    refused = api(site, "axel", "write").call("POST", f"/cards/{draft['id']}/publication", {})
    assert refused.status_code == 422


def test_an_unknown_template_is_refused_by_name(site: Site) -> None:
    answer = written(site, template="recipe")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "template")
    assert "There is no such card template" in site.page("axel").post("/cards/new", form(template="x")).text


def test_another_template_makes_no_version_and_takes_no_verification(site: Site) -> None:
    card = site.world.card("Refunds", WHOLE, verified=True)
    editor = api(site, "axel", "write")
    answer = editor.call("PATCH", f"/cards/{card}", {"version": 1, "template": "policy"}).json
    assert (answer["version"], answer["template"], answer["trust"]["state"]) == (1, "policy", "verified")
    assert editor.call("PATCH", f"/cards/{card}", {"version": 1, "tags": ["x"]}).json["template"] == "policy"
    assert editor.call("PATCH", f"/cards/{card}", {"version": 2, "template": ""}).json["template"] is None
    with site.world.read() as session:
        assert len(session.scalars(select(Revision).where(Revision.card_id == card)).all()) == 2
        done = session.scalars(select(AuditEntry).where(AuditEntry.action == "template").order_by(AuditEntry.id)).all()
        assert [entry.detail["after"] for entry in done] == ["policy", None]


def test_a_form_without_the_field_leaves_the_template_and_none_takes_it_away(site: Site) -> None:
    card = published(site)
    axel = site.page("axel")
    owner = {"owner": str(card_of(site).owner_id)}
    axel.post(f"/cards/{card}/edit", form(WHOLE.replace("30", "31"), "save", None, version=1, **owner))
    assert (card_of(site).template, card_of(site).version) == ("policy", 2)
    axel.post(f"/cards/{card}/edit", form(WHOLE.replace("30", "31"), "save", "none", version=2, **owner))
    assert (card_of(site).template, card_of(site).version) == (None, 2)


def test_an_edit_takes_no_required_part_out_of_a_published_card(site: Site) -> None:
    card = published(site)
    answer = api(site, "axel", "write").call("PATCH", f"/cards/{card}", {"version": 1, "body": LACKING})
    assert answer.status_code == 422
    assert "“Exceptions” is empty" in answer.json["detail"]
    gone = api(site, "axel", "write").call("PATCH", f"/cards/{card}", {"version": 1, "body": LACKING, "template": ""})
    assert gone.status_code == 200


def test_a_new_required_part_unpublishes_nothing_and_is_asked_for_where_it_counts(site: Site) -> None:
    card = published(site)
    ask_for_more(site)
    assert card_of(site).status == "published"
    editor = api(site, "axel", "write", "verify")
    mended = editor.call("PATCH", f"/cards/{card}", {"version": 1, "body": WHOLE.replace("30", "14")})
    assert mended.status_code == 200, "an urgent correction need not wait for a new part"
    checked = WHOLE.replace("30", "10")
    refused = editor.call("PATCH", f"/cards/{card}", {"version": 2, "body": checked, "checked": True})
    assert refused.status_code == 422
    assert "“Since when” is missing" in refused.json["detail"]
    whole = f"{checked}\n## Since when\n\nMay.\n"
    assert editor.call("PATCH", f"/cards/{card}", {"version": 2, "body": whole, "checked": True}).status_code == 200
    assert "Since when" in site.page("axel").get(f"/cards/{card}/edit").text


def listed(visitor: Visitor, query: str) -> list[str]:
    return re.findall(r'href="/cards/(\d+)/', visitor.get(f"/cards?{query}").text)


def test_the_card_manager_lists_by_template_and_what_is_incomplete(site: Site) -> None:
    card, plain = published(site), site.world.card("Plain")
    cora = site.page("cora")
    assert listed(cora, "template=policy") == [str(card)]
    assert str(plain) in listed(cora, "template=none")
    assert str(card) not in listed(cora, "template=none")
    assert listed(cora, "incomplete=1") == []
    assert "incomplete=1" not in cora.get("/verify?scope=all").text
    ask_for_more(site)
    assert listed(cora, "incomplete=1") == [str(card)]
    assert "1 incomplete" in cora.get("/admin/card-templates").text
    assert re.search(r'href="/cards\?incomplete=1"[^>]*>Incomplete <b>1</b>', cora.get("/verify?scope=all").text)
    written(site, LACKING, publish=False)
    assert listed(cora, "incomplete=1") == [str(card)], "a draft may lack parts"
    assert "There is no such card template" in cora.get("/cards?template=x").text
    assert api(site, "rita", "read").get("/cards?template=policy").json["items"][0]["template"] == "policy"


def test_many_cards_get_a_template_at_once_and_nothing_else_moves(site: Site) -> None:
    whole, lacking = (site.world.card(f"Refunds {n}", body, verified=True) for n, body in ((1, WHOLE), (2, LACKING)))
    cora = site.page("cora")
    order = {"do": "template", "value": "policy", "chosen": f"{whole}:1,{lacking}:1"}
    assert "2 cards of 2 chosen." in cora.post("/cards/bulk", order).text
    assert "Template chosen: 2 cards" in cora.post("/cards/bulk", {**order, "step": "apply"}).text
    with site.world.read() as session:
        for card in session.scalars(select(Card)):
            assert (card.template, card.version, card.status, card.unverified_at) == ("policy", 1, "published", None)
    assert listed(cora, "incomplete=1") == [str(lacking)]
    rows = api(site, "cora", "read").get("/cards?incomplete=true").json["items"]
    assert [row["id"] for row in rows] == [lacking]
    assert "they are like that already" in cora.post("/cards/bulk", order).text
    cora.post("/cards/bulk", {**order, "value": "none", "step": "apply"})
    assert listed(cora, "template=policy") == []
    assert "There is no such card template" in cora.post("/cards/bulk", {**order, "value": "x"}).text


def test_who_may_not_read_a_card_does_not_count_it(site: Site) -> None:
    with site.world.transaction() as session:
        secret = session.get_one(Card, site.world.card("Secret", WHOLE, collection="deals"))
        secret.template = "policy"
    assert "1 published card" in site.page("ada").get("/admin/card-templates").text
    with site.world.transaction() as session:
        make_reader_only = site.world.collection(session, "deals")
        make_reader_only.steward_id = None
    assert listed(site.page("stan"), "template=policy") == []


def test_an_author_sends_only_a_whole_card_for_review(site: Site) -> None:
    with site.world.transaction() as session:
        site.world.collection(session, "billing").is_reviewed = True
    axel = site.page("axel")
    assert axel.post("/cards/new", form(LACKING)).status_code == 422
    assert axel.post("/cards/new", form()).status_code == 303
    with site.world.read() as session:
        assert session.scalars(select(Proposal)).one().publishes
    approved = api(site, "cora", "verify").call("POST", "/proposals/1/approval", {})
    assert (approved.status_code, card_of(site).status, card_of(site).template) == (200, "published", "policy")


def test_a_draft_that_waits_while_its_template_asks_for_more_is_not_approved_as_it_is(site: Site) -> None:
    with site.world.transaction() as session:
        site.world.collection(session, "billing").is_reviewed = True
    site.page("axel").post("/cards/new", form())
    ask_for_more(site)
    answer = site.page("cora").post("/reviews/1/approval", {"version": 1})
    assert answer.status_code == 422
    assert "“Since when” is missing" in answer.text
    assert card_of(site).status == "draft"


def test_a_template_that_an_author_proposes_comes_with_the_approval(site: Site) -> None:
    card = site.world.card("Refunds", WHOLE)
    with site.world.transaction() as session:
        site.world.collection(session, "billing").is_reviewed = True
    answer = api(site, "axel", "write").call("PATCH", f"/cards/{card}", {"version": 1, "template": "policy"})
    assert (answer.status_code, card_of(site).template) == (202, None)
    assert "none → Policy" in site.page("cora").get("/reviews/1").text
    assert api(site, "cora", "verify").call("POST", "/proposals/1/approval", {}).status_code == 200
    assert (card_of(site).template, card_of(site).version) == ("policy", 1)


# The page


def typed(name: str = "Recipe", parts: tuple[tuple[str, str, str], ...] = (("1", "Steps", "One each"),),
          required: tuple[str, ...] = ("1",), **more: Any) -> dict[str, Any]:  # fmt: skip
    return {"name": name, "about": "How to cook it", "most_words": "300", "place": [part[0] for part in parts],
            "heading": [part[1] for part in parts], "hint": [part[2] for part in parts], "required": list(required),
            **more}  # fmt: skip


def template(site: Site, slug: str) -> dict[str, Any]:
    items = api(site, "rita", "read").get("/card-templates").json["items"]
    return next(each for each in items if each["slug"] == slug)


def test_a_curator_adds_and_changes_templates_and_their_order(site: Site) -> None:
    cora = site.page("cora")
    parts = (("2", "Steps", "One each"), ("1", "What you need", ""), ("3", "", "left out"))
    assert cora.post("/admin/card-templates", typed(parts=parts)).status_code == 303
    made = template(site, "recipe")
    assert [(part["heading"], part["required"]) for part in made["parts"]] == [
        ("What you need", False),
        ("Steps", True),
    ]
    changed = typed("Cooking", (("1", "Steps", ""), ("2", "Time", "")), ("2",), version="1")
    assert cora.post("/admin/card-templates/recipe", changed).status_code == 303
    assert [part["heading"] for part in template(site, "recipe")["parts"]] == ["Steps", "Time"]
    assert template(site, "recipe")["name"] == "Cooking"
    assert cora.post("/admin/card-templates/recipe", changed).status_code == 409, "somebody else was first"
    assert "Somebody else changed" in cora.post("/admin/card-templates/recipe", changed).text


@in_one_world(
    ("fields", "words"),
    [
        (typed(""), "Name is needed"),
        (typed("policy"), "There is a card template of this name already."),
        (typed(parts=()), "Name at least one part."),
        (typed(parts=(("1", "Steps", ""), ("2", "steps:", ""))), "“steps:” is there twice"),
        (typed(parts=(("1", "***", ""),)), "A part&#39;s heading needs a letter or a digit."),
        (typed(parts=tuple((str(n), f"Part {n}", "") for n in range(21))), "at most 20 parts"),
        (typed(parts=(("1", "x" * 81, ""),)), "Heading of line 1 is too long"),
        (typed(parts=(("one", "Steps", ""),)), "Place of line 1"),
        (typed(most_words="many"), "Words at most must be a whole number"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(site: Site, fields: dict[str, Any], words: str) -> None:
    answer = site.page("cora").post("/admin/card-templates", fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert "How to cook it" in answer.text


def test_only_curators_keep_templates_and_only_admins_delete_them(site: Site) -> None:
    axel, cora, ada = (site.page(name) for name in ("axel", "cora", "ada"))
    assert axel.get("/admin/card-templates").status_code == 403
    assert axel.post("/admin/card-templates", typed()).status_code == 403
    assert axel.post("/admin/card-templates/policy", typed(version="1")).status_code == 403
    assert cora.post("/admin/card-templates/policy/delete").status_code == 403
    assert ada.post("/admin/card-templates/how-to/delete").status_code == 303
    assert ada.post("/admin/card-templates/how-to/delete").status_code == 404
    assert {each["slug"] for each in api(site, "rita", "read").get("/card-templates").json["items"]} == BUILT_IN - {
        "how-to"
    }


def test_a_template_that_cards_or_rules_name_stays(site: Site) -> None:
    published(site)
    ada = site.page("ada")
    ada.post("/admin/card-templates/policy/delete")
    assert "Cards use this template" in ada.get("/admin/card-templates").text
    with site.world.transaction() as session:
        session.add(Rule(position=1, template="objection", interval_days=30, created_at=site.world.now))
    ada.post("/admin/card-templates/objection/delete")
    assert "A rule of the policy names this template" in ada.get("/admin/card-templates").text
    assert {each["slug"] for each in api(site, "ada", "read").get("/card-templates").json["items"]} == BUILT_IN


def test_a_name_used_before_gets_a_slug_of_its_own_and_none_is_nobodys(site: Site) -> None:
    with site.world.transaction() as session:
        cora, now = site.world.actor(session, "cora"), site.world.now
        one = make_template(session, cora, TemplateFields("None", parts=(PartFields("A"),)), now)
        assert one.slug == "none-2"
        change_template(session, cora, "how-to", 1, TemplateFields("Guide", parts=(PartFields("A"),)), now)
        other = make_template(session, cora, TemplateFields("How-to", parts=(PartFields("A"),)), now)
        assert other.slug == "how-to-2"


def test_the_card_says_by_which_template_it_is_made(site: Site) -> None:
    assert "Policy" in site.page("rita").get(f"/cards/{published(site)}").text


# Rules


def test_a_rule_about_a_template_holds_for_its_cards_alone(site: Site) -> None:
    card, plain = published(site), site.world.card("Plain")
    for each in (card, plain):
        site.world.verify(each, by="cora")
    site.world.later(days=40)
    preview = {"kind": "add", "template": "policy", "interval_days": 30}
    looked = api(site, "ada", "read", "admin").call("POST", "/rules/preview", preview)
    assert looked.status_code == 200, looked.json
    assert [move["card_id"] for move in looked.json["moves"]] == [card], "the simulator counts with it"
    assert looked.json["overdue"] == 1
    done = api(site, "ada", "admin").call("POST", "/rules/changes", {**preview, "when": "next"})
    assert done.status_code == 200, done.json
    assert api(site, "ada", "read").get("/rules").json["items"][0]["template"] == "policy"
    page = site.page("ada").get("/admin/rules").text
    assert "Cards, by the template Policy" in page
    assert "1 card<" in page
    with site.world.read() as session:
        intervals = [site.world.policy.interval_of(session.get_one(Card, each)) for each in (card, plain)]
    assert intervals == [30, site.world.policy.interval_days]
    assert Change(Kind.ADD, clause=Clause(template="x")).clause is not None


def test_an_overdue_answer_by_a_template_is_withheld_where_a_rule_says_so(site: Site) -> None:
    card = published(site)
    site.world.verify(card, by="cora")
    with site.world.transaction() as session:
        session.add(Rule(position=1, template="policy", expiry="withhold", created_at=site.world.now))
    site.index()
    site.world.later(days=200)
    found = api(site, "rita", "lookup").get("/lookup?q=Refunds").json
    assert found["answer"] is None
    assert found["withheld"] == 1


def test_a_rule_for_no_such_template_is_refused(site: Site) -> None:
    answer = api(site, "ada", "read").call(
        "POST", "/rules/preview", {"kind": "add", "template": "x", "interval_days": 3}
    )
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "template")
    assert (
        "no such card template" in site.page("ada").get("/admin/rules/preview?kind=add&template=x&interval_days=3").text
    )
