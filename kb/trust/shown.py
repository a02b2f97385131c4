"""Trust as people see it: the badge, the strip's sentence and the reasons, in words."""

from kb.cards.models import Card
from kb.people.actor import Actor
from kb.trust.contract import Standing
from kb.trust.state import Reason as TrustReason
from kb.trust.state import Trust, TrustState
from kb.web.parts import Badge, Caution, Link, Reason, ReasonKind, Strip
from kb.web.parts import TrustState as State
from kb.wording import N_, _, ngettext
from kb.words import Words, count, first_name, joined, uncapitalised

_ICONS: dict[str, ReasonKind] = {
    "reported": "person",
    "edited": "edit",
    "expired": "date",
    "date_passed": "date",
    "due_soon": "date",
    "verified": "date",
    "source_changed": "source",
    "dead_link": "link",
    "duplicate": "duplicate",
    "low_rating": "rating",
    "never_verified": "never",
}
_ADDRESS_LIMIT = 40
_STATES = {
    TrustState.FLAGGED: N_("Flagged"),
    TrustState.OVERDUE: N_("Overdue"),
    TrustState.UNVERIFIED: N_("Not verified"),
    TrustState.VERIFIED: N_("Verified"),
    TrustState.DUE_SOON: N_("Due soon"),
}
FLAG_WORDS = {
    "reported": N_("Something is wrong or missing"),
    "dead_link": N_("A link does not work"),
    "date_passed": N_("A date in it has passed"),
    "source_changed": N_("The source changed"),
    "duplicate": N_("Another card says the same"),
    "low_rating": N_("Readers say it does not help"),
}


def state_name(state: TrustState) -> str:
    """The state's name in filters and lists."""
    return _(_STATES[state])


def badge(trust: Trust, words: Words) -> Badge:
    """Trust in two words: the state, and how much."""
    state: State = trust.state.value
    if trust.state is TrustState.VERIFIED and trust.verified_at:
        return Badge(state, _("Verified"), words.day(trust.verified_at))
    if trust.state is TrustState.DUE_SOON and trust.verify_by:
        return Badge(state, _("Verified"), _due(words.days_until(trust.verify_by)))
    if trust.state is TrustState.OVERDUE and trust.verify_by:
        days = -words.days_until(trust.verify_by)
        return Badge(
            state, _("Overdue"), ngettext("by %(num)s day", "by %(num)s days", days) if days else _("since today")
        )
    if trust.state is TrustState.FLAGGED:
        return Badge(state, _("Flagged"), _reports(trust))
    if trust.verified_at is None:
        return Badge(state, _("Not verified yet"))
    return Badge(state, _("Not verified"), _("edited") if trust.reasons[0].kind == "edited" else _("taken back"))


def strip(card: Card, trust: Trust, words: Words, *, ask_url: str = "", with_reasons: bool = True) -> Strip:
    """Trust as a sentence for a reader: who, when, until when; or why not, and whom to ask."""
    state: State = trust.state.value
    expert = card.assignee or card.owner
    by, when = trust.verified_by or _("an import"), words.full_day(trust.verified_at) if trust.verified_at else ""
    if trust.is_good:
        detail = _("Next check %(day)s", day=words.full_day(trust.verify_by)) if trust.verify_by else ""
        return Strip(state, _("Verified by %(by)s, %(when)s", by=by, when=when), detail)
    name = expert.name if expert else ""
    ask = Link(_("Ask %(name)s", name=first_name(name)), ask_url) if ask_url and name else None
    if trust.state is TrustState.OVERDUE:
        return Strip(
            state,
            _("Overdue: last verified %(when)s", when=when),
            _("Ask %(name)s if it matters.", name=name) if name else "",
            ask,
        )
    if trust.state is TrustState.FLAGGED:
        sentence = _("Flagged: check with %(name)s before you use this", name=first_name(name) or _("somebody"))
        return Strip(state, sentence, "", ask, reasons(trust, words) if with_reasons else ())
    owner = _("Owner: %(name)s.", name=card.owner.name) if card.owner else _("It has no owner.")
    if trust.verified_at is None:
        return Strip(state, _("Nobody has verified this yet"), owner, ask)
    return Strip(state, _("Not verified any more"), owner, ask, reasons(trust, words) if with_reasons else ())


