"""Turns a source's links into links to cards and its pictures into uploaded ones.

First a plan, which needs no decoding and says whether anything changed since the last import; then its application.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kb.cards.pictures import MAX_PICTURE_BYTES, Picture, reencode
from kb.errors import Invalid
from kb.importing.markup import Link, links_of
from kb.importing.parsed import Notice, NoticeKind, ParsedCard
from kb.importing.targets import Targets


@dataclass(slots=True)
class Plan:
    """What to replace in a text: places with new addresses, files of pictures, and the cards it leads to."""

    edits: list[tuple[int, int, str]] = field(default_factory=list)
    pictures: list[tuple[Link, Path]] = field(default_factory=list)
    leads_to: set[str] = field(default_factory=set)
    notices: list[Notice] = field(default_factory=list)
    picture_hashes: list[str] = field(default_factory=list)

    @property
    def links_hash(self) -> str:
        """Changes when a link would lead elsewhere than before."""
        return hashlib.sha256(repr(sorted(self.edits)).encode()).hexdigest()


def plan_for(item: ParsedCard, targets: Targets, root: Path | None) -> Plan:
    """What the text's addresses become, given the cards there are and the files below `root`."""
    plan = Plan()
    for link in links_of(item.body):
        file = _picture_file(item, link, root)
        if file is not None:
            _plan_picture(plan, link, file)
        elif link.is_picture:
            _name_lost_picture(plan, link)
        else:
            _plan_link(plan, item, link, targets)
    return plan


def apply(plan: Plan, body: str) -> tuple[str, dict[str, tuple[Picture, str]], list[Notice]]:
    """The text with everything replaced, its pictures by hash with their file names, and what went wrong with them."""
    edits, pictures, notices = list(plan.edits), {}, []
    for link, file in plan.pictures:
        try:
            picture = reencode(file.read_bytes())
        except (Invalid, OSError) as error:
            reason = error.detail if isinstance(error, Invalid) else "It can't be read."
            notices.append(_picture_notice(link, reason))
            continue
        pictures[picture.sha256] = picture, file.name
        edits.append((link.start, link.end, picture.path))
    return _replaced(body, edits), pictures, notices


def _replaced(body: str, edits: list[tuple[int, int, str]]) -> str:
    parts, position = [], 0
    for start, end, text in sorted(edits):
        if start >= position:
            parts += [body[position:start], text]
            position = end
    return "".join([*parts, body[position:]])


def _plan_link(plan: Plan, item: ParsedCard, link: Link, targets: Targets) -> None:
    found = targets.find(item.external_id, link.address)
    if found is None:
        return
    if found.notice is not None:
        plan.notices.append(found.notice)
    if found.external_id is not None:
        plan.leads_to.add(found.external_id)
    if found.address is not None:
        plan.edits.append((link.start, link.end, found.address))
    elif link.address.startswith("/") and link.opens is not None and link.closes is not None:
        # A relative address that leads nowhere is shown as text. This one would lead to a page of Vitrine.
        plan.edits += [(link.opens, link.opens + 1, ""), (link.start - 2, link.closes, "")]


def _plan_picture(plan: Plan, link: Link, file: Path) -> None:
    try:
        if file.stat().st_size > MAX_PICTURE_BYTES:
            plan.notices.append(_picture_notice(link, f"It is larger than {MAX_PICTURE_BYTES // 2**20} MB."))
            return
        plan.picture_hashes.append(hashlib.sha256(file.read_bytes()).hexdigest())
    except OSError:
        plan.notices.append(_picture_notice(link, "It can't be read."))
        return
    plan.pictures.append((link, file))


def _picture_file(item: ParsedCard, link: Link, root: Path | None) -> Path | None:
    """The file of a picture inside `root`; a reference counts as a picture if it leads to one."""
    if root is None or _is_elsewhere(link.address):
        return None
    path = unquote(urlsplit(link.address).path)
    if not link.is_picture and not (link.opens is None and path.lower().endswith(_ENDINGS)):
        return None
    base = root if path.startswith("/") else (root / item.external_id).parent
    try:
        file = (base / path.lstrip("/")).resolve()
        return file if file.is_relative_to(root) and file.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None


def _name_lost_picture(plan: Plan, link: Link) -> None:
    if link.address.startswith("/media/"):
        return
    elsewhere = _is_elsewhere(link.address)
    reason = "It lies on another server and is not shown." if elsewhere else "There is no such file beside the text."
    plan.notices.append(_picture_notice(link, reason))


def _picture_notice(link: Link, reason: str) -> Notice:
    return Notice(NoticeKind.PICTURE, f"“{link.address[:200]}”: {reason}")


def _is_elsewhere(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return True
    return bool(parts.scheme or parts.netloc)


_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp")
