"""A source may name the card template of its card; what lacks a required part is imported, but not published."""

import pytest

from kb.importing.report import ImportReport, Outcome
from tests.kb.importing.conftest import Importing

WHOLE = "## The rule\n\n30 days.\n\n## Who and what it covers\n\nAll.\n\n## Exceptions\n\nNone.\n"
LACKING = "## The rule\n\n30 days.\n"


def page(body: str = WHOLE, template: str | None = "policy") -> str:
    front = f"---\ntemplate: {template}\n---\n" if template is not None else ""
    return f"{front}# Refunds\n\n{body}"


def said(report: ImportReport) -> list[str]:
    return [notice.detail for item in report.items for notice in item.notices]


@pytest.mark.parametrize("name", ["policy", "Policy", " POLICY "])
def test_a_template_is_named_by_slug_or_name(importing: Importing, name: str) -> None:
    importing.write(refunds=page(template=name))
    report = importing()
    card = importing.card(report, "refunds.md")
    assert (card.template, card.status, said(report)) == ("policy", "published", [])
    assert importing().counts[Outcome.UNCHANGED] == 1


def test_one_that_is_unknown_is_left_out_with_a_warning(importing: Importing) -> None:
    importing.write(refunds=page(template="recipe"))
    report = importing()
    assert importing.card(report, "refunds.md").template is None
    assert said(report) == ["template was left out: there is no card template recipe."]


def test_without_a_required_part_it_stays_a_draft_until_the_source_has_it(importing: Importing) -> None:
    importing.write(refunds=page(LACKING))
    report = importing()
    assert importing.card(report, "refunds.md").status == "draft"
    assert said(report) == ["It stays a draft: its template policy asks for “Who and what it covers”, “Exceptions”."]
    importing.write(refunds=page())
    assert importing.card(importing(), "refunds.md").status == "published"


def test_a_source_that_says_nothing_leaves_the_template_and_one_that_begins_to_sets_it(importing: Importing) -> None:
    importing.write(refunds=page(template=None))
    card = importing.card(importing(), "refunds.md")
    assert card.template is None
    importing.write(refunds=page())
    report = importing()
    again = importing.card(report, "refunds.md")
    assert (again.template, again.version) == ("policy", card.version)
    importing.write(refunds=page(WHOLE.replace("30", "14"), template=None))
    last = importing.card(importing(), "refunds.md")
    assert (last.template, last.version) == ("policy", card.version + 1)


def test_a_source_that_loses_a_part_of_a_published_card_fails_by_name(importing: Importing) -> None:
    importing.write(refunds=page())
    importing()
    importing.write(refunds=page(LACKING))
    report = importing()
    assert report.counts[Outcome.FAILED] == 1
    assert "“Exceptions” is missing" in str(report.items[0].reason)


def test_json_lines_name_it_as_the_api_does(importing: Importing) -> None:
    lines = '{"external_id": "1", "title": "Refunds", "body": "Words", "template": "how-to"}\n'
    file = importing.put("cards.jsonl", lines.encode())
    report = importing(file, publish=False)
    assert importing.card(report, "line 1").template == "how-to"
