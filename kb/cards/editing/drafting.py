"""From what somebody typed to a `CardText`: rendered and its language detected, outside any transaction."""

from collections.abc import Sequence
from typing import Protocol

from kb.cards.commands import CardText
from kb.errors import invalid
from kb.settings import Workspace
from kb.text.language import detect
from kb.text.markdown import Rendered
from kb.wording import _


class Renders(Protocol):
    """What drafting needs of a renderer."""

    def render(self, source: str) -> Rendered:
        """Markdown to safe HTML, or RenderRefused."""
        ...


def compose(
    renderer: Renders, workspace: Workspace, title: str, body: str, *,
    language: str | None = None, tags: Sequence[str] = (), audience: Sequence[str] = (), template: str | None = None,
) -> CardText:  # fmt: skip
    """Render the body and detect its language unless one was chosen. Raises Invalid for bad text or labels."""
    languages: tuple[str, ...] = workspace.languages
    if language is not None and language not in languages:
        raise invalid("language", _("must be one of %(words)s", words=", ".join(languages)))
    unknown = [name for name in audience if name not in workspace.audiences]
    if unknown:
        raise invalid("audience", _("must be among %(words)s", words=", ".join(workspace.audiences)))
    rendered = renderer.render(body)
    found = language or detect(f"{title}\n{rendered.text}", languages[0], languages)
    return CardText(
        title, body, rendered, found, language is not None, tuple(sorted(set(tags))), tuple(sorted(set(audience))),
        template,
    )  # fmt: skip
