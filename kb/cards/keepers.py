"""Who keeps a card: its verifiers in order, and an owner who is here."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.orm import Session

from kb.cards.fields import VerifierRef
from kb.cards.models import Card, CardVerifier, CollectionVerifier
from kb.errors import invalid
from kb.people.models import Group, Person
from kb.wording import _


def default_verifiers(rows: Sequence[CollectionVerifier]) -> tuple[VerifierRef, ...]:
    """What a collection says of its new cards."""
    return tuple(VerifierRef(row.person_id, row.group_id) for row in rows)


def put_verifiers(session: Session, card: Card, verifiers: Sequence[VerifierRef]) -> None:
    """These verifiers in place of the former ones. Raises Invalid for too many, doubled or missing ones."""
    if len(verifiers) > 10:
        raise invalid("verifiers", _("Name at most 10 verifiers."))
    if len(set(verifiers)) != len(verifiers):
        raise invalid("verifiers", _("Name each verifier once."))
    for ref in verifiers:
        found = session.get(Person, ref.person_id) if ref.person_id is not None else session.get(Group, ref.group_id)
        if found is None or (isinstance(found, Person) and not found.is_active):
            raise invalid("verifiers", _("One of the verifiers does not exist or was deactivated."))
    session.execute(delete(CardVerifier).where(CardVerifier.card_id == card.id))
    session.expire(card, ["verifiers"])
    for position, ref in enumerate(verifiers):
        session.add(CardVerifier(card_id=card.id, position=position, person_id=ref.person_id, group_id=ref.group_id))
    session.flush()
    session.refresh(card, ["verifiers"])


def check_owner(session: Session, owner_id: int | None) -> None:
    """Raise Invalid unless the owner is here, or nobody is named."""
    if owner_id is None:
        return
    owner = session.get(Person, owner_id)
    if owner is None or not owner.is_active:
        raise invalid("owner", _("There is no active person with this e-mail address."))
