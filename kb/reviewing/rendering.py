"""From a proposal to the text of a revision: rendered when it is approved, by the renderer of that day."""

from dataclasses import replace

from kb.cards.commands import CardText
from kb.cards.editing.drafting import Renders, compose
from kb.reviewing.models import Proposal
from kb.settings import Workspace


def text_of(renderer: Renders, workspace: Workspace, proposal: Proposal) -> CardText:
    """What the card is to say. Called outside any transaction, as all rendering is; a proposal's text never changes."""
    text = compose(
        renderer, workspace, proposal.title, proposal.body,
        language=proposal.language, tags=proposal.tags, audience=proposal.audience, template=proposal.template,
    )  # fmt: skip
    return replace(text, language_chosen=proposal.language_chosen)
