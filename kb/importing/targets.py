"""Where a link between sources leads: which card, which section of it, or why nowhere."""

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from markdown.extensions.toc import unique

from kb.importing.parsed import Notice, NoticeKind
from kb.text.markdown import heading_id

BOILERPLATE = frozenset(("content", "contents", "docs", "doc", "src", "source", "pages", "index", "readme"))
INDEX_NAMES = ("index", "readme", "_index")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a link leads now. Without an address it leads nowhere; a notice says what was lost."""

    address: str | None
    external_id: str | None = None
    notice: Notice | None = None


class Anchors:
    """The sections of a card by any of the names that other programs give them."""

    def __init__(self, titles: Iterable[str], headline: str | None = None) -> None:
        self._ids: dict[str, str] = {}
        used: set[str] = set()
        seen: dict[str, int] = {}
        if headline is not None:
            self._ids[_bare(headline)] = ""
            seen[_bare(headline)] = 1
        for title in titles:
            own, name = unique(heading_id(title), used), _bare(title)
            repeats = seen.get(name, 0)
            seen[name] = repeats + 1
            for alias in (f"{name}{repeats}" if repeats else name, _bare(own)):
                self._ids.setdefault(alias, own)

    def find(self, fragment: str) -> str | None:
        """The id of the section, empty for the card's own title, None if there is no such section."""
        return self._ids.get(_bare(unquote(fragment)))


@dataclass(frozen=True, slots=True)
class Place:
    """A card that can be linked to."""

    card_id: int
    anchors: Anchors


class Targets:
    """All cards that links may lead to, by external id; what fails later is taken out again."""

    def __init__(self, places: dict[str, Place]) -> None:
        self._places = dict(places)
        self._folded = {key.casefold(): key for key in reversed(places)}
        self._folders = {folder for key in places for folder in _folders(key)}

    def remove(self, external_ids: Iterable[str]) -> None:
        """Forget cards that could not be made."""
        for external_id in external_ids:
            self._places.pop(external_id, None)

    def find(self, source: str, address: str) -> Destination | None:
        """Where `address` in `source` leads; None if it is none of ours: another site, or an address of Vitrine."""
        if _FOREIGN.match(address) or _OURS.match(address):
            return None
        path, fragment = _split(address)
        if not path:
            return self._section(source, address, self._places.get(source), fragment, own=True)
        external_id = self.lookup(source, path)
        if external_id is None:
            return Destination(None, None, _lost(address, source, path, self._folders))
        return self._section(external_id, address, self._places[external_id], fragment, own=external_id == source)

    def lookup(self, source: str, path: str) -> str | None:
        """The external id that a path in `source` stands for, with or without ending, index file or trailing slash."""
        for base in _bases(source, path):
            for candidate in _spellings(base):
                external_id = candidate if candidate in self._places else self._folded.get(candidate.casefold())
                if external_id in self._places:
                    return external_id
        return None

    def _section(
        self, external_id: str, address: str, place: Place | None, fragment: str, *, own: bool
    ) -> Destination | None:
        if place is None:
            return None
        card = f"/cards/{place.card_id}"
        if not fragment:
            return Destination(card, external_id)
        section = place.anchors.find(fragment)
        if section is None:
            notice = Notice(NoticeKind.SECTION, f"“{_short(address)}”: the card has no such section.")
            return Destination(None if own else card, external_id, notice)
        here = "" if own and section else card
        return Destination(f"{here}#{section}" if section else card, external_id)


_FOREIGN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|\{\{|<")
_OURS = re.compile(r"/(?:cards|media|collections)/[\w-]+(?:[/?#.]|$)")
_ENDINGS = (".md", ".markdown", ".html", ".htm")


def _split(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
    except ValueError:
        return address, ""
    return unquote(parts.path), parts.fragment


def _bases(source: str, path: str) -> list[str]:
    """The path from the root; for a site's absolute path also below a folder such as "content"."""
    if not path.startswith("/"):
        return [posixpath.normpath(posixpath.join(posixpath.dirname(source), path))]
    bare = posixpath.normpath(path.strip("/"))
    first = source.split("/", 1)[0]
    return [bare, f"{first}/{bare}"] if first.casefold() in BOILERPLATE else [bare]


def _spellings(path: str) -> list[str]:
    if path == ".." or path.startswith("../"):
        return []
    stem = next((path[: -len(ending)] for ending in _ENDINGS if path.lower().endswith(ending)), path)
    folder, name = posixpath.split(stem)
    if name.lower() in INDEX_NAMES:
        stem = folder
    prefix = "" if stem in ("", ".") else f"{stem}/"
    whole = [f"{stem}.md", f"{stem}.markdown"] if prefix else []
    return [path, *whole, *(f"{prefix}{name}.md" for name in INDEX_NAMES)]


def _folders(external_id: str) -> list[str]:
    parts = external_id.split("/")[:-1]
    return ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _lost(address: str, source: str, path: str, folders: set[str]) -> Notice:
    reason = "it was not imported"
    if any(base in folders for base in _bases(source, path)):
        reason = "the folder has no page of its own"
    elif any(base == ".." or base.startswith("../") for base in _bases(source, path)):
        reason = "it lies outside of what was imported"
    return Notice(NoticeKind.LINK, f"“{_short(address)}” leads nowhere: {reason}.")


def _short(address: str) -> str:
    return address if len(address) <= 200 else address[:199] + "…"


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())
