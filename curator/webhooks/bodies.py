"""The three bodies: our JSON as it is, and a short message for Slack and for Teams.

A payload may carry `title`, `text`, `url`, `facts` (pairs of words) and `cards` (each filled in, with `words`); about a
single card, its title, state and people are said.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from curator.webhooks.events import TEST, words_of
from curator.webhooks.models import BodyForm

_LONGEST_TEXT = 1_000
_MOST_CARDS = 10


@dataclass(frozen=True, slots=True)
class Happening:
    """What is told: the delivery's name, the event, when it was, who tells it, and the payload as the scope sees it."""

    delivery: str
    event: str
    at: str
    workspace: str
    public_url: str
    payload: Mapping[str, Any]


def body_of(form: str, happening: Happening) -> bytes:
    """The body for a webhook of this form."""
    shown = {BodyForm.SLACK: _slack, BodyForm.TEAMS: _teams}.get(BodyForm(form), _plain)(happening)
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(happening: Happening) -> dict[str, Any]:
    return {
        "id": happening.delivery,
        "event": happening.event,
        "at": happening.at,
        "workspace": happening.workspace,
        "url": happening.public_url,
        "data": happening.payload,
    }


def _slack(happening: Happening) -> dict[str, Any]:
    told = _message(happening)
    lines = [f"*{_linked(told.title, told.url)}*", *([_escaped(told.text)] if told.text else [])]
    lines += [f"• {_linked(title, url)}{f': {_escaped(words)}' if words else ''}" for title, url, words in told.cards]
    blocks: list[dict[str, Any]] = [{"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines)[:3000]}}]
    if told.facts:
        words = " · ".join(f"{_escaped(label)}: {_escaped(value)}" for label, value in told.facts)
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": words[:3000]}]})
    return {"text": _escaped(told.title), "blocks": blocks}


def _teams(happening: Happening) -> dict[str, Any]:
    """Rich text blocks take words as they are; plain ones would read Markdown into a card's title."""
    told = _message(happening)
    parts: list[dict[str, Any]] = [_runs({"type": "TextRun", "text": told.title, "weight": "Bolder", "size": "Medium"})]
    parts += [_runs({"type": "TextRun", "text": told.text})] if told.text else []
    for title, url, words in told.cards:
        link = {"type": "TextRun", "text": title, "selectAction": {"type": "Action.OpenUrl", "url": url}}
        parts.append(_runs(link, *([{"type": "TextRun", "text": f": {words}"}] if words else [])))
    parts += [_runs({"type": "TextRun", "text": f"{label}: {value}", "isSubtle": True}) for label, value in told.facts]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
        "body": parts,
    }  # fmt: skip
    if told.url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open", "url": told.url}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


@dataclass(frozen=True, slots=True)
class _Message:
    title: str
    text: str
    url: str
    facts: tuple[tuple[str, str], ...]
    cards: tuple[tuple[str, str, str], ...]


def _message(happening: Happening) -> _Message:
    said, card = happening.payload, happening.payload.get("card")
    if happening.event == TEST:
        return _Message(f"{happening.workspace}: this is a test", "It works.", happening.public_url, (), ())
    if isinstance(card, Mapping):
        title, url = f"{words_of(happening.event)}: {card['title']}", str(card["url"])
        text = str(said.get("detail") or next((r["detail"] for r in card["trust"]["reasons"]), ""))
        people = [("Collection", card["collection"]["name"]), ("Waits for", card["assignee"])]
        facts = tuple((label, str(value)) for label, value in people if value)
    else:
        title, url = str(said.get("title") or words_of(happening.event)), str(said.get("url") or happening.public_url)
        text = str(said.get("text") or "")
        facts = tuple((str(label), str(value)) for label, value in said.get("facts", ()))
    return _Message(title[:300], text[:_LONGEST_TEXT], url, facts, tuple(_cards(said)))


def _cards(said: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for each in list(said.get("cards", ()))[:_MOST_CARDS]:
        if isinstance(each, Mapping) and isinstance(each.get("card"), Mapping):
            yield str(each["card"]["title"]), str(each["card"]["url"]), str(each.get("words") or "")


def _runs(*inlines: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(inlines)}


def _linked(words: str, url: str) -> str:
    return f"<{_escaped(url)}|{_escaped(words)}>" if url else _escaped(words)


def _escaped(words: str) -> str:
    """Slack reads these three as its own; a card's title must not ring a channel or invent a link."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
