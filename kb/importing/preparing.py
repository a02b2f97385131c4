"""Everything slow about an item, done before a transaction begins: links planned, pictures and text made anew."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from kb.cards.commands import CardPolicy, CardText
from kb.cards.pictures import Picture
from kb.importing.known import Directory, Hashes, KnownCard
from kb.importing.parsed import Notice, NoticeKind, ParsedCard
from kb.importing.request import ImportRequest
from kb.importing.rewriting import Plan, apply, plan_for
from kb.importing.targets import Targets
from kb.text.language import detect
from kb.text.renderer import Renderer


@dataclass(slots=True)
class Prepared:
    """An item ready to be saved. Without a `text` there is nothing new to write."""

    item: ParsedCard
    card_id: int
    known: KnownCard | None
    hashes: Hashes
    policy: CardPolicy
    leads_to: set[str]
    text: CardText | None = None
    verifier_id: int | None = None
    pictures: dict[str, tuple[Picture, str]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    @property
    def is_policy_new(self) -> bool:
        """Whether the source says something else about owner, verifiers, interval or verification than last time."""
        seen = self.known.seen if self.known else None
        return seen is None or seen.hashes.policy != self.hashes.policy


def prepare(
    item: ParsedCard, card_id: int, known: KnownCard | None, targets: Targets, root: Path | None,
    directory: Directory, request: ImportRequest, renderer: Renderer,
) -> Prepared:  # fmt: skip
    """Read what changed and render it. Raises Invalid for a text that can't be displayed."""
    notices = list(item.notices)
    plan = plan_for(item, targets, root)
    notices += plan.notices
    owner_id = directory.person("owner", item.owner, notices)
    verifier_id = directory.person("verified_by", item.verified_by, notices) if item.verified_by else owner_id
    policy = CardPolicy(owner_id, directory.verifiers(item.verifiers, notices), item.interval_days)
    template = directory.template(item.template, notices)
    hashes = Hashes(_text_hash(item, plan, template), plan.links_hash, _policy_hash(item, policy, verifier_id))
    prepared = Prepared(item, card_id, known, hashes, policy, plan.leads_to, verifier_id=verifier_id, notices=notices)
    if _is_text_due(prepared):
        _render(prepared, plan, template, request, renderer)
    return prepared


def _is_text_due(prepared: Prepared) -> bool:
    """The source wins over what was edited here, but only if its own words changed since the last import."""
    known = prepared.known
    if known is None:
        return True
    seen = known.seen
    was_edited_here = seen is not None and seen.version != known.version
    is_same_text = seen is not None and seen.hashes.text == prepared.hashes.text
    is_same_links = seen is not None and seen.hashes.links == prepared.hashes.links
    if is_same_text and (is_same_links or was_edited_here):
        return False
    if known.is_archived:
        prepared.notices.append(Notice(NoticeKind.CARD, "The source changed, but the card is archived: left alone."))
        return False
    if was_edited_here:
        detail = "The card had been edited here; the changed source replaced that text, which stays in its history."
        prepared.notices.append(Notice(NoticeKind.CARD, detail))
    return True


def _render(prepared: Prepared, plan: Plan, template: str | None, request: ImportRequest, renderer: Renderer) -> None:
    item = prepared.item
    body, prepared.pictures, lost = apply(plan, item.body)
    prepared.notices += lost
    rendered = renderer.render(body)
    language = item.language or detect(rendered.text, request.languages[0], request.languages)
    prepared.text = CardText(
        item.title, body, rendered, language, language_chosen=item.language is not None,
        tags=item.tags, audience=item.audience, template=template,
    )  # fmt: skip


def _text_hash(item: ParsedCard, plan: Plan, template: str | None) -> str:
    facts = (item.title, item.body, item.tags, item.audience, item.language, plan.picture_hashes)
    return _hash(*facts, *([template] if template else []))  # without one, as before there were any


def _policy_hash(item: ParsedCard, policy: CardPolicy, verifier_id: int | None) -> str:
    verifiers = [(ref.person_id, ref.group_id) for ref in policy.verifiers or ()]
    verified = [item.verified_at.isoformat(), verifier_id] if item.verified_at else None
    return _hash(policy.owner_id, verifiers, policy.interval_days, verified, item.replaced_by)


def _hash(*facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()
