"""The audit as a page and as CSV."""

import csv
import io
from collections.abc import Sequence
from urllib.parse import urlencode

from curator.proof.pages import AuditPage, AuditRow
from curator.proof.timeline import Entry, Kind
from kb.cards.models import Card
from kb.cards.queries import card_path
from kb.trust.shown import state_name
from kb.trust.state import TrustState
from kb.web.parts import Badge, Chip, Field, Link, Paging
from kb.wording import N_, _, decimal
from kb.words import Words, count, uncapitalised

PAGE = 100
SEEN = frozenset({Kind.SIGHTING})
DONE = frozenset(Kind) - SEEN
SCOPES = {"": frozenset(Kind), "seen": SEEN, "done": DONE}
_LABELS = {"": N_("Everything"), "seen": N_("Who saw it"), "done": N_("What was done")}
_ICONS = {
    Kind.REVISION: "edit", Kind.FLAG: "flagged", Kind.RESOLUTION: "comment", Kind.CHANGE: "person",
    Kind.REPLACEMENT: "replaced", Kind.RECALL: "mail",
}  # fmt: skip
_WAYS = {"shown": "search", "view": "page", "copy": "copy"}
_COLUMNS = (
    "at", "kind", "person", "email", "version", "words", "first_at", "times", "trust_first", "trust_last", "record",
    "text_hash", "hash",
)  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def audit_page(
    card: Card, entries: Sequence[Entry], fields: dict[str, str], number: int, words: Words, *, recall_url: str
) -> AuditPage:
    """One page of the entries that were asked for; `fields` are those of the form."""
    base, scope = f"/cards/{card.id}/audit", fields.get("scope", "")
    start = (number - 1) * PAGE
    shown = entries[start : start + PAGE]
    return AuditPage(
        title=card.title,
        card_url=card_path(card),
        crumbs=(Link(card.collection.name, f"/collections/{card.collection.slug}"),),
        action=base,
        scopes=tuple(
            Chip(_(label), _with(base, {**fields, "scope": name}), name == scope) for name, label in _LABELS.items()
        ),
        rows=tuple(_row(card, entry, words) for entry in shown),
        count_words=count(len(entries), "entry", "entries"),
        csv_url=_with(f"{base}.csv", fields),
        person=Field(fields.get("person", "")),
        since=Field(fields.get("since", "")),
        until=Field(fields.get("until", "")),
        scope=scope,
        as_of=Field(f"{words.now.astimezone(words.zone):%Y-%m-%dT%H:%M}"),
        zone=words.zone.key,
        recall_url=recall_url,
        paging=_paging(base, fields, number, len(entries)),
    )


def audit_csv(entries: Sequence[Entry]) -> str:
    """All entries, one row each. No cell can start a formula in a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for entry in entries:
        who, detail = entry.person, entry.detail
        writer.writerow(
            [
                _cell(value)
                for value in (
                    entry.at, entry.kind.value, who.name if who else "", who.email if who else "", entry.version,
                    entry.words, detail.get("first_at"), detail.get("times"), detail.get("trust_first"), entry.trust,
                    detail.get("id"), detail.get("text_hash"), detail.get("hash"),
                )
            ]
        )  # fmt: skip
    return out.getvalue()


def _row(card: Card, entry: Entry, words: Words) -> AuditRow:
    icon = _ICONS.get(entry.kind, "page")
    if entry.kind is Kind.VERIFICATION:
        icon = "verified" if entry.detail["verdict"] == "verified" else "unverified"
    elif entry.kind is Kind.SIGHTING:
        icon = _WAYS[entry.detail["seen"]]
    is_sighting = entry.kind is Kind.SIGHTING
    who = entry.person.name if entry.person else (_("Somebody") if is_sighting else "Vitrine")
    version = _("Version %(version)s", version=entry.version) if entry.version else ""
    compares = entry.kind is Kind.REVISION and (entry.version or 0) > 1
    diff = f"/cards/{card.id}/diff?from={(entry.version or 0) - 1}&to={entry.version}"
    return AuditRow(
        kind=icon,
        words=_said(entry, words),
        strong=who if is_sighting else version,
        by="" if is_sighting else f"{who}, ",
        at=words.day(entry.at),
        at_exact=words.exact(entry.at),
        badge=_badge(entry),
        diff_url=diff if compares else "",
    )


def _said(entry: Entry, words: Words) -> str:
    if entry.kind is not Kind.SIGHTING:
        return entry.words
    times, first = entry.detail["times"], entry.detail["first_at"]
    often = f", {count(times, 'time')}" if times > 1 else ""
    since = f" {_('since %(when)s', when=words.exact(first))}" if first != entry.at else ""
    return f"{entry.words}{often}{since}"


def _badge(entry: Entry) -> Badge | None:
    """What was seen of the trust: at the first time, and at the last if that was another state."""
    if entry.kind is not Kind.SIGHTING or entry.trust is None:
        return None
    last, first = TrustState(entry.trust), entry.detail["trust_first"]
    before = _("then")
    if first and first != last.value:
        before = _("then; %(state)s at first", state=uncapitalised(state_name(TrustState(first))))
    return Badge(last.value, state_name(last), before)


def _cell(value: object) -> object:
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA_STARTS) else value


def _paging(base: str, fields: dict[str, str], number: int, total: int) -> Paging | None:
    if total <= PAGE:
        return None
    start, end = (number - 1) * PAGE, min(number * PAGE, total)
    return Paging(
        _(
            "%(first)s to %(last)s of %(total)s",
            first=decimal(start + 1),
            last=decimal(end),
            total=decimal(total),
        ),
        _with(base, {**fields, "page": str(number - 1)}) if number > 1 else "",
        _with(base, {**fields, "page": str(number + 1)}) if end < total else "",
    )


def _with(path: str, fields: dict[str, str]) -> str:
    given = {name: value for name, value in fields.items() if value}
    return f"{path}?{urlencode(given)}" if given else path