def caution(actor: Actor, card: Card, stands: Standing, query: str = "") -> Caution | None:
    """What a card below its collection's contract says to this reader, who can ask whoever checks it; `query` goes
    with the question."""
    if not stands.reason:
        return None
    expert = card.assignee or card.owner
    sentence = _("Withheld: not given as an answer") if stands.is_withheld else _("Check before you use this")
    if expert is None or expert.id == actor.id:
        check = Link(_("Check it"), f"/verify?card={card.id}") if expert else None
        return Caution(sentence, stands.reason, stands.is_withheld, check=check)
    fields = (("q", query),) if query else ()
    ask = _("Ask %(name)s", name=first_name(expert.name))
    return Caution(sentence, stands.reason, stands.is_withheld, ask, f"/cards/{card.id}/ask", fields)


def reasons(trust: Trust, words: Words) -> tuple[Reason, ...]:
    """Each reason as one line with its evidence."""
    return tuple(_reason(reason, words) for reason in trust.reasons)


def reason_summary(trust: Trust, words: Words) -> str:
    """All reasons on one short line: "2 reports, source changed"."""
    kinds = [reason.kind for reason in trust.reasons]
    is_reported = trust.state is TrustState.FLAGGED and "reported" in kinds
    parts = [count(kinds.count("reported"), "report")] if is_reported else []
    parts += [_short(reason, words) for reason in trust.reasons if not (parts and reason.kind == "reported")]
    return ", ".join(part if place == 0 else uncapitalised(part) for place, part in enumerate(parts))


def _reason(reason: TrustReason, words: Words) -> Reason:
    links = (Link(short_address(reason.url), reason.url),) if reason.url else ()
    when, name = words.ago(reason.at), reason.person or _("Somebody")
    text = {
        "reported": _("%(name)s said “%(words)s” %(when)s.", name=name, words=reason.detail, when=when),
        "edited": _("%(name)s edited it %(when)s: %(words)s", name=name, when=when, words=reason.detail),
        "expired": reason.detail,
    }.get(reason.kind, f"{_(FLAG_WORDS.get(reason.kind, ''))}: {reason.detail} ({when})".lstrip(": "))
    return Reason(_ICONS.get(reason.kind, "person"), text, links)


def short_address(url: str) -> str:
    """An address as people say it: the host and the beginning of the path."""
    bare = url.split("//", 1)[-1].split("?")[0].rstrip("/").removeprefix("www.")
    return bare if len(bare) <= _ADDRESS_LIMIT else f"{bare[: _ADDRESS_LIMIT - 1]}…"


def _short(reason: TrustReason, words: Words) -> str:
    if reason.kind == "expired":
        days = -words.days_until(reason.at)
        return ngettext("%(num)s day late", "%(num)s days late", days) if days else _("due today")
    return {
        "due_soon": _("Due %(day)s", day=words.day(reason.at)),
        "edited": _("Edited %(when)s", when=words.ago(reason.at)),
        "never_verified": _("Never verified"),
        "verified": _("Verified %(day)s", day=words.day(reason.at)),
        "source_changed": _("Source changed"),
        "dead_link": _("Dead link"),
        "date_passed": _("A date passed"),
        "duplicate": _("May be a duplicate"),
        "low_rating": _("Low rating"),
        "reported": _("Taken back"),
    }.get(reason.kind, reason.kind)


def _due(days: int) -> str:
    return _("due today") if days <= 0 else ngettext("due in %(num)s day", "due in %(num)s days", days)


def _reports(trust: Trust) -> str:
    reports = sum(reason.kind == "reported" for reason in trust.reasons)
    others = [r for r in trust.reasons if r.kind not in ("reported", "expired", "edited", "never_verified")]
    parts = ([count(reports, "report")] if reports else []) + ([_short_flag(others[0].kind)] if others else [])
    return joined(parts)


def _short_flag(kind: str) -> str:
    return {"source_changed": _("source changed"), "dead_link": _("dead link"), "date_passed": _("a date passed"),
            "duplicate": _("may be a duplicate"), "low_rating": _("low rating")}.get(kind, kind)  # fmt: skip
