"""What the sample's people searched for in vain this week and last: nothing answers it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kb.people.models import Person
from kb.use.models import SearchQuery
from kb.use.searches import query_id

_ASKED = (
    ("battery recall notice", ("tom.okafor", "katarzyna.nowak", "mikko.laine"), (1, 2, 9)),
    ("recall batteries notice", ("tom.okafor",), (0,)),
    ("partner discount api", ("grace.mwangi", "clara.dubois"), (2, 8)),
    ("uk plug adapter", ("katarzyna.nowak", "elena.volkova"), (0, 3)),
)


def add_searches(session: Session, key: bytes, people: Mapping[str, Person], now: datetime) -> None:
    """Note them as the service does, each at its hour."""
    for words, askers, days in _ASKED:
        for name in askers:
            person = people[f"{name}@northwind.example"]
            for days_ago in days:
                at = now - timedelta(days=days_ago, hours=person.id % 5 + 1)
                session.merge(
                    SearchQuery(
                        id=query_id(key, person.id, words, at), words=words, person_id=person.id, at=at, last_at=at,
                        results=0, first_card_id=None, best_trust=None,
                    )
                )  # fmt: skip
