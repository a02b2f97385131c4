"""The interval to suggest for a card: what the evidence says, within what people decided for it."""

from curator.freshness.assessing import Assessment
from kb.cards.models import Card
from kb.trust.policy import Policy


def interval_within(judged: Assessment, card: Card, policy: Policy) -> int:
    """Never longer than what a person set for the card, in a rule about it, or for its collection.

    The installation's default is nobody's decision about this card and limits nothing.
    """
    timing = policy.timing_of(card)
    if timing.source == "installation":
        return judged.free_interval_days
    return min(judged.free_interval_days, timing.interval_days)
