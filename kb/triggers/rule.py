"""What a trigger says: its parts as people type them, checked, and the sentence it reads as."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from kb.errors import invalid
from kb.wording import _
from kb.words import joined

MOST_TEXTS, LONGEST_TEXT, SHORTEST_TEXT = 10, 100, 2
MOST_CARDS = 10
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:\*\.)?(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*(?::\d{{1,5}})?")


@dataclass(frozen=True, slots=True)
class Rule:
    """Where and when a trigger shows its cards."""

    site: str
    path: str = ""
    texts: tuple[str, ...] = ()
    label: str = ""


def read_rule(site: str, path: str, texts: Sequence[str], label: str) -> Rule:
    """The rule in its one form. Raises Invalid that names the part."""
    host, start = _place(site.strip(), path.strip())
    said = tuple(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))
    near = " ".join(label.split())
    if len(said) > MOST_TEXTS:
        raise invalid("texts", _("Name at most %(most)s texts.", most=MOST_TEXTS))
    if any(not SHORTEST_TEXT <= len(text) <= LONGEST_TEXT for text in said):
        raise invalid(
            "texts",
            _(
                "A text has %(least)s to %(most)s characters.",
                least=SHORTEST_TEXT,
                most=LONGEST_TEXT,
            ),
        )
    if len(near) > LONGEST_TEXT:
        raise invalid("label", _("A label has at most %(most)s characters.", most=LONGEST_TEXT))
    if near and not said:
        raise invalid("texts", _("Say which text stands near the label."))
    return Rule(host, start, said, near)


def sentence(rule: Rule, groups: Sequence[str] = ()) -> str:
    """The rule as people say it."""
    site = rule.site.removeprefix("*.")
    where = _("On %(site)s and all below it", site=site) if rule.site.startswith("*.") else _("On %(site)s", site=site)
    where += _(", where the address begins with %(path)s", path=rule.path) if rule.path else ""
    if rule.texts:
        quoted = [_("“%(words)s”", words=text) for text in rule.texts]
        any_of = quoted[0] if len(quoted) == 1 else _("any of %(texts)s", texts=joined(quoted))
        where += _(", when %(any_of)s is on the page", any_of=any_of) + (
            _(" near “%(label)s”", label=rule.label) if rule.label else ""
        )
    return where + (_(", for %(groups)s", groups=joined(list(groups))) if groups else "")


def _place(site: str, path: str) -> tuple[str, str]:
    """A host and the beginning of a path; a whole address that was pasted is taken apart."""
    if "://" in site:
        pasted = urlsplit(site)
        site, path = pasted.netloc.rpartition("@")[2], path or pasted.path.rstrip("/")
    host, _slash, rest = site.lower().partition("/")
    path = path or (f"/{rest}".rstrip("/") if rest else "")
    if not _HOST.fullmatch(host) or (host.startswith("*.") and "." not in host[2:]):
        raise invalid("site", _("Name a site such as app.example.com, or *.example.com for all below it."))
    if path and (not path.startswith("/") or len(path) > 200 or any(c in path for c in "?# \\")):
        raise invalid("path", _("The beginning of an address starts with a slash and has no blanks, ? or #."))
    return host, path
