"""Who may change what search knows: synonyms and golden queries belong to the whole installation."""

from kb.errors import Forbidden
from kb.people.actor import Actor
from kb.people.models import Role
from kb.wording import _


def demand_curator(actor: Actor) -> None:
    """Raise Forbidden unless the actor is a curator or an admin. Stewards of single collections are not enough."""
    if actor.role.rank < Role.CURATOR.rank:
        raise Forbidden(_("Only curators and admins keep synonyms and golden queries."))
