"""What a trigger says: its parts as people type them, checked, and the sentence it reads as."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from kb.errors import invalid
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
        raise invalid("texts", f"Name at most {MOST_TEXTS} texts.")
    if any(not SHORTEST_TEXT <= len(text) <= LONGEST_TEXT for text in said):
        raise invalid("texts", f"A text has {SHORTEST_TEXT} to {LONGEST_TEXT} characters.")
    if len(near) > LONGEST_TEXT:
        raise invalid("label", f"A label has at most {LONGEST_TEXT} characters.")
    if near and not said:
        raise invalid("texts", "Say which text stands near the label.")
    return Rule(host, start, said, near)


def sentence(rule: Rule, groups: Sequence[str] = ()) -> str:
    """The rule as people say it."""
    where = f"On {rule.site.removeprefix('*.')}{' and all below it' if rule.site.startswith('*.') else ''}"
    where += f", where the address begins with {rule.path}" if rule.path else ""
    if rule.texts:
        quoted = [f"“{text}”" for text in rule.texts]
        any_of = quoted[0] if len(quoted) == 1 else "any of " + joined(quoted)
        where += f", when {any_of} is on the page" + (f" near “{rule.label}”" if rule.label else "")
    return where + (f", for {joined(list(groups))}" if groups else "")


def _place(site: str, path: str) -> tuple[str, str]:
    """A host and the beginning of a path; a whole address that was pasted is taken apart."""
    if "://" in site:
        pasted = urlsplit(site)
        site, path = pasted.netloc.rpartition("@")[2], path or pasted.path.rstrip("/")
    host, _, rest = site.lower().partition("/")
    path = path or (f"/{rest}".rstrip("/") if rest else "")
    if not _HOST.fullmatch(host) or (host.startswith("*.") and "." not in host[2:]):
        raise invalid("site", "Name a site such as app.example.com, or *.example.com for all below it.")
    if path and (not path.startswith("/") or len(path) > 200 or any(c in path for c in "?# \\")):
        raise invalid("path", "The beginning of an address starts with a slash and has no blanks, ? or #.")
    return host, path
